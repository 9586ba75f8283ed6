"""What `postrider explain` says of an address against what `sendmail -bt` of the reference says of it.

All addresses of the comparison kit's corpus, in each of its configurations: the triple against /parse, the rewritten header and
envelope addresses against /try with the mailer of the triple. Skipped where the kit is not.
"""
import argparse
import json
import os
import re
import sys

import pytest

from conftest import BIN
from test_oracle import KIT, kit  # noqa: F401

pytestmark = pytest.mark.usefixtures('kit')
AT_ONCE = 60
SHELL = 'exec -a postrider /usr/libexec/sendmail/sendmail "$@"'


def addresses(text):
    """Everything in a bt.txt that an address test command is given, printable and of a length that fits."""
    found = []
    for line in text.splitlines():
        m = re.match(r'(?:/parse|/try \S+|[\d\w]+(?:,\d+)*) (\S.*)', line)
        if m and not line.startswith(('#', '.', '$', '=', '-')):
            found.append(m.group(1).strip())
    return [a for a in dict.fromkeys(found) if len(a) < 200 and a.isascii() and a.isprintable() and '$' not in a and a[0] != '-']


class Box:
    """The reference and this build in rooms of their own, with the same configuration."""

    def __init__(self, oracle, config):
        self.oracle = oracle
        self.config = config
        self.run = oracle.Run(argparse.Namespace(jobs=2, keep=False, cand_m4=None, own_maps=False, verbose=False))
        env = argparse.Namespace(candidate=str(BIN / 'sendmail'))
        self.candidate = oracle.candidate(env)

    def explain(self, sender, todo):
        steps = [{'argv': ['/bin/bash', '-c', SHELL, 'postrider', 'explain', '--json', '--from', sender, '--', *todo[i:i + AT_ONCE]]}
                 for i in range(0, len(todo), AT_ONCE)]
        got = self.run.box('maps', self.candidate, self.config, cases=[{'name': 'explain', 'steps': steps}])
        assert 'error' not in got, got['error']
        out = []
        for step in got['cases'][0]['steps']:
            assert step['out'].startswith('{'), step['out'][:2000]
            out += [r for r in json.loads(step['out'])['recipients'] if r['from'] is None]
        return out

    def test_mode(self, lines):
        got = self.run.box('bt', self.oracle.REAL, self.config, lines=lines, opts=[])
        assert 'error' not in got, got['error']
        return [s or '' for s in got['segs']]


def plain(text):
    """Local users lose quotes and backslashes on the way to their mailbox; bytes as test mode shows them."""
    return re.sub(r'\\(.)', r'\1', text).replace('"', '')


def says_parse(seg):
    m = re.search(r'^mailer (\S+?)(?:, host (.*?))?, user (.*)$', seg, re.M)
    return (m.group(1), m.group(2) or '', m.group(3)) if m else None


def says_try(seg):
    m = re.search(r'^Rcode = (\d+), addr = (.*)$', seg, re.M)
    return m.group(2) if m else None


def compare_triple(r, seg):
    """What differs, or None."""
    said = says_parse(seg)
    if r['state'] == 'later' and r['status']['smtp'] // 100 == 4:
        return None  # test mode goes on after a map that could not be asked
    if r['status'] and (r['status']['text'] in seg or 'Cannot parse' in seg):
        return None  # test mode goes on with the address as it was mended
    first = next((s['triple'] for s in r['steps'] if s['step'] == 'rules'), None)
    if said is None or said[0] == '*error*':
        if first:
            return f'the reference has no mailer for it: {seg[-300:]!r}, here {first}'
        return f'another reason: {seg[-300:]!r}, here {r["status"]}'
    if not first:
        return f'the reference: {said}, here {r["status"]}'
    mine = (first['mailer'], first['host'], first['user'])
    if mine == said or (mine[:2] == said[:2] and plain(mine[2]) == plain(said[2])):
        return None
    if mine[0] == said[0] == 'prog' and said[2].lstrip('"|').strip('"') == mine[2]:
        return None
    return f'the reference: {said}, here {mine}'


@pytest.mark.parametrize('name', sorted(p.parent.name for p in KIT.glob('corpus/*/bt.txt')))
def test_explains_what_the_rules_do(name, tell):
    sys.path.insert(0, str(KIT / 'lib'))
    import oracle  # pylint: disable=import-error,import-outside-toplevel
    config = oracle.Config(str(KIT / 'corpus' / name))
    todo = addresses(config.read('bt.txt'))
    sender = 'al@example.com'
    box = Box(oracle, config)
    try:
        mine = box.explain(sender, todo)
        assert [r['address'] for r in mine] == todo
        lines, checks = [], []
        for r in mine:
            lines.append('/parse ' + r['address'])
            checks.append((r, 'triple', None))
            names = (r.get('delivery') or {}).get('addresses')
            if not names:
                continue
            mailer = r['triple']['mailer']
            for flags, key, who in (('hr', 'header_recipient', r['address']), ('hs', 'header_sender', sender), ('es', 'envelope_sender', sender)):
                lines += ['/tryflags ' + flags, f'/try {mailer} {who}']
                checks += [None, (r, key, names[key])]
            lines.append('/tryflags er')
            checks.append(None)
        segs = box.test_mode(lines)
    finally:
        box.run.close()
    wrong, n = [], 0
    for check, line, seg in zip(checks, lines, segs):
        if not check:
            continue
        n += 1
        r, what, value = check
        if what == 'triple':
            trouble = compare_triple(r, seg)
        else:
            said = says_try(seg)
            trouble = None if said in (value, f'<{value}>') else f'{what}: the reference {said!r}, here {value!r}'
        if trouble:
            wrong.append(f'{line}: {trouble}')
    tell(f'explain {name}: {n - len(wrong)} same of {n} ({len(todo)} addresses)')
    assert not wrong, '\n'.join(wrong)


def test_hosts_come_from_mx_records_with_their_ttl():
    sys.path.insert(0, str(KIT / 'lib'))
    import oracle  # pylint: disable=import-error,import-outside-toplevel
    box = Box(oracle, oracle.Config(str(KIT / 'corpus' / 'plain')))
    try:
        with_mx, without, gone = box.explain('al@example.com', ['a@example.com', 'a@example.org', 'a@nowhere.example'])
    finally:
        box.run.close()
    hosts = with_mx['delivery']['hosts']
    assert [(h['name'], h['preference'], h['origin'], h['mx_of']) for h in hosts] == [
        ('mx1.example.com.', 10, 'mx', 'example.com'), ('mx2.example.com.', 20, 'mx', 'example.com')]
    assert set(hosts[0]['addresses']['list']) == {'203.0.113.1', 'IPv6:2001:db8:aaaa::1'}
    assert all(h['addresses']['from'] == 'dns' and h['addresses']['ttl'] > 0 for h in hosts)
    question = next(q for q in with_mx['delivery']['questions'] if q['type'] == 'MX')
    assert question['result'] == 'found' and question['ttl'] > 0 and question['records'] == ['10 mx1.example.com', '20 mx2.example.com']
    assert [(h['origin'], h['mx_of']) for h in without['delivery']['hosts']] == [('itself', None)]
    assert gone['delivery']['hosts'] == [] and gone['delivery']['host_failure']['dsn'] == '5.1.2'


CLIENTS = ('198.51.100.1', '198.51.100.8', '198.51.100.11')
SENDERS = ('<>', '<erin@example.net>', '<spam@bad.example>', '<x@nowhere.example>', '<unqualified>', '<al@oracle.example>')
RCPTS = ('<alice@oracle.example>', '<nosuch@oracle.example>', '<bob>', '<user@far.example>', '<user@bad.example>', '<abuse@oracle.example>',
         '<user%far.example@oracle.example>', '<user@[203.0.113.5]>', '<old@example.com.REDIRECT>')


def reference_replies(box, dialogs):
    """What the reference's daemon answers to MAIL and each RCPT of each dialogue."""
    got = box.run.box('smtp', box.oracle.REAL, box.config, dialogs=dialogs, opts=['-odq'], lanes=4)
    assert 'error' not in got, got['error']
    out = {}
    for d in got['dialogs']:
        steps = d['transcript']
        out[d['name']] = [''.join(t for k, t in steps[i + 1:i + 2] if k == 'S') for i, (k, t) in enumerate(steps)
                          if k == 'C' and t.upper().startswith(('MAIL', 'RCPT'))]
    return out


@pytest.mark.parametrize('name', ['plain', 'hub', 'delaychecks', 'virtual'])
def test_a_client_is_told_what_the_reference_tells(name, tell):
    sys.path.insert(0, str(KIT / 'lib'))
    import oracle  # pylint: disable=import-error,import-outside-toplevel
    box = Box(oracle, oracle.Config(str(KIT / 'corpus' / name)))
    cases = [(c, s) for c in CLIENTS for s in SENDERS]
    dialogs = [{'name': f'{c} {s}', 'line': 1, 'steps': [f'@from {c}', '>EHLO client.example', f'>MAIL FROM:{s}', *(f'>RCPT TO:{r}' for r in RCPTS)]}
               for c, s in cases]
    steps = [{'argv': ['/bin/bash', '-c', SHELL, 'postrider', 'explain', '--json', '--client', c, '--from', s, '--', *RCPTS]} for c, s in cases]
    try:
        told = reference_replies(box, dialogs)
        got = box.run.box('maps', box.candidate, box.config, cases=[{'name': 'explain', 'steps': steps}])
    finally:
        box.run.close()
    assert 'error' not in got, got['error']
    wrong, n = [], 0
    for (c, s), step in zip(cases, got['cases'][0]['steps']):
        talk = json.loads(step['out'])['client']['conversation'][2:]
        for said, real in zip(talk, told[f'{c} {s}'], strict=True):
            n += 1
            if said['reply'].split() != real.split():
                wrong.append(f'{c} {s} {said["command"]}: the reference {real!r}, here {said["reply"]!r}')
    tell(f'explain --client {name}: {n - len(wrong)} same of {n}')
    assert not wrong, '\n'.join(wrong)
