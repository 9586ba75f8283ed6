"""postrider check: sound files are passed in silence, planted faults are told of with their line, and files of the installation are looked at."""
import json
import os
import pathlib
import shutil
import subprocess

import pytest

from conftest import BIN, TOP

CF = '''V10/Berkeley
Djhost.example
Cwhost.example
O OperatorChars=.:%@!^/[]+
O QueueDirectory=/var/spool/mqueue
O MaxHopCount=25
Kaccess hash -o /etc/mail/access
Scanonify=3
R$* < $* > $*\t$2\tin brackets
Sparse=0
R$+ @ $=w\t$#local $: $1
R$+ @ $+\t$#esmtp $@ $2 $: $1 @ $2
R$+\t$#local $: $1
Scheck_rcpt
R$*\t$: < $(access $&{client_addr} $: ? $) > $1
R< ? > $*\t$@ ok
R< $+ > $*\t$#error $@ 5.7.1 $: $1
Mlocal, P=/bin/mail, F=lsDFMA5:/|@q, A=mail -d $u
Mprog, P=/bin/sh, F=lsDFMoqeu9, A=sh -c $u
Mesmtp, P=[IPC], F=mDFMuXa, E=\\r\\n, A=TCP $h
'''

MC = '''divert(-1)dnl
# we don't say much here
divert(0)dnl
VERSIONID(`a site')dnl
OSTYPE(`linux')dnl
define(`confMAX_HOP', `25')dnl
FEATURE(`access_db', `hash -o /etc/mail/access')dnl
FEATURE(`blocklist_recipients')dnl
MASQUERADE_AS(`example.com')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
'''


def check(*args):
    return subprocess.run([BIN / 'postrider', 'check', *args], capture_output=True, text=True, timeout=60, check=False)


def findings(*args):
    done = check('--json', *args)
    said = json.loads(done.stdout)
    assert said['exit'] == done.returncode
    return [(f['line'], f['kind']) for f in said['findings']], said


@pytest.mark.parametrize('name, text', [('site.cf', CF), ('site.mc', MC)])
def test_a_sound_file_is_passed(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    done = check(path)
    assert (done.returncode, done.stdout) == (0, 'nothing found\n')


def test_our_own_configuration_is_sound(tmp_path):
    done = subprocess.run([BIN / 'postrider', 'default-config', tmp_path, '2525'], capture_output=True, text=True, check=True)
    (tmp_path / 'own.cf').write_text(done.stdout)
    assert check(tmp_path / 'own.cf').returncode == 0
    for mc in sorted(pathlib.Path(TOP / 'cf').rglob('*.mc')):
        assert check(mc).returncode == 0, check(mc).stdout


@pytest.mark.parametrize('old, new, line, kind', [
    ('$(access', '$(acess', 15, 'unknown-map'), ('Kaccess hash', 'Kacess hash', 15, 'unknown-map'), ('Scheck_rcpt', 'Scheck_rctp', 14, 'unused-ruleset'),
    ('$#esmtp', '$#esmpt', 12, 'unknown-mailer'), ('$=w', '$={Ours}', 11, 'empty-class'), ('$&{client_addr}', '$&{client_adr}', 15, 'undefined-macro'),
    ('R$* < $* > $*\t$2', 'R$* < $* > $*   $2', 9, 'lost-tab'), ('R$* < $* > $*\t$2\tin', 'R$* < $* > $* $2 in', 9, 'error'),
    ('R< ? > $*\t', ' R< ? > $*\t', 16, 'swallowed-line'), ('R$+ @ $=w\t', 'R$+\t$#local $: $1\nR$+ @ $=w\t', 12, 'dead-rule'),
    ('MaxHopCount=25', 'MaxHopCount=25x', 6, 'option-value'), ('MaxHopCount', 'MaxHopCuont', 6, 'error'),
    ('Mprog', 'Mlocal', 19, 'mailer-twice')])
def test_a_fault_in_a_cf_is_found_where_it_is(tmp_path, old, new, line, kind):
    path = tmp_path / 'site.cf'
    assert CF.count(old) >= 1
    path.write_text(CF.replace(old, new, 1))
    found, said = findings(path)
    assert (line, kind) in found and said['exit'] == 1
    told = check(path).stdout
    assert f'{path}:{line}: ' in told and f'[{kind}]' in told
    assert check('-q', path).stdout == '' and check('-q', path).returncode == 1


@pytest.mark.parametrize('old, new, line, kind', [
    ('confMAX_HOP', 'confMAXHOPS', 6, 'unknown-define'), ('`access_db', '`acces_db', 7, 'unknown-feature'), ("`25')", "`25)", 6, 'quote'),
    ("`25')", "25')", 6, 'quote'), ("`25')dnl", "`25'dnl", 6, 'parenthesis'), ('MASQUERADE_AS', 'MASQERADE_AS', 9, 'unknown-macro'),
    ("MAILER(`smtp')", "MAILER(`smpt')", 11, 'unknown-mailer-file'), ("MAILER(`local')dnl\n", "MAILER(`local')dnl\nFEATURE(`redirect')dnl\n", 11, 'order'),
    ("FEATURE(`access_db', `hash -o /etc/mail/access')dnl\n", '', 7, 'needs'), ("`linux')dnl", "`linux')dln", 5, 'unknown-macro'),
    ('VERSIONID(', 'VERSIONID (', 4, 'blank-before-arguments')])
def test_a_fault_in_an_mc_is_found_where_it_is(tmp_path, old, new, line, kind):
    path = tmp_path / 'site.mc'
    assert MC.count(old) >= 1
    path.write_text(MC.replace(old, new, 1))
    found, said = findings(path)
    assert (line, kind) in found and said['exit'] == 1


LOCAL = MC + '''LOCAL_CONFIG
Ksite hash -o /etc/mail/site
C{Ours} a.example
O CheckpointInterval=10
# nobody's line

LOCAL_RULE_0
R$* < @ $={Ours} . > $*\t$#esmtp $@ hub.example $: $1 < @ $2 . > $3

LOCAL_RULESETS
SLocal_check_mail
R$* $| $*\t$: $1\ta comment
R$* bad $*
\t\t\t$: $>Mine $(site $1 $: $1 $)
SMine
R$+\t$@ $&{client_addr}
'''


@pytest.mark.parametrize('old, new, line, kind', [
    ('', '', 0, None), ('Ksite', 'Ksyte', 13, 'unused-map'), ('Ksite hash', 'Ksite hsah', 13, 'error'), ('C{Ours}', 'C{Urs}', 19, 'empty-class'), ('CheckpointI', 'ChekpointI', 15, 'error'),
    ('#esmtp', '#esmpt', 19, 'unknown-mailer'), ('SLocal_check', 'SLocal_chekc', 22, 'unused-ruleset'), ('R$* $| $*', 'R$*\t$@ x\nR$* $| $*', 24, 'dead-rule'),
    ('SMine', 'SMyne', 25, 'empty-ruleset'), ('{client_addr}', '{client_adr}', 27, 'undefined-macro')])
@pytest.mark.skipif(not shutil.which('m4'), reason='no m4')
def test_a_fault_in_a_local_section_is_found_where_it_is(tmp_path, old, new, line, kind):
    path = tmp_path / 'site.mc'
    path.write_text(LOCAL.replace(old, new, 1))
    found, said = findings(path)
    assert (line, kind) in found if kind else not found, said['findings']


def test_local_sections_that_cannot_be_built_are_noted(tmp_path):
    path = tmp_path / 'site.mc'
    for text, env in ((LOCAL, {**os.environ, 'PATH': '/nowhere'}), (LOCAL + f"syscmd(`touch {tmp_path}/made')\n", None), (LOCAL + 'm4exit(1)\n', None)):
        path.write_text(text)
        done = subprocess.run([BIN / 'postrider', 'check', path], env=env, capture_output=True, text=True, timeout=60, check=False)
        assert '[local-sections]' in done.stdout and done.stderr == '', done
    assert not (tmp_path / 'made').exists()


def test_notes_are_told_and_do_not_fail(tmp_path):
    path = tmp_path / 'site.cf'
    path.write_text(CF + 'O Hacks=1\nScanonify\nR$* x\t$1\n')
    found, said = findings(path)
    assert {'option-ignored', 'ruleset-twice'} == {kind for _, kind in found} and said['exit'] == 0


def test_files_that_a_configuration_names(tmp_path):
    base = pathlib.Path(tmp_path)
    cf = base / 'site.cf'
    cf.write_text(CF.replace('Kaccess hash -o /etc/mail/access', f'Kaccess hash {base}/access\nO AliasFile={base}/aliases'))
    assert findings(cf)[0] == [], 'a file for another machine is read, and nothing else'
    kinds = {kind for _, kind in findings('--files', cf)[0]}
    assert 'file-missing' in kinds
    (base / 'access').write_text('Connect:192.0.2.1 OK\nConect:192.0.2.2 REJECT\nFrom:x@y.example REJCT\n')
    (base / 'aliases').write_text('postmaster: root\n')
    subprocess.run([BIN / 'makemap', 'hash', base / 'access'], stdin=open(base / 'access', encoding='ascii'), check=True)
    os.utime(base / 'access', (2e9, 2e9))
    found, said = findings('--files', cf)
    kinds = {kind for _, kind in found}
    assert {'map-stale', 'access-key', 'access-value'} <= kinds
    key = next(f for f in said['findings'] if f['kind'] == 'access-key')
    assert (key['file'], key['line']) == (f'{base}/access', 2) and 'did you mean Connect' in key['text']


def test_a_file_that_others_may_write_is_not_trusted(tmp_path):
    cf = tmp_path / 'site.cf'
    where = tmp_path / 'open'
    where.mkdir()
    where.chmod(0o777)
    (where / 'table').write_text('a b\n')
    cf.write_text(CF.replace('Kaccess hash -o /etc/mail/access', f'Kaccess text {where}/table'))
    assert 'file-unsafe' in {kind for _, kind in findings('--files', cf)[0]}


def test_the_manual_lists_every_kind():
    manual = (TOP / 'docs/man/postrider.8').read_text()
    for line in check('--kinds').stdout.splitlines():
        if line[0] != ' ':
            name, severity = line.rstrip(')').split(' (')
            assert f'.It Cm {name} Pq {severity}\n' in manual, line


def test_what_cannot_be_read_and_mistakes_on_the_command_line(tmp_path):
    done = check(tmp_path / 'nothing.cf')
    assert done.returncode == 2 and 'nothing.cf: No such file' in done.stderr
    assert check(tmp_path).returncode == 2
    assert check('--nonsense').returncode == 64
    done = check('--help')
    assert done.returncode == 0 and 'usage: postrider check' in done.stdout
    assert 'dead-rule (warning)' in check('--kinds').stdout
