"""The m4 tree in cf: what it refuses and says, the samples, and the same answers as under the reference tree."""
import os
import pathlib
import re
import subprocess
import sys

import pytest

from conftest import BIN, TOP

TREE = TOP / 'cf'
KIT = pathlib.Path(os.environ.get('ORACLE_KIT', TOP.parent / 'shared' / 'oracle'))
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
    ("FEATURE(`ldap_routing')", 'FEATURE(ldap_routing) is not built'),
    ("MAILER(`smpt')", 'there is no mailer/smpt.m4'),
    ("DOMAIN(`nowhere')", 'there is no domain/nowhere.m4'),
    ("DAEMON_OPTIONS(`Name=MTA, Zort=1')", 'unknown key in Zort=1'),
    ("INPUT_MAIL_FILTER(`f', `F=R')", 'filter f needs S='),
    ("MAILER(`local')\nFEATURE(`local_lmtp')", 'FEATURE(local_lmtp) must stand before MAILER(local)'),
    ("MAILER(`uucp')\nMAILER(`smtp')", 'MAILER(smtp) must stand before MAILER(uucp)'),
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


def test_a_configuration_without_system_is_refused(tmp_path):
    done = m4(tmp_path, "define(`confLOG_LEVEL', `9')\n")
    assert done.returncode != 0 and 'No system type defined' in done.stderr


@pytest.mark.parametrize('name', sorted(p.stem for p in (TREE / 'ostype').glob('*.m4')))
def test_every_system_makes_a_configuration(tmp_path, name):
    done = m4(tmp_path, f"OSTYPE(`{name}')\nMAILER(`local')\nMAILER(`smtp')\n")
    assert done.returncode == 0 and not done.stderr, done.stderr
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


@pytest.mark.contract(20, 21)
def test_the_corpus_answers_as_under_the_reference_tree(capsys):
    if not (KIT / 'setup-oracle').exists() or os.getuid() != 0:
        pytest.skip('needs the comparison kit beside the project, and root')
    done = subprocess.run([sys.executable, TOP / 'tests/compat/cf_diff.py', '-v', '-j', '6', '--program', BIN / 'sendmail'],
                          env=dict(os.environ, ORACLE_KIT=str(KIT)), capture_output=True, text=True, timeout=900)
    total = re.search(r'^cf-diff: (\d+) same of (\d+)', done.stdout, re.M)
    assert total, done.stdout + done.stderr
    same, of = map(int, total.groups())
    with capsys.disabled():
        print(f'\ncf-diff: {same} same of {of}')
    assert of - same <= 4, done.stdout
