"""The m4 tree in cf: what it refuses and says, the samples, and the same answers as under the reference tree."""
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from conftest import BIN, TOP
from test_oracle import kit                                                         # noqa: F401

TREE = TOP / 'cf'
FRAME = "OSTYPE(`linux')\n%s\nMAILER(`local')\nMAILER(`smtp')\n"


def m4(tmp_path, text):
    mc = tmp_path / 'site.mc'
    mc.write_text(text)
    return subprocess.run(['m4', TREE / 'm4' / 'cf.m4', mc], capture_output=True, text=True, timeout=60)


REFUSED = [
    ("define(`confDELIERY_MODE', `b')", 'unknown variable confDELIERY_MODE'),
    ("define(`confDELIVERY_MODE', `sometimes')", 'confDELIVERY_MODE: sometimes is not one of'),
    ("define(`confTO_IDENT', `soon')", 'confTO_IDENT: soon is not a time'),
    ("define(`confMAX_HOP', `many')", 'confMAX_HOP: many is not a number'),
    ("define(`confMAX_HOP', `0')", 'confMAX_HOP: 0 is not at least 1'),
    ("define(`confTEMP_FILE_MODE', `0699')", 'is not a file mode'),
    ("define(`confCHECK_ALIASES', `maybe')", 'is not true or false'),
    ("define(`confPRIVACY_FLAGS', `goaway,novrfi')", 'novrfi is not one of'),
    ("undefine(`confNOTHING')", 'unknown variable confNOTHING'),
    ("define(`SMTP_MAILER_FLAGZ', `x')", 'unknown variable of a mailer: SMTP_MAILER_FLAGZ'),
    ("FEATURE(`acess_db')", 'there is no feature/acess_db.m4'),
    ("FEATURE(`nocanonify', `sometimes')", 'sometimes is not one of'),
    ("FEATURE(`greet_pause', `long')", 'long is not a number'),
    ("FEATURE(`mailertable', `a', `b')", 'takes at most 1'),
    ("FEATURE(`dnsbl')", 'needs 1 argument'),
    ("FEATURE(`ratecontrol')", 'needs FEATURE(access_db)'),
    ("FEATURE(`nullclient')", 'needs 1 argument'),
    ("FEATURE(`ldap_routing', `', `', `refuse')", 'refuse is not one of: passthru bounce'),
    ("FEATURE(`bcc')", 'FEATURE(bcc) is not built: it needs the option AddBcc'),
    ("FEATURE(`same_domain_only')", 'FEATURE(same_domain_only) is not built: it needs the option SameDomainOnly'),
    ("FEATURE(`sts')", 'FEATURE(sts) is not built: it needs the option StrictTransportSecurity'),
    ("FEATURE(`prefixmod', `+')", 'needs 2 argument'),
    ("FEATURE(`prefixmod', `', `e')", 'the prefix is empty'),
    ("FEATURE(`domainmap', `a b', `hash /x')", 'a b is not a domain'),
    ("FEATURE(`domainmap', `a.example', `')", 'the table is empty'),
    ("FEATURE(`mtamark')\nFEATURE(`mtamark')", 'a second time'),
    ("FEATURE(`block_bad_helo')", 'needs FEATURE(delay_checks)'),
    ("FEATURE(`blocklist_recipients')", 'needs FEATURE(access_db)'),
    ("FEATURE(`relay_mail_from')", 'needs FEATURE(access_db)'),
    ("FEATURE(`access_db', `', `skipp')", 'skipp is not one of'),
    ("FEATURE(`access_db')\nFEATURE(`access_db')", 'a second time'),
    ("FEATURE(`delay_checks', `foe')", 'foe is not one of'),
    ("FEATURE(`conncontrol', `later')", 'needs FEATURE(access_db)'),
    ("FEATURE(`nouucp')", 'needs reject or nospecial'),
    ("FEATURE(`nopercenthack', `x')", 'x is not one of'),
    ("FEATURE(`tls_failures')", 'replaced by define(confTLS_FALLBACK_TO_CLEAR'),
    ("FEATURE(`redirect', `now')", 'takes at most 0'),
    ("FEATURE()", 'not a name'),
    ("FEATURE(`../m4/cf')", 'not a name'),
    ("HACK(`nothing')", 'there is no hack/nothing.m4'),
    ("SITECONFIG(`nowhere', `host', `U')", 'there is no siteconfig/nowhere.m4'),
    ("OSTYPE(`linus')", 'there is no ostype/linus.m4'),
    ("OSTYPE()", 'OSTYPE needs the name of a system'),
    ("CLIENT_OPTIONS(`Address')", 'Address is not KEY=VALUE'),
    ("QUEUE_GROUP(`slow', `/var/spool')", 'the second argument is a list'),
    ("MODIFY_MAILER_FLAGS(`SMPT', `+e')", 'there is no mailer of the name SMPT'),
    ("MODIFY_MAILER_FLAGS(`SMTP')", 'needs +FLAGS'),
    ("define(`SMARTHOST', `x')", 'unknown variable SMARTHOST'),
    ("define(`confSAFE_QUEUE', `sure')", 'sure is not one of'),
    ("define(`confQUEUE_SORT_ORDER', `oldest')", 'oldest is not one of'),
    ("define(`confDONT_BLAME_SENDMAIL', `MapInUnsafeDirPath,Everything')", 'Everything is not one of'),
    ("define(`confMAX_DAEMON_CHILDREN', `-1')", 'is not at least 0'),
    ("define(`confLOG_LEVEL', `1000')", 'is not at most 999'),
    ("define(`confMIN_FREE_BLOCKS', `')\ndefine(`confMIN_FREE_BLOCKS', `10k')", '10k is not a number'),
    ("MAILER(`smtp')\ndefine(`SMTP_MAILER_ARGS', `TCP $h 26')", 'has no effect behind the MAILER line'),
    ("MAILER(`smpt')", 'there is no mailer/smpt.m4'),
    ("DOMAIN(`nowhere')", 'there is no domain/nowhere.m4'),
    ("DAEMON_OPTIONS(`Name=MTA, Zort=1')", 'unknown key in Zort=1'),
    ("INPUT_MAIL_FILTER(`f', `F=R')", 'filter f needs S='),
    ("MAILER(`local')\nFEATURE(`local_lmtp')", 'FEATURE(local_lmtp) must stand before MAILER(local)'),
    ("MAILER(`uucp')\nMAILER(`smtp')", 'MAILER(smtp) must stand before MAILER(uucp)'),
    ("MASQUERADEAS(`example.com')", 'unknown word MASQUERADEAS'),
    ("  FEATUR(`redirect')dnl", 'unknown word FEATUR'),
    ("dnlFEATURE(`redirect')", 'unknown word dnlFEATURE'),
    ("deifne(`confLOG_LEVEL', `9')", 'unknown word deifne'),
    ("LOCAL_CONFG\nCwmore.example", 'unknown word LOCAL_CONFG'),
    ("NOCANONIFY", 'unknown word NOCANONIFY'),
    ("define('confLOG_LEVEL', '9')", 'define: arguments are quoted `like this\''),
    ('define("confLOG_LEVEL", "9")', 'define: arguments are quoted `like this\''),
    ("FEATURE('redirect')", 'FEATURE: arguments are quoted `like this\''),
    ("MAILER(\u2018procmail\u2019)", 'MAILER: arguments are quoted `like this\''),
]


@pytest.mark.parametrize('line,said', REFUSED, ids=[x[0].split('\n')[0] for x in REFUSED])
def test_a_mistake_is_an_error_with_its_line(tmp_path, line, said):
    done = m4(tmp_path, FRAME % line)
    assert done.returncode != 0
    assert said in done.stderr
    assert re.search(r'site\.mc:\d+: error: ', done.stderr), done.stderr
    assert 'Scanonify' not in done.stdout


def test_the_line_of_a_mistake_is_that_of_the_file(tmp_path):
    done = m4(tmp_path, "OSTYPE(`linux')\n\n\ndefine(`confDELIERY_MODE', `b')\nMAILER(`smtp')\n")
    assert 'site.mc:4: error: unknown variable confDELIERY_MODE' in done.stderr


def test_words_of_the_site_and_lines_of_the_cf_are_no_mistakes(tmp_path):
    more = tmp_path / 'more.m4'
    more.write_text("VERSIONID(`more')\nREDIRECTED(`redirect')\n")
    done = m4(tmp_path, "divert(-1)\nWRONG(x)\ndivert(0)dnl\ndnl WRONG(`x')\n# WRONG(`x')\ndefine(`REDIRECTED', `FEATURE(`$1')')dnl\n" +
              FRAME % f"include(`{more}')" + "LOCAL_CONFIG\nDXMORE(or less)\nEMPTY\nLOCAL_RULE_0\nR$* (x)\t$1\n")
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert 'CPREDIRECT' in done.stdout and 'DXMORE(or less)\nEMPTY\n' in done.stdout


def test_a_wrong_line_of_an_included_file_is_named(tmp_path):
    more = tmp_path / 'more.m4'
    more.write_text("dnl one\nVERSIONID(`more')\nWRONG(`x')\n")
    done = m4(tmp_path, FRAME % f"include(`{more}')")
    assert done.returncode != 0 and f'{more}:3: error: unknown word WRONG' in done.stderr


def test_a_configuration_without_system_is_refused(tmp_path):
    done = m4(tmp_path, "define(`confLOG_LEVEL', `9')\n")
    assert done.returncode != 0 and 'No system type defined' in done.stderr


@pytest.mark.parametrize('name', sorted(p.stem for p in (TREE / 'ostype').glob('*.m4')))
def test_every_system_makes_a_configuration(tmp_path, name):
    done = m4(tmp_path, f"OSTYPE(`{name}')\nMAILER(`local')\nMAILER(`smtp')\n")
    assert done.returncode == 0, done.stderr
    assert not re.sub(r'.*/site\.mc:1: warning: OSTYPE\(bsdi.\.0\) is the old name of OSTYPE\(bsdi\)\n', '', done.stderr), done.stderr
    assert '\nMlocal,' in done.stdout and '\nMrelay,' in done.stdout


@pytest.mark.parametrize('sample', sorted((TREE / 'sample').glob('*.mc')), ids=lambda p: p.name)
def test_a_sample_is_read_without_a_word(tmp_path, sample):
    done = subprocess.run(['m4', TREE / 'm4' / 'cf.m4', sample], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and not done.stderr, done.stderr
    cf = tmp_path / 'site.cf'
    cf.write_text(re.sub(r'(?m)^(F[wt]|O (RunAs|Trusted)User=).*\n', '', done.stdout))
    read = subprocess.run([BIN / 'sendmail', '-C', cf, '-bt'], input='3,0 alice\n', capture_output=True, text=True, timeout=60)
    assert 'returns: $# local $: alice' in read.stdout, read.stdout + read.stderr
    assert 'site.cf: line' not in read.stdout + read.stderr


def test_config_build_replaces_a_file_only_when_there_is_no_error(tmp_path):
    mc, cf = tmp_path / 'site.mc', tmp_path / 'site.cf'
    mc.write_text(FRAME % 'dnl')
    done = subprocess.run([BIN / 'postrider', 'config', 'build', '--tree', TREE, '-o', cf, mc], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    good = cf.read_text()
    assert 'Scanonify=3' in good
    mc.write_text(FRAME % 'FEATURE(`acess_db\')')
    done = subprocess.run([BIN / 'postrider', 'config', 'build', '--tree', TREE, '-o', cf, mc], capture_output=True, text=True, timeout=60)
    assert done.returncode == 78 and 'there is no feature/acess_db.m4' in done.stderr
    assert cf.read_text() == good and sorted(p.name for p in tmp_path.iterdir()) == ['site.cf', 'site.mc']


def test_no_word_of_the_language_is_left_over(tmp_path):
    done = m4(tmp_path, FRAME % "FEATURE(`access_db')\nFEATURE(`delay_checks', `friend')\nFEATURE(`mailertable')\nFEATURE(`virtusertable')")
    assert done.returncode == 0, done.stderr
    rest = '\n'.join(x for x in done.stdout.split('\n') if not x.startswith('#'))
    assert not re.search(r"(?<![$&{\w])_[A-Za-z]\w*_?\b|`|dnl|ifdef", rest.replace('$?_', '').replace('$_', ''))


@pytest.mark.long
@pytest.mark.contract(20, 21)
def test_the_corpus_answers_as_under_the_reference_tree(kit, tell):
    done = subprocess.run([sys.executable, TOP / 'tests/compat/cf_diff.py', '-v', '-j', '6', '--program', BIN / 'sendmail'],
                          env=dict(os.environ, ORACLE_KIT=str(kit)), capture_output=True, text=True, timeout=900)
    total = re.search(r'^cf-diff: (\d+) same of (\d+)', done.stdout, re.M)
    assert total, done.stdout + done.stderr
    same, of = map(int, total.groups())
    tell(f'cf-diff: {same} same of {of}')
    assert of - same <= 1, done.stdout


@pytest.mark.contract(20, 21)
def test_rare_features_answer_as_under_the_reference_tree(kit, tell):
    done = subprocess.run([sys.executable, TOP / 'tests/compat/cf_diff.py', '-v', '-j', '3', '--program', BIN / 'sendmail',
                           *sorted((TOP / 'tests/compat/features').iterdir())],
                          env=dict(os.environ, ORACLE_KIT=str(kit)), capture_output=True, text=True, timeout=600)
    total = re.search(r'^cf-diff: (\d+) same of (\d+)', done.stdout, re.M)
    assert total, done.stdout + done.stderr
    tell(total.group(0))
    assert done.returncode == 0, done.stdout


PARTS = {'hack/rule.m4': "divert(0)\nVERSIONID(`a rule for _ARG_, _ARG2_')\nLOCAL_RULE_0\nR$* < @ hack . _ARG_ . > $*\t$#local $: hacked\n",
         'siteconfig/uucp.site.m4': "SITE(`alpha beta')\nSITE(gamma)\n", 'domain/site.m4': "divert(0)\nRELAY_DOMAIN(`relayed.example')\n"}


@pytest.mark.parametrize('where', ['beside', 'here', 'tree'])
def test_parts_of_a_site_are_found_beside_its_file_and_in_the_tree(tmp_path, where):
    home = tmp_path
    if where == 'tree':
        home = tmp_path / 'tree'
        shutil.copytree(TREE, home)
    for name, text in PARTS.items():
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).write_text(text)
    mc = tmp_path / 'site.mc'
    mc.write_text(FRAME % "DOMAIN(`site')\nHACK(`rule', `example', `two')" +
                  "MAILER(`uucp')\nSITECONFIG(`uucp.site', `thishost', `U')\n")
    done = subprocess.run(['m4', (home if where == 'tree' else TREE) / 'm4' / 'cf.m4', 'site.mc' if where == 'here' else mc],
                          capture_output=True, text=True, timeout=60, cwd=tmp_path if where == 'here' else '/')
    assert done.returncode == 0 and not done.stderr, done.stderr
    for line in ('# a rule for example, two', 'R$* < @ hack . example . > $*\t$#local $: hacked', 'CUalpha beta', 'CUgamma', 'DUthishost',
                 'CRrelayed.example'):
        assert f'\n{line}\n' in done.stdout, line


NAME_LISTS = {'LOCAL_DOMAIN': 'Cw', 'MASQUERADE_DOMAIN': 'CM', 'MASQUERADE_EXCEPTION': 'CN', 'EXPOSED_USER': 'CE', 'LOCAL_USER': 'CL',
              'GENERICS_DOMAIN': 'CG', 'VIRTUSER_DOMAIN': 'CR', 'RELAY_DOMAIN': 'CR', 'CANONIFY_DOMAIN': 'C{Canonify}',
              'LDAPROUTE_DOMAIN': 'C{LDAPRoute}', 'VIRTUSER_DOMAIN_FILE': 'FR', 'RELAY_DOMAIN_FILE': 'FR', 'LOCAL_USER_FILE': 'FL'}


@pytest.mark.parametrize('word', NAME_LISTS)
def test_a_list_of_names_may_be_a_macro_of_the_site(tmp_path, word):
    done = m4(tmp_path, FRAME % f"define(`SITE_LIST', `of.site.example')\n{word}(`SITE_LIST')")
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert f'\n{NAME_LISTS[word]}of.site.example\n' in done.stdout and 'SITE_LIST' not in done.stdout


@pytest.mark.long
@pytest.mark.contract(20, 21, 92)
def test_random_sites_answer_as_under_the_reference_tree(kit, tell):
    done = subprocess.run([sys.executable, TOP / 'tests/compat/cf_random.py', '-v', '--seed', '1', '-n', '16', '--reference-too',
                           '--program', BIN / 'sendmail'],
                          env=dict(os.environ, ORACLE_KIT=str(kit)), capture_output=True, text=True, timeout=900)
    total = re.search(r'^cf-random: .* (\d+) lines same of (\d+)', done.stdout, re.M)
    assert total, done.stdout + done.stderr
    same, of = map(int, total.groups())
    tell(f'{total.group(0)}')
    assert of - same <= of // 1000, done.stdout


@pytest.fixture(scope='module')
def settings(kit):                                                                  # noqa: F811
    """What a .cf sets, as cf_random.py compares it; mailers too."""
    def lines(text):
        text = re.sub(r'\n[ \t]+', ' ', text)
        kept = [re.sub(r'\s+', ' ', x).strip() for x in text.split('\n') if x[:1] in tuple('HPQXEM') or x[:2] == 'O ']
        kept = [re.sub(r'F=([^,]*),', lambda m: 'F=' + ''.join(sorted(set(m[1]))) + ',', x) for x in kept]
        return {re.sub(r'[SR]=[^,]*,| (?=[A-Za-z]=)', '', x).rstrip('= ') for x in kept}

    def both(tmp_path, text):
        mc = tmp_path / 'site.mc'
        mc.write_text(text)
        theirs = subprocess.run([kit / 'oracle-m4', mc], capture_output=True, text=True, timeout=60)
        own = subprocess.run(['m4', TREE / 'm4' / 'cf.m4', mc], capture_output=True, text=True, timeout=60)
        assert theirs.returncode == 0 and own.returncode == 0, theirs.stderr + own.stderr
        return lines(theirs.stdout), lines(own.stdout)
    return both


@pytest.mark.contract(20, 21)
@pytest.mark.parametrize('name', sorted(p.stem for p in (TREE / 'ostype').glob('*.m4')))
def test_a_system_sets_what_it_sets_under_the_reference_tree(tmp_path, settings, name):
    extra = "MAILER(`uucp')\nMAILER(`procmail')\nMAILER(`usenet')\n"
    theirs, own = settings(tmp_path, f"OSTYPE(`{name}')\nFEATURE(`smrsh')\nMAILER(`local')\nMAILER(`smtp')\n{extra}")
    assert theirs == own


ARGUMENT_FORMS = ["FEATURE(`msp')", "FEATURE(`msp', `[192.0.2.9]', `MSA')", "FEATURE(`nullclient', `hub.example')", "FEATURE(`local_procmail')",
                  "FEATURE(`local_lmtp', `/x/lmtp', `lmtp -x')", "undefine(`ALIAS_FILE')undefine(`confTO_QUEUEWARN')",
                  "define(`LOCAL_MAILER_MAX', `9')define(`SMTP_MAILER_MAXRCPTS', `7')define(`RELAY_MAILER_ARGS', `TCP $h 26')"]


@pytest.mark.parametrize('said', ARGUMENT_FORMS)
def test_a_word_sets_what_it_sets_under_the_reference_tree(tmp_path, settings, said):
    mailers = '' if 'msp' in said or 'nullclient' in said else "MAILER(`local')\nMAILER(`smtp')\n"
    theirs, own = settings(tmp_path, f"OSTYPE(`bsd4.4')\n{said}\n{mailers}")
    assert theirs == own


# ---- every part, and what the check of a configuration says of it ----

ARGUMENTS = {'dnsbl': ['bl.example'], 'enhdnsbl': ['bl.example'], 'rhsbl': ['bl.example'], 'fips3': ['/etc/ssl/fips.cnf'],
             'nullclient': ['hub.example'], 'nopercenthack': ['nospecial'], 'nouucp': ['nospecial'], 'queuegroup': ['mqueue'], 'prefixmod': ['+', 'e'],
             'domainmap': ['users.example', 'hash /etc/mail/users']}
NOT_BUILT = {'bcc', 'same_domain_only', 'sts', 'tls_failures'}


def checked(tmp_path, text):
    done = m4(tmp_path, text)
    assert done.returncode == 0, done.stderr
    cf = tmp_path / 'site.cf'
    cf.write_text(done.stdout)
    check = subprocess.run([BIN / 'postrider', 'check', cf], capture_output=True, text=True, timeout=60)
    assert check.returncode == 0, check.stdout + check.stderr
    return done


@pytest.mark.parametrize('name', sorted({p.stem for p in (TREE / 'feature').glob('*.m4')} - NOT_BUILT))
def test_a_feature_makes_a_configuration_without_a_finding(tmp_path, name):
    args = ', '.join(f"`{a}'" for a in (name, *ARGUMENTS.get(name, [])))
    access = '' if name == 'access_db' else "FEATURE(`access_db')\n"
    mailers = '' if name in ('nullclient', 'msp') else "MAILER(`local')\nMAILER(`smtp')\n"
    before = "define(`LUSER_RELAY', `relay:hub.example')\n" * (name == 'preserve_luser_host')
    before += "FEATURE(`delay_checks')\n" * (name == 'block_bad_helo')
    checked(tmp_path, f"OSTYPE(`linux')\n{before}{access}FEATURE({args})\n{mailers}")


@pytest.mark.parametrize('name', sorted(p.stem for p in (TREE / 'mailer').glob('*.m4')))
def test_a_mailer_makes_a_configuration_without_a_finding(tmp_path, name):
    done = checked(tmp_path, f"OSTYPE(`linux')\nMAILER(`local')\nMAILER(`smtp')\nMAILER(`{name}')\n")
    assert '\nM' in done.stdout


@pytest.mark.parametrize('sample', sorted((TREE / 'sample').glob('*.mc')), ids=lambda p: p.name)
def test_a_sample_is_checked_without_a_finding(tmp_path, sample):
    checked(tmp_path, sample.read_text())


def names_of_check(table):
    """A list of names that postrider check knows, from its source."""
    text = (TOP / 'src/config/lint_mc_names.c').read_text()
    body = re.search(r'\b%s\[\] = \{(.*?)\bNULL\s*\}' % table, text, re.S).group(1)
    return set(re.findall(r'"([^"]+)"', body))


@pytest.mark.parametrize('table,folder', [('mc_features', 'feature'), ('mc_ostypes', 'ostype'), ('mc_mailers', 'mailer'),
                                          ('mc_domains', 'domain')])
def test_the_check_knows_the_parts_of_the_tree(table, folder):
    assert names_of_check(table) == {p.name[:-3] for p in (TREE / folder).glob('*.m4')}


BUILD_NAMES = set("""BLDVARIANT CC CCLINK CCOPTS DEPEND_TYPE DONT_INSTALL_CATMAN ENVDEF FORCE_RMAIL GBINGRP GBINMODE GBINOWN HFDIR HFFILE INCDIRS
INCLUDEDIR INSTALL_RAWMAN LD LDOPTS LIBDIR LIBDIRS LIBMODE LIBS LINKS MANROOT MANROOTMAN MAPDEF MBINDIR MBINMODE MSPQOWN MSP_QUEUE_DIR MSP_STFILE
NO_HELPFILE_INSTALL NO_MAN_BUILD NO_MAN_INSTALL NO_STATISTICS_INSTALL OPTIMIZE RANLIB SBINDIR SBINMODE SETUSERID_INSTALL SHAREDLIBDIR SHELL STDIR
STFILE STMODE STRIP UBINDIR UBINMODE""".split())


def test_the_check_knows_the_variables_of_the_tree():
    tree = set(re.findall(r"^_OPTION\(`conf(\w+)'", (TREE / 'm4/options.m4').read_text(), re.M))
    assert names_of_check('mc_conf_names') - BUILD_NAMES == tree


# ---- postrider config new and diff ----

KINDS = {'relay-hub': ['--domains', 'example.com, example.net'], 'smart-host-client': ['--host', 'smtp.example.com', '--masquerade', 'example.com'],
         'null-client': ['--host', 'hub.example.com'], 'mail-host': ['--domains', 'a.example b.example'], 'submission': []}


def config(*args, **more):
    return subprocess.run([BIN / 'postrider', 'config', *args], capture_output=True, text=True, timeout=120, **more)


@pytest.mark.parametrize('kind', KINDS)
def test_a_new_configuration_is_built_and_checked_without_a_word(tmp_path, kind):
    mc = tmp_path / 'site.mc'
    done = config('new', '--kind', kind, *KINDS[kind], '-o', mc)
    assert done.returncode == 0 and 'postrider config build' in done.stderr, done.stderr
    assert config('new', '--kind', kind, *KINDS[kind], '-o', mc).returncode == 73, 'an existing file is not replaced'
    checked(tmp_path, mc.read_text())


def test_a_new_configuration_asks_for_what_is_missing():
    asked = config('new', input='null-client\nhub.example.com\n')
    assert asked.returncode == 0 and "FEATURE(`nullclient', `hub.example.com')" in asked.stdout
    assert 'Which kind of site' in asked.stderr and 'Name of the relay or hub' in asked.stderr
    for wrong in (['--kind', 'palace'], ['--kind', 'relay-hub', '--domains', "x')"], ['--kind', 'null-client', '--host', ''], ['--zort', 'x']):
        done = config('new', *wrong, stdin=subprocess.DEVNULL)
        assert done.returncode == 64 and not done.stdout, done.stdout


def test_diff_tells_what_would_change(tmp_path):
    old, new = tmp_path / 'old.mc', tmp_path / 'new.mc'
    frame = "OSTYPE(`linux')\nundefine(`ALIAS_FILE')\n%s\nMAILER(`local')\nMAILER(`smtp')\nLOCAL_CONFIG\n"
    old.write_text(frame % '')
    new.write_text(frame % "define(`confDELIVERY_MODE', `queueonly')\nMASQUERADE_AS(`seen.example')\nRELAY_DOMAIN(`relayed.example')\n"
                   "define(`SMART_HOST', `relay:[192.0.2.7]')")
    args = ['--tree', TREE, '--client', '192.0.2.9,client.example', '--from', '<>']
    done = config('diff', *args, old, new, 'user@relayed.example', 'user@[192.0.2.1]')
    assert done.returncode == 1, done.stdout + done.stderr
    assert '- O DeliveryMode=background\n' in done.stdout and '+ O DeliveryMode=queueonly\n' in done.stdout
    assert '+ relay [192.0.2.7] user@relayed.example' in done.stdout
    assert 'client 192.0.2.9,client.example, to user@relayed.example' in done.stdout
    assert re.search(r'^- RCPT TO:<user@relayed.example>: 550 .*Relaying denied', done.stdout, re.M)
    assert re.search(r'^\+ RCPT TO:<user@relayed.example>: 250 ', done.stdout, re.M)
    assert '@seen.example' in config('diff', '--tree', TREE, '--from', 'root', old, new, 'user@[192.0.2.1]').stdout
    cf = tmp_path / 'new.cf'
    assert config('build', '--tree', TREE, '-o', cf, new).returncode == 0
    same = config('diff', *args, new, cf, 'user@relayed.example')
    assert same.returncode == 0 and not same.stdout, same.stdout
    assert config('diff', old).returncode == 64
    assert config('diff', old, tmp_path / 'missing.cf').returncode == 66
