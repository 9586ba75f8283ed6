"""postrider explain: what it says of an address is what the rules, aliases and files of a real configuration do."""
import json
import os
import re
import subprocess
import time

import pytest

from conftest import AS_USER, USER_BIN

EXTRA = '''
# ---- local ----
Kroutes text -k0 -v1 -z: {state}/routes
Kbroken text {state}/not-there
'''


def edit(text):
    """Names come from a hosts file of the test's own; a map of routes is asked first, and one host's map is broken."""
    state = re.search(r'O QueueDirectory=(.*)/queue', text).group(1)
    text = text.replace('# ---- header fields', EXTRA.format(state=state) + '# ---- header fields')
    text = text.replace('Sparse=0\n', 'Sparse=0\nR$+ < @ broken.test >\t$: $1 < @ $(broken $1 $) . >\n'
                        'R$+ < @ $+ >\t\t$: < $(routes $2 $: $) > $1 < @ $2 >\n'
                        'R< $+ > $+ < @ $+ >\t$#smtp $@ $1 $: $2 < @ $3 >\n'
                        'R< > $*\t\t\t$: $1\n')
    return text.replace('# ---- options ----', f'# ---- options ----\nO HostsFile={state}/hosts\nO ServiceSwitchFile={state}/switch\n'
                        f'O ForwardPath={state}/forward.$u')


@pytest.fixture
def site(make_daemon, user):
    site = make_daemon(start=False, edit=edit)
    state = site.state
    (state / 'hosts').write_text('192.0.2.7 mail.test\n2001:db8::7 mail.test\n192.0.2.8 client.test\n')
    (state / 'switch').write_text('hosts files\n')
    (state / 'routes').write_text('far.test:[192.0.2.9]\nroute.test:mail.test\n')
    (state / 'aliases').write_text(f'team: {user}, you@route.test\nowner-team: boss\nlist: :include:{state}/members\n'
                                   f'prog: "|/bin/cat >{state}/out"\nloop1: loop2\nloop2: loop1\n')
    (state / 'members').write_text('# some\nteam\n\nyou@far.test, nosuchuser\n')
    for name in ('hosts', 'switch', 'routes', 'aliases', 'members'):
        (state / name).chmod(0o644)
    site.run('-bi')
    return site


def run(site, *args):
    return subprocess.run([*AS_USER, USER_BIN / 'postrider', 'explain', '-C', site.cf, *args], capture_output=True, text=True,
                          timeout=120, env=site.env())


def explain(site, *args):
    done = run(site, '--json', *args)
    assert done.stdout.startswith('{'), done.stderr
    said = json.loads(done.stdout)
    assert said['exit'] == done.returncode
    return said


def by_address(said, address):
    return next(r for r in said['recipients'] if r['address'] == address)


def line_number(site, text):
    return next(i for i, l in enumerate(site.cf.read_text().splitlines(), 1) if l.startswith(text))


def test_a_route_from_a_map_to_a_host_with_addresses(site):
    said = explain(site, '--from', 'me@localhost', 'you@Route.test')
    r = said['recipients'][0]
    assert said['exit'] == 0 and r['state'] == 'deliverable'
    assert r['triple'] == {'mailer': 'smtp', 'host': 'mail.test', 'user': 'you@Route.test'}
    maps = [e for e in r['rules'] if e['event'] == 'map']
    assert [(m['map'], m['key'], m['result'], m['value']) for m in maps] == [('routes', 'Route.test', 'found', 'mail.test')]
    rule = next(e for e in r['rules'] if e['event'] == 'rule' and (e['after'] or '').startswith('$#smtp'))
    assert rule['line'] == line_number(site, 'R< $+ > $+ < @ $+ >') and rule['file'] == str(site.cf)
    d = r['delivery']
    assert (d['transport'], d['port'], d['queue_group']) == ('smtp', 25, 'mqueue')
    assert d['addresses']['envelope_sender'] == 'me@localhost' and d['addresses']['envelope_recipient'] == 'you@Route.test'
    host = d['hosts'][0]
    assert (host['name'], host['origin']) == ('mail.test', 'itself')
    assert set(host['addresses']['list']) == {'192.0.2.7', 'IPv6:2001:db8::7'} and host['addresses']['from'] == 'hosts file'


def test_a_literal_is_nobodys_answer(site):
    host = explain(site, 'you@far.test')['recipients'][0]['delivery']['hosts'][0]
    assert (host['name'], host['origin'], host['addresses']['list']) == ('[192.0.2.9]', 'literal', ['192.0.2.9'])
    assert 'given by map routes, key "far.test"' in ' '.join(run(site, 'you@far.test').stdout.split())


def test_a_list_is_followed_to_each_member(site, user):
    said = explain(site, 'list')
    assert said['exit'] == 67, 'one of the members does not exist'
    tree = {r['address']: (r['from'], r['state']) for r in said['recipients']}
    include = f':include:{site.state}/members'
    assert tree == {'list': (None, 'expanded'), include: ('list', 'expanded'), 'team': (include, 'expanded'),
                    'you@far.test': (include, 'deliverable'), 'nosuchuser': (include, 'undeliverable'),
                    user: ('team', 'deliverable'), 'you@route.test': ('team', 'deliverable')}
    alias = next(s for s in by_address(said, 'team')['steps'] if s['step'] == 'alias')
    assert (alias['key'], alias['result']) == ('team', 'found') and alias['file'] == f'{site.state}/aliases'
    opened = next(s for s in by_address(said, include)['steps'] if s['step'] == 'include')
    assert opened['path'] == f'{site.state}/members' and opened['error'] == 0
    assert by_address(said, user)['list_owner'] == 'boss'
    assert by_address(said, user)['delivery']['addresses']['envelope_sender'] == 'boss@localhost'
    assert by_address(said, 'nosuchuser')['status']['dsn'] == '5.1.1'


def test_a_program_is_named_and_not_run(site):
    said = explain(site, 'prog')
    program = next(r for r in said['recipients'] if r['address'].startswith('"|'))
    assert program['delivery']['argv'] == ['sh', '-c', f'/bin/cat >{site.state}/out']
    assert not (site.state / 'out').exists()


def test_a_forward_file_is_read_as_its_owner(site, user):
    forward = site.state / f'forward.{user}'
    forward.write_text('you@far.test\n')
    if AS_USER:
        subprocess.run(['chown', 'nobody:nogroup', forward], check=True)
    said = explain(site, user)
    step = [s for s in by_address(said, user)['steps'] if s['step'] == 'forward']
    assert step and step[0]['path'] == str(forward)
    if step[0]['error'] == 0:
        assert by_address(said, 'you@far.test')['from'] == user
    else:
        assert step[0]['reason'] and by_address(said, user)['state'] == 'deliverable'


@pytest.mark.parametrize('address, status, text', [
    ('nosuchuser', 67, 'User unknown'), ('you@unknown.test', 69, 'Host unknown'), ('me@broken.test', 75, 'Temporary system failure'),
    ('loop1', 69, 'loop broken')])
def test_the_exit_status_tells_why_it_cannot_be_delivered(site, address, status, text):
    done = run(site, address)
    assert done.returncode == status, done.stdout
    assert text in ' '.join(done.stdout.split())


def test_a_temporary_failure_is_one_and_names_the_map(site):
    r = explain(site, 'me@broken.test')['recipients'][0]
    assert r['state'] == 'later' and r['status']['smtp'] == 451
    assert any(e['event'] == 'map' and e['map'] == 'broken' and e['result'] == 'temporary failure' for e in r['rules'])


def test_what_a_client_would_be_told(site):
    said = explain(site, '--client', '192.0.2.8', '--from', 'a@b.test', 'you@route.test', 'team@localhost')
    assert said['client']['relay'] == 'client.test [192.0.2.8]'
    talk = {s['command']: s for s in said['client']['conversation']}
    assert talk['']['reply'].startswith('220 localhost ESMTP')
    assert talk['MAIL FROM:<a@b.test>']['reply'] == '250 2.1.0 <a@b.test>... Sender ok'
    denied = talk['RCPT TO:<you@route.test>']
    assert denied['reply'] == '550 5.7.1 <you@route.test>... Relaying denied' and denied['refused']
    assert (denied['decided_in'], denied['decided_line']) == ('check_rcpt', line_number(site, 'R$* $| $*'))
    assert talk['RCPT TO:<team@localhost>']['reply'].startswith('250 2.1.5')
    assert said['exit'] == 69
    assert explain(site, '--client', '127.0.0.1,here.test', 'you@route.test')['exit'] == 0


def test_the_text_fits_a_screen_and_says_the_same(site):
    done = run(site, '--client', '192.0.2.8', '--from', 'a@b.test', 'list', 'you@route.test')
    for line in done.stdout.splitlines():
        assert len(line) <= 80 or len(max(line.split(), key=len)) + len(line) - len(line.lstrip()) >= 70, line
    text = ' '.join(done.stdout.split())
    for words in ('goes to mail.test by mailer smtp', 'map routes asked for "route.test": found "mail.test"',
                  'Relaying denied', "failures are reported to the list's owner, boss"):
        assert words in text, words
    assert len(run(site, '-v', 'you@route.test').stdout) > len(run(site, 'you@route.test').stdout)


def test_a_host_that_failed_lately_is_not_called(site):
    site.cf.write_text(site.cf.read_text() + 'O HostStatusDirectory=.hoststat\n')
    where = site.state / 'queue' / '.hoststat' / 'test.'
    where.mkdir(parents=True)
    status = where / 'mail'
    status.write_text(f'V0\nE111\nS75\nD4.4.1\nRconnection refused\nU{int(time.time())}\n.\n')
    subprocess.run(['chmod', '-R', 'a+rX', site.state], check=True)
    said = explain(site, 'you@route.test')
    host = said['recipients'][0]['delivery']['hosts'][0]
    assert host['host_status']['exit'] == 75 and host['host_status']['down_until'] > time.time()
    assert said['exit'] == 75, 'it was the only host'
    assert 'it is not called before' in ' '.join(run(site, 'you@route.test').stdout.split())


def snapshot(site):
    return {str(p): (p.stat().st_mtime_ns, p.stat().st_size) for p in sorted(site.state.rglob('*'))}


def test_nothing_is_written_or_logged(site):
    before = snapshot(site)
    run(site, '--client', '192.0.2.8', '--from', 'a@b.test', 'list', 'prog', 'you@route.test', 'nosuchuser', 'me@broken.test')
    assert snapshot(site) == before


def test_mistakes_on_the_command_line_are_told(site):
    for args, words in (((), 'an address is needed'), (('--nonsense', 'a'), '--nonsense'), (('--client', 'x', 'a'), 'x is no IP address')):
        done = run(site, *args)
        assert done.returncode == 64 and words in done.stderr, done.stderr
    done = run(site, '--help')
    assert done.returncode == 0 and 'usage: postrider explain' in done.stdout
    missing = subprocess.run([USER_BIN / 'postrider', 'explain', '-C', '/nonexistent.cf', 'a'], capture_output=True, text=True, check=False,
                             timeout=60, env=dict(os.environ))
    assert missing.returncode == 78 and '/nonexistent.cf' in missing.stderr
