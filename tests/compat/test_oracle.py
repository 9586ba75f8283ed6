"""The same input to Debian's sendmail and to postrider: the share of equal answers may not fall.

Uses the comparison kit beside the project (ORACLE_KIT, default ../shared/oracle); skipped where there is none. floors.json
holds, for each tool, the least number of points that must be the same; `COMPAT_RAISE=1` writes the new numbers there.
"""
import fcntl
import json
import os
import pathlib
import re
import subprocess
import tempfile

import pytest

from conftest import BIN, TOP

KIT = pathlib.Path(os.environ.get('ORACLE_KIT', TOP.parent / 'shared' / 'oracle'))
FLOORS = pathlib.Path(__file__).with_name('floors.json')
TOOLS = {
    'bt-diff': (23, 24, 26, 27, 29, 30, 31, 35, 37, 160, 161, 189),
    'smtp-diff': (116, 117, 119, 120, 126, 127, 168),
    'queue-diff': (97, 99, 102, 163),
    'map-diff': (3, 6, 84),
    'log-diff': (144, 147, 148, 157),
}

# The whole corpus of queue and log cases takes long; these configurations show the most in the time.
SHORTER = {'queue-diff': ('hub', 'queues'), 'log-diff': ('rules',)}


@pytest.fixture(scope='session')
def kit():
    if not (KIT / 'setup-oracle').exists():
        pytest.skip('the comparison kit is not beside the project')
    if os.getuid() != 0:
        pytest.skip('the comparison kit needs root')
    with open(tempfile.gettempdir() + '/postrider-setup-oracle', 'w') as turn:      # tests run in several processes
        fcntl.flock(turn, fcntl.LOCK_EX)
        done = subprocess.run([KIT / 'setup-oracle'], capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    return KIT


# Of the envelopes, in parts that run beside each other, and how many points each has at least; with COMPAT_ALL=1 all of them at once.
ENVELOPES = {'.': 100} if os.environ.get('COMPAT_ALL') else {
    'odd local|deferred twice': 12, 'NUL|letter': 36, 'late, ': 18, 'etrn|selectors|quarantined': 18}


# Of the names: what shows the most in a few seconds; with COMPAT_ALL=1 all of them.
NAMES = ('', 170) if os.environ.get('COMPAT_ALL') else ('queued: (two|a mistake)|run: (loops|two)|SMTP: (refused|an unknown)', 30)


def compare(kit, tool, where=(), options=()):
    env = dict(os.environ, SENDMAIL=str(BIN / 'sendmail'))
    env.pop('TEST_COVERAGE', None)
    done = subprocess.run([kit / tool, *options, *(where or (kit / 'corpus' / name for name in SHORTER.get(tool, ())))], env=env, capture_output=True,
                          text=True, timeout=600)
    assert done.returncode in (0, 1), done.stderr
    same, of = re.search(rf'^{tool}: (\d+) same of (\d+)', done.stdout, re.M).groups()
    return int(same), int(of), done.stdout


OFFER = re.compile(r'-S: 250[- ]STARTTLS\b.*')


def but_for_offers(output):
    """How many dialogues differ in nothing but what EHLO offers of extensions that are not built (docs/differences.md)."""
    dialogues = re.split(r'(?m)^--- dialogue: ', output)[1:]
    changes = [[line for line in d.split('\n')[3:] if line[:1] in ('-', '+')] for d in dialogues]
    return sum(bool(c) and all(OFFER.fullmatch(line) for line in c) for c in changes)


@pytest.mark.parametrize('tool', [pytest.param(t, marks=[pytest.mark.contract(*n), pytest.mark.long]) for t, n in TOOLS.items()])
def test_answers_as_sendmail_does(kit, tool, tell):
    floors = json.loads(FLOORS.read_text())
    same, of, output = compare(kit, tool, options=('-v',))
    offers = but_for_offers(output) if tool == 'smtp-diff' else 0
    tell(f'{tool}: {same} same of {of}' + f', {offers} more but for STARTTLS in the EHLO reply' * (offers > 0))
    same += offers
    if os.environ.get('COMPAT_RAISE') and same > floors.get(tool, 0):
        floors[tool] = same
        FLOORS.write_text(json.dumps(floors, indent=1, sort_keys=True) + '\n')
    assert same >= floors[tool], output


# Cases of the project's own, where every answer is the same.
OWN = pathlib.Path(__file__).with_name('corpus')


@pytest.mark.long
@pytest.mark.contract(167)
def test_submission_as_a_user_sees_it(kit):
    """Error modes, dead.letter, -f and -t of the submission program; what a missing queue directory does to each mode."""
    env = dict(os.environ, SENDMAIL=str(BIN / 'sendmail'))
    env.pop('TEST_COVERAGE', None)
    done = subprocess.run([kit / 'queue-diff', '--no-cross', '-v', *(OWN / name for name in ('submission', 'senders', 'no-queue'))],
                          env=env, capture_output=True, text=True, timeout=600)
    assert re.search(r'^queue-diff: (\d+) same of \1$', done.stdout, re.M), done.stdout + done.stderr


@pytest.mark.long
@pytest.mark.contract(97, 98, 99, 102, 104, 109, 120)
@pytest.mark.parametrize('cases', ENVELOPES)
def test_envelopes_selectors_and_spoilt_files_end_as_with_sendmail(kit, cases):
    same, of, output = compare(kit, 'queue-diff', [OWN / 'envelopes'], ('--no-cross', '-v', '--only', cases))
    assert of >= ENVELOPES[cases] and same == of, output


@pytest.mark.long
@pytest.mark.contract(38, 55, 125, 180)
@pytest.mark.parametrize('tool', ['smtp-diff', 'queue-diff', 'log-diff'] if os.environ.get('COMPAT_ALL') else ['smtp-diff'])
def test_clients_authenticate_as_with_sendmail(kit, tool):
    """Mechanisms, answers, limits, what the rules know of the client; queue files and log lines with COMPAT_ALL=1."""
    same, of, output = compare(kit, tool, [OWN / 'auth'], ('--no-cross', '-v') if tool == 'queue-diff' else ('-v',))
    assert of >= {'smtp-diff': 21, 'queue-diff': 18, 'log-diff': 10}[tool] and same == of, output


@pytest.mark.long
@pytest.mark.contract(97, 99, 102, 104, 109, 110)
def test_queue_files_made_by_hand_are_taken_listed_and_lost_as_with_sendmail(kit):
    """Odd orders, names and line ends, files that cannot be read; exit status, order and connections of a run; wrong combinations of flags."""
    same, of, output = compare(kit, 'queue-diff', [OWN / 'handmade'], ('--no-cross', '-v'))
    assert of >= 30 and same == of, output


@pytest.mark.long
@pytest.mark.contract(83, 97, 111, 155)
def test_reports_on_reports_and_lists_in_lists(kit):
    """Who hears of a report that cannot be delivered, which of several lists a recipient belongs to, and whom its C line names."""
    same, of, output = compare(kit, 'queue-diff', [OWN / 'reports'], ('--no-cross', '-v'))
    assert same == of >= 60, output


@pytest.mark.long
@pytest.mark.contract(97, 99, 102)
def test_names_without_an_answer_are_told_of_as_by_sendmail(kit):
    """The M line, mailq, reports and exit status when the DNS or a map cannot tell, at queueing, in a run and by SMTP."""
    only, least = NAMES
    same, of, output = compare(kit, 'queue-diff', [OWN / 'names'], ('--no-cross', '-v', '--only', only))
    assert same == of >= least, output
