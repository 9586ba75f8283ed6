"""Map classes with their flags, and alias files with their tools: Debian's sendmail and postrider on the same declarations, keys and
servers give the same answers. What differs on purpose is in docs/differences.md and not asked here.
"""
import pathlib
import re
import shutil
import sys
import tempfile
import threading

import pytest

from conftest import TOP, free_port
from reference import need_reference, run_ours, run_reference

sys.path.insert(0, str(TOP / 'tests' / 'live'))
import test_060_map_servers as servers                                              # noqa: E402

HEAD = ('V10/Berkeley\nDjmail.example\nDmexample\nDnMAILER-DAEMON\nCwmail.example localhost\nO LogLevel=9\nO OperatorChars=.:%@!^/[]+\n'
        'O QueueDirectory=/var/spool/mqueue\nO MaxAliasRecursion=10\n'
        'Mlocal, P=/bin/true, F=lsDFMAw5:/|@q9, A=true\nMprog, P=/bin/sh, F=lsDFM, A=sh -c $u\n'
        'Mesmtp, P=[IPC], F=mDFMuXa, E=\\r\\n, A=TCP $h\n')
RULES = ('Scanonify=3\nR$* < $* > $*\t\t$2\nSparse=0\nR$+ @ mail.example\t$#local $: $1\nR$+ @ $+\t$#esmtp $@ $2 $: $1 @ $2\nR$+\t$#local $: $1\n'
         'Slocaladdr=5\nR$+ + $*\t$#local $@ $2 $: $1\n')


@pytest.fixture
def place():
    """A directory that is safe from its root down, at the same path on both sides."""
    need_reference()
    path = pathlib.Path(tempfile.mkdtemp(prefix='map-compat.', dir='/run'))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def both_sides(place, text, typed, sort_values=False):
    """The lines of test mode from either side."""
    (place / 'm.cf').write_text(text)
    (place / 'm.cf').chmod(0o644)
    out = []
    for run in (run_reference, run_ours):
        lines = run(place, 'sendmail', '-bt', f'-C{place}/m.cf', input=typed.encode())[0].splitlines()
        if sort_values:
            lines = [re.sub(r'(?<=returns )(\S+,\S+)', lambda m: ','.join(sorted(m[1].split(','))), line) for line in lines]
        out.append(lines)
    return out


def same(place, text, typed, **more):
    theirs, ours = both_sides(place, text, typed, **more)
    theirs, ours = ([re.sub(r'(?<=m.cf: line )\d+', 'N', line) for line in lines] for lines in (theirs, ours))
    different = [f'- {a}\n+ {b}' for a, b in zip(theirs, ours) if a != b]
    assert not different and len(theirs) == len(ours), '\n'.join(different[:40]) or f'{len(theirs)} and {len(ours)} lines'
    return theirs


FLAGS = {'': '', 'a': '-a.X', 'm': '-m -a.X', 'p': '-S_', 'f': '-f', 't': '-t', 'u': '-TTMP', 'tu': '-t -TTMP', 'q': '-q', 'z': '-z:', 'o': '-o',
         'bad': '-X'}
CLASSES = {'text': '{d}/t', 'hash': '{d}/h', 'btree': '{d}/b', 'implicit': '{d}/h', 'user': '', 'regex': '^(Key|sp|ok)', 'fields': '-s0,1 ^(Key|sp|ok)(.*)',
           'basic': '-b -s1 ^\\(Key\\)', 'program': '/bin/echo', 'failing': '/bin/false', 'arpa': '', 'socket': 'inet:{port}@127.0.0.1', 'dequote': '',
           'null': '', 'arith': '', 'macro': ''}
KINDS = {'fields': 'regex', 'basic': 'regex', 'failing': 'program'}
KEYS = ['Key', 'sp', 'KEY2', 'root', 'ROOT', '1.2.3.4', 'IPv6:2001:db8::1', 'ok', '"a.b c"', '"quo ted"', 'a"b"c', 'a"b', '+', '%0', 'x y', 't', 'p', 'b(']


@pytest.fixture
def socket_map():
    servers.socketserver.ThreadingTCPServer.allow_reuse_address = True
    with servers.socketserver.ThreadingTCPServer(('127.0.0.1', 0), servers.SocketMap) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.mark.contract(80, 81, 82)
def test_every_class_with_every_common_flag(place, socket_map):
    source = 'Key\tVal %0 %1 ue\nsp\ta b c\nKey2\tone\n'
    (place / 't').write_text(source)
    (place / 't').chmod(0o644)
    for kind, name in (('hash', 'h'), ('btree', 'b')):
        assert run_ours(place, 'makemap', kind, place / name, input=source.encode())[1] == 0
    n = 0
    for name, spec in CLASSES.items():
        maps, rules, typed = '', '', ''
        for flag, letters in FLAGS.items():
            m = f'{name}x{flag}'
            maps += f'K{m} {KINDS.get(name, name)} {letters} {spec.format(d=place, port=socket_map)}\n'
            rules += f'S{m}\nR$*\t\t$: $({m} $1 $@ A1 $@ B2 $: DEF $)\nS{m}n\nR$*\t\t$: $({m} $1 $)\n'
            typed += ''.join(f'/map {m} {k}\n{m} {k}\n{m}n {k}\n' for k in KEYS)
        n += len(same(place, HEAD + maps + rules, typed))
    assert n > 10000


@pytest.mark.contract(80, 81)
def test_flags_that_are_wrong_and_classes_of_their_own_kind(place):
    (place / 'out').write_text('#!/bin/sh\nprintf "  lead  trail  \\nsecond\\n"\nexit $1\n')
    (place / 'out').chmod(0o755)
    maps = ('Ka regex -a.A ^a\nKb regex -a.B ^b\nKp3 program /bin/sh -c exit_75\nKseq sequence a b\nKseq2 sequence a nosuch b\nKseq3 sequence -a.ZZ a b\n'
            f'Ko program {place}/out 0\nKo1 program {place}/out 1\nKo75 program {place}/out 75\nKgone program /nonexistent/x\nKnone program\n'
            'Ksy syslog -LNOTICE\nKsy2 syslog -Lnosuch\nKsy3 syslog -L LOG_ERR\nKsy4 syslog -a.x\nKsy5 syslog -S_ -D\n'
            + ''.join(f'Ku{c} user -v {c}\n' for c in ('name', 'passwd', 'uid', 'gid', 'gecos', 'dir', 'shell', 'nosuch', '3'))
            + 'Kr1 regex -s3 (a)\nKr2 regex (\nKr3 regex -n -a.N x\nKr4 regex -s1,2 -d: (a)(b)?\nKr5 regex -s2,1 (a)(b)\n'
            'Kd1 dns -R SOA\nKd2 dns\nKd3 dns -R A -Z\nKn null -X\nKt text -z\nKnis nis\n')
    typed = ''.join(f'/map {m} {k}\n' for m in ('seq', 'seq2', 'seq3', 'o', 'o1', 'o75', 'gone', 'none', 'sy', 'sy2', 'sy3', 'sy4', 'sy5', 'uname',
                                                'uuid', 'ugid', 'udir', 'ushell', 'unosuch', 'u3', 'r1', 'r2', 'r3', 'r4', 'r5', 'n', 'nosuch')
                    for k in ('abc', 'bcd', 'root', 'zzz'))
    same(place, HEAD + maps, typed)


@pytest.mark.contract(81, 94)
def test_ldap_searches_and_declarations(place):
    slapd_dir = place / 'slapd'
    slapd_dir.mkdir()
    port = free_port()
    slapd = servers.start_slapd(slapd_dir, port)
    common = f'-h 127.0.0.1 -p {port} -b dc=example,dc=org -c 10 -w 3'
    (place / 'secret').write_text('secret\n')
    maps = (f'Kone ldap {common} -k (cn=%0) -v mail\nKall ldap {common} -z, -k (cn=%0) -v mail\nKraw ldap {common} -k (cn=%s) -v sn\n'
            f'Kbound ldap {common} -d cn=admin,dc=example,dc=org -M simple -P {place}/secret -k (cn=%0) -v sn\n'
            f'Kdn ldap {common} -z, -k (cn=%0) -v seeAlso:DN,mail\nKfilter ldap {common} -z, -k (cn=%0) -v employeeType:FILTER,mail\n'
            f'Kurl ldap {common} -z, -k (cn=%0) -v labeledURI:URL,mail\nKonly ldap {common} -z, -k (cn=%0) -v mail:NORMAL:organizationalRole\n'
            f'Kmine ldap {common} -z, -k (cn=%0) -v mail:NORMAL:inetOrgPerson\nKnames ldap {common} -n -z, -k (cn=%0) -v mail\n'
            f'Ksingle ldap {common} -1 -k (sn=%0) -v cn\nKtag ldap {common} -m -a.OK -k (cn=%0) -v mail\nKsuffix ldap {common} -a.OK -k (cn=%0) -v sn\n'
            f'Ksep ldap {common} -z, -V= -k (cn=%0) -v mail,sn\nKbase ldap {common} -s base -k (cn=%0) -v sn\nKlevel ldap {common} -s one -k (cn=%0) -v sn\n'
            f'Kcase ldap {common} -f -k (cn=%0) -v sn\nKbad ldap {common} -k (cn=%0 -v sn\nKargs ldap {common} -K -k (&(cn=%0)(sn=%1)) -v cn\n'
            f'Kuri ldap -H ldap://127.0.0.1:{port} -b dc=example,dc=org -c 10 -w 3 -k (cn=%0) -v sn\n'
            'Kl1 ldap\nKl3 ldap -k (x=%0) -s foo\nKl4 ldap -k (x=%0) -r foo\nKl5 ldap -k (x=%0) -M foo\nKl6 ldap -k (x=%0) -w 1\nKl7 ldap -k (x=%0) -w 9\n'
            'Kl13 ldap -k (x=%0) -v a:FOO\nKl15 ldap -k (x=%0) -H ldap://127.0.0.1:1 -h 127.0.0.1\nKl32 ldap -k (x=%0) -v a,a\n'
            'SX\nR$+ : $+\t$: $(args $1 $@ $2 $: none $)\n')
    names = re.findall(r'(?m)^K(\S+) ldap -[hH]', maps)
    keys = ['alice', 'ALICE', 'bob', 'nosuch', 'Example', '*', 'b*b', 'st*r', '(odd)', 'a)(b', 'x\\2a', 'team']
    try:
        same(place, HEAD + maps, ''.join(f'/map {m} {k}\n' for m in names for k in keys if not (m in ('raw', 'bad') and k in ('(odd)', 'a)(b', 'x\\2a')))
             + 'X alice:example\nX bob:nosuch\n', sort_values=True)
    finally:
        slapd.terminate()
        slapd.wait(60)


ALIASES = {
    'plain': 'a: b\nB: c, d\n c: root\nlist: x@far.test, y@far.test\n',
    'quotes': '"a b": root\n"|x": root\n/x: root\nprog: "|/bin/cat -n"\nf: "/tmp/x y"\nq: "quoted, comma"@far.test\nr: "a\\"b"\ns: \\root\n',
    'continued': 'a: b,\n  c,\n\td\ne: f,\\\n g\nh: i\\\n# not a comment\nj: k\n\n  l\nm: n\n# c\n o\n',
    'errors': 'nocolon\nempty:\n : x\n@far.test: x\nx@far.test: y\nu@mail.example: z\n:include:/x: y\na;b: c\n<d>: e\nf (comment): g\nh@: i\n'
              '@: j\n"": k\n\\m: n\nO P: q\n',
    'twice': 'a: b\na: c\nA: d\n"a": e\n',
    'include': 'i: :include:{d}/inc\nj: ":include:{d}/inc"\n',
    'owner': 'list: a@far.test, b@far.test\nowner-list: boss\nl2: c\nowner-l2: x, y\nowner-owner: root\nlist-request: root\nl3: root\n',
    'nested': 'g: \\g\n3: 4\n4: 5\n5: 6\n6: root\n',
    'plus': 'u+x: root\nu+*: daemon\nu: bin\nv: sys\n',
    'special': 'e: error:5.1.1 no\nf: "error:nouser gone"\ng: /dev/null\nh: |/bin/true\ni: "|exit 75"\n',
    'odd': "a: b, , ,, c\nd: (comment) e (x)\nf: <g@far.test>, \"Full, Name\" <h@far.test>\ni: j k\nl: m;n\nr: @x:y@far.test\ns: 't'\nu: %v\nz: {{a}}\n",
    'blanks': 'a:\tb\nc : d\ne:f\ng:  \t h  \t\ni: j \\\n\n',
    'no line end': 'a: b\nc: root',
    'carriage returns': 'a: b\r\nc: root\r\n',
    'mark': '@: @\na: root\n',
    'empty': '',
    'only comments': '# only\n#\n   \n\t\n#x: y\n',
    'long': 'a: ' + ','.join(f'u{i}@far.test' for i in range(300)) + '\n',
    'eight bits': 'caf\u00e9: root\nb: \u00e9t\u00e9@far.test\n',
}
ASKED = ['a', 'A', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'list', 'l2', 'u+x', 'u+y', 'u', '"a b"', '"|x"', '/x', '@', 'caf\u00e9', 'owner-list']
VERIFIED = {'plain': ['a', 'B', 'c', 'list'], 'quotes': ['prog', 'q', 'r'], 'include': [], 'owner': ['list', 'l2'], 'nested': ['g', '3'],
            'plus': ['u+x', 'u+y', 'u', 'v+z'], 'special': ['e', 'f', 'g', 'h', 'i'], 'odd': ['a', 'd', 'f', 'i', 'r', 's']}


@pytest.mark.contract(83, 84, 86)
@pytest.mark.parametrize('case', ALIASES)
def test_alias_files(place, case):
    (place / 'inc').write_text('# c\nroot\n\nx@far.test (c)\n"|/bin/p"\n/tmp/f\n')
    (place / 'inc').chmod(0o644)
    (place / 'm.cf').write_text(HEAD + RULES + f'O AliasFile=hash:{place}/aliases\n')
    (place / 'm.cf').chmod(0o644)
    results = []
    for run in (run_reference, run_ours):
        for old in place.glob('aliases*'):
            old.unlink()
        (place / 'aliases').write_bytes(ALIASES[case].format(d=place).encode())
        (place / 'aliases').chmod(0o644)
        out = [run(place, 'sendmail', '-bi', f'-C{place}/m.cf')]
        records, status = run(place, 'praliases', '-f', place / 'aliases')
        out.append((sorted(records.splitlines()), status))
        out += run(place, 'sendmail', '-bt', f'-C{place}/m.cf', input=''.join(f'/map aliases {k}\n' for k in ASKED).encode())[0].splitlines()
        out += [run(place, 'sendmail', '-bv', f'-C{place}/m.cf', name) for name in VERIFIED.get(case, ())]
        results.append(out)
    theirs, ours = results
    assert theirs == ours


@pytest.mark.contract(85)
@pytest.mark.parametrize('spec', ['{d}/a', 'hash:{d}/a', 'hash: -o {d}/nosuch', 'hash:-o {d}/nosuch,hash:{d}/b', 'hash:{d}/a, hash:{d}/b', 'text:-k0 -v1 {d}/t, hash:{d}/b',
                                  'text:-o {d}/none,hash:{d}/a', '-o {d}/a', 'text:-z: {d}/t,hash:{d}/a', 'null:,hash:{d}/a', 'sequence:m1 m2,hash:{d}/b'])
def test_sources_of_aliases_in_order(place, spec):
    for name in 'ab':
        (place / name).write_text(f'x{name}: one{name}\nboth: from{name}\n')
        (place / name).chmod(0o644)
        (place / 'build.cf').write_text(HEAD + RULES + f'O AliasFile=hash:{place}/{name}\n')
        assert run_ours(place, 'sendmail', '-bi', f'-C{place}/build.cf')[1] == 0
    (place / 't').write_text('xt onet\nboth fromt\n')
    (place / 't').chmod(0o644)
    same(place, HEAD + f'Km1 text -k0 -v1 {place}/t\nKm2 null\nO AliasFile={spec.format(d=place)}\n' + RULES,
         ''.join(f'/map {m} {k}\n' for m in ('aliases', 'Alias0', 'Alias1', 'Alias2', 'aliases.files', 'm1') for k in ('both', 'xa', 'xb', 'xt', 'none')))


ATTRIBUTES = ('Cluster', 'Host', 'Key', 'MapName', 'MapValue', 'MapSearch', 'MapURL', 'AliasGrouping', 'AliasValue', 'AliasSearch', 'AliasURL', 'ClassName',
              'ClassValue', 'ClassSearch', 'ClassURL')
OBJECTS = {'sendmailMTA': 'Cluster Host', 'sendmailMTAMap': 'MapName', 'sendmailMTAMapObject': 'MapName Key MapValue MapSearch MapURL',
           'sendmailMTAAlias': 'AliasGrouping', 'sendmailMTAAliasObject': 'AliasGrouping Key AliasValue AliasSearch AliasURL',
           'sendmailMTAClass': 'ClassName ClassValue ClassSearch ClassURL'}
ENTRIES = (('sendmailMTAAliasObject', 'k1', 'Key: postmaster|AliasGrouping: aliases|Cluster: here|AliasValue: root'),
           ('sendmailMTAAliasObject', 'k2', 'Key: team|AliasGrouping: aliases|Cluster: here|AliasValue: ann@far.test|AliasValue: ben@far.test'),
           ('sendmailMTAAliasObject', 'k3', 'Key: other|AliasGrouping: aliases|Cluster: elsewhere|AliasValue: nobody'),
           ('sendmailMTAAliasObject', 'k4', 'Key: search|AliasGrouping: aliases|Cluster: here|AliasSearch: (sendmailMTAKey=team)'),
           ('sendmailMTAAliasObject', 'k5', 'Key: hosted|AliasGrouping: aliases|Host: mail.example|AliasValue: daemon'),
           ('sendmailMTAAliasObject sendmailMTAMapObject', 'k6', 'Key: search2|AliasGrouping: aliases|Cluster: here|AliasSearch: (sendmailMTAKey=team)'),
           ('sendmailMTAAliasObject sendmailMTAMapObject', 'k7', 'Key: team2|AliasGrouping: aliases|Cluster: here|AliasValue: cat@far.test'),
           ('sendmailMTAAliasObject sendmailMTAMapObject', 'k8', 'Key: search3|AliasGrouping: aliases|Cluster: here|AliasSearch: (sendmailMTAKey=team2)'),
           ('sendmailMTAAliasObject', 'k9', 'Key: search4|AliasGrouping: aliases|Cluster: here|AliasSearch: (sendmailMTAKey=team2)'),
           ('sendmailMTAClass', 'c1', 'ClassName: Wanted|Cluster: here|ClassValue: one|ClassValue: two'),
           ('sendmailMTAClass', 'c2', 'ClassName: Wanted|Cluster: elsewhere|ClassValue: three'),
           ('sendmailMTAMapObject', 'm1', 'Key: a.test|MapName: mailer|Cluster: here|MapValue: esmtp:b.test'))


def write_schema(directory):
    """The attributes and classes that the default searches name, as far as a directory has to know them."""
    lines = [f"attributetype ( 1.3.6.1.4.1.99999.1.{i} NAME 'sendmailMTA{name}' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )"
             for i, name in enumerate(ATTRIBUTES)]
    for i, (name, own) in enumerate(OBJECTS.items()):
        may = ' $ '.join(f'sendmailMTA{a}' for a in f'Cluster Host {own}'.split())
        lines.append(f"objectclass ( 1.3.6.1.4.1.99999.2.{i} NAME '{name}' SUP top AUXILIARY MAY ( {may} ) )")
    (directory / 'mta.schema').write_text('\n'.join(lines) + '\n')
    ldif = ''
    for kind, name, rest in ENTRIES:
        ldif += f'\ndn: cn={name},dc=example,dc=org\nobjectClass: organizationalRole\n' + ''.join(f'objectClass: {k}\n' for k in kind.split()) + f'cn: {name}\n'
        ldif += ''.join(f'sendmailMTA{line}\n' for line in rest.split('|'))
    return ldif


@pytest.mark.contract(36, 94)
def test_the_default_schema_of_ldap(place):
    slapd_dir = place / 'slapd'
    slapd_dir.mkdir()
    port = free_port()
    slapd = servers.start_slapd(slapd_dir, port, more_ldif=write_schema(slapd_dir), more_schema=slapd_dir / 'mta.schema')
    text = (HEAD.replace('Dmexample\n', 'Dmexample\nD{sendmailMTACluster}here\n') + RULES
            + f'O LDAPDefaultSpec=-w 3 -c 10 -H ldap://127.0.0.1:{port} -b dc=example,dc=org\nO AliasFile=ldap:\nF{{Wanted}}@LDAP\n'
            'Kmailer ldap -1 -v sendmailMTAMapValue -k (&(objectClass=sendmailMTAMapObject)(|(sendmailMTACluster=${sendmailMTACluster})'
            '(sendmailMTAHost=$j))(sendmailMTAMapName=mailer)(sendmailMTAKey=%0))\n')
    try:
        shown = same(place, text, ''.join(f'/map {m} {k}\n' for m in ('Alias0', 'aliases', 'mailer') for k in ('team', 'postmaster', 'other', 'search', 'search2', 'search3', 'search4', 'hosted', 'none', 'a.test'))
                     + '$={Wanted}\n', sort_values=True)
        assert sum('returns' in line for line in shown) >= 8
    finally:
        slapd.terminate()
        slapd.wait(30)
