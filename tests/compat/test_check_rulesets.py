"""Every ruleset that the server calls by itself: called at the same moment with the same workspace and the same macros.

The rulesets of watch_config.py write both into the log; the same conversations are held with both programs.
"""
import concurrent.futures
import pathlib
import re

import pytest

import rules_diff
import watch_config
from conftest import BIN
from test_oracle import KIT, kit                                                    # noqa: F401

DIALOGUES = '''
@serial
=== from outside
>EHLO client.example.org
>MAIL From:<erin@example.net> SIZE=100 BODY=8BITMIME RET=HDRS ENVID=abc
>RCPT To:<alice@mail.oracle.example> NOTIFY=SUCCESS ORCPT=rfc822;x@y
>RCPT To:<x@error.test>
>RCPT To:<bob@example.com>
>DATA
|Subject: hello (there) you
|To: alice@mail.oracle.example (Alice)
|X-From: <a@b>
|X-Other: other
|From: erin@example.net
|Message-Id: <1@example.net>
|
|text
>.
>VRFY alice
>ETRN example.com
>NOOP x
>MAIL From:<>
>RCPT To:<alice@mail.oracle.example>
>QUIT
=== from the host itself
@from local
>HELO x
>MAIL From:<a@b>
>RCPT To:<alice@mail.oracle.example>
>DATA
|a: b
|Message-Id: <2@example.net>
|
|x
>.
>QUIT
'''
# When the server calls them, and what describes later stages or is a number of the process: docs/differences.md.
COMPARED = ('check_relay', 'srv_features', 'greet_pause', 'check_mail', 'check_rcpt', 'check_data', 'check_eoh', 'check_vrfy', 'check_etrn',
            'check_other', 'CheckSubject', 'CheckRcpt', 'CheckFrom', 'CheckAll')
NOT_COMPARED = {'p', 'c', 'g', 'z', 'u', 'time', 'ntries', 'msg_id', 'nrcpts', 'addr_type', 'mail_from'}


def calls(log):
    """[(ruleset, workspace, {macro: value})] in their order."""
    found = []
    for line in log:
        m = re.search(r': ([A-Za-z_]+)\.(WS|MAC)\.?(.*)$', line)
        if not m or m[1] not in COMPARED:
            continue
        if m[2] == 'WS':
            found.append((m[1], m[3], {}))
            continue
        last = next(call for call in reversed(found) if call[0] == m[1])
        last[2].update(re.findall(r'\.?([A-Za-z_]+)\.?<(.*?)>(?=;|$)', m[3]))
    return found


pytestmark = pytest.mark.xdist_group('rulesets')


@pytest.fixture(scope='module')
def both(kit):
    pair = rules_diff.Pair(kit, BIN / 'sendmail')
    import dialog                                                                   # pylint: disable=import-error
    path = pathlib.Path(pair.run.tmp) / 'watch.cf'
    path.write_text(watch_config.configuration())
    pair.run.cf = lambda config, who='real', mc='config.mc': str(path) if mc == 'config.mc' else None
    config = pair.oracle.Config(str(kit / 'corpus' / 'plain'))
    job = dict(dialogs=dialog.parse(DIALOGUES)[1], opts=['-odq'], lanes=1)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda impl: pair.run.box('smtp', impl, config, **job), (pair.oracle.REAL, pair.candidate)))
    pair.close()
    assert not any(r.get('error') for r in results), results
    return [calls(r['log']) for r in results]


@pytest.mark.contract(32, 33, 34)
def test_rulesets_are_called_in_the_same_order_with_the_same_workspaces(both):
    theirs, ours = ([call[:2] for call in side] for side in both)
    assert len(theirs) > 25
    assert ours == theirs


@pytest.mark.contract(32, 33, 34)
def test_rulesets_see_the_same_macros(both):
    bad = []
    for (name, _, theirs), (_, _, ours) in zip(*both):
        bad += [f'{name}: {macro} is {ours.get(macro)!r}, not {value!r}' for macro, value in theirs.items()
                if macro not in NOT_COMPARED and ours.get(macro) != value]
    assert not bad, '\n'.join(bad)
