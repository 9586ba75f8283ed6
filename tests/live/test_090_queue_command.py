"""postrider queue: what an administrator sees of the queue and does to it, with and without a daemon."""
import json
import mailbox
import subprocess
import time

import pytest

from conftest import AS_USER, USER_BIN, wait_for
from peers import Sink, relay_to


@pytest.fixture
def sink():
    s = Sink()
    yield s
    s.stop()


def queue(daemon, *args, input=None):
    return subprocess.run([*AS_USER, USER_BIN / 'postrider', 'queue', args[0], '-C', daemon.cf, *args[1:]], input=input or '',
                          capture_output=True, text=True, env=daemon.env(), timeout=120)


def entries(daemon, *args):
    return [json.loads(line) for line in queue(daemon, 'list', '--json', *args).stdout.splitlines()]


def send(daemon, rcpts, sender='a@client.test', text='Subject: s\r\n\r\nx\r\n'):
    with daemon.smtp() as smtp:
        smtp.sendmail(sender, rcpts, text)


def deferring(make_daemon, sink, **more):
    sink.rcpt_reply = lambda line: '451 4.2.0 come back later'
    return make_daemon(edit=relay_to(sink.port), args=('-q1h',), **more)


def waiting(daemon, n):
    wait_for(lambda: [e['state'] for e in entries(daemon)] == ['waiting'] * n, 60, f'{n} waiting')


@pytest.mark.contract(102)
def test_list_shows_messages_in_80_columns_and_as_data(make_daemon, sink):
    daemon = deferring(make_daemon, sink)
    send(daemon, ['b@far.example', 'c@far.example'])
    send(daemon, ['d@' + 'long.' * 20 + 'example'], sender='verylongname' * 4 + '@client.test')
    waiting(daemon, 2)
    for args in ((), ('--oldest',), ('--summary',), ('--by', 'domain'), ('--by', 'reason'), ('--by', 'age'), ('--by', 'sender')):
        out = queue(daemon, 'list', *args)
        assert out.returncode == 0 and out.stdout and max(map(len, out.stdout.splitlines())) <= 80, out
    first = next(e for e in entries(daemon) if e['sender'] == 'a@client.test')
    assert first['recipients'] == ['b@far.example', 'c@far.example']
    assert 'come back later' in first['reason'] and first['tries'] == 1 and first['quarantine'] is None
    assert first['next_try'] - first['last_try'] == 3600     # the daemon's -q1h
    assert abs(first['created'] - time.time()) < 600
    assert entries(daemon, '--by', 'domain', '--to', 'far')[0]['messages'] == 1
    assert [e['sender'] for e in entries(daemon, '--from', 'a@CLIENT*')] == ['a@client.test']
    assert entries(daemon, '--reason', 'come back', '--older-than', '1d') == []
    assert json.loads(queue(daemon, 'list', '--summary', '--json').stdout)['states']['waiting'] == 2
    assert queue(daemon, 'list', '--by', 'moon').returncode == 64


@pytest.mark.contract(102, 113)
def test_hold_and_release_by_id_beside_a_running_daemon(make_daemon, sink):
    daemon = deferring(make_daemon, sink)
    send(daemon, ['b@far.example'], text='X-Mark: held\r\n\r\nx\r\n')
    waiting(daemon, 1)
    message = entries(daemon)[0]['id']
    out = queue(daemon, 'hold', message, '--why', 'odd\nsender')
    assert out.stdout == '1 message held.\n', out
    assert entries(daemon)[0]['state'] == 'held' and entries(daemon)[0]['quarantine'] == 'odd sender'
    assert 'QUARANTINE: odd sender' in daemon.run('-bp', '-qQ').stdout
    assert queue(daemon, 'retry', message).returncode == 66
    sink.rcpt_reply = None
    assert queue(daemon, 'release', message).returncode == 0
    wait_for(lambda: sink.received['held'], 60, 'delivery at once, long before the next queue run')
    wait_for(lambda: entries(daemon) == [], 60, 'an empty queue')


@pytest.mark.contract(102, 103)
def test_retry_makes_a_message_due_now(make_daemon, sink):
    daemon = deferring(make_daemon, sink)
    send(daemon, ['b@far.example'], text='X-Mark: again\r\n\r\nx\r\n')
    waiting(daemon, 1)
    sink.rcpt_reply = None
    assert queue(daemon, 'retry', '--to', 'far').stdout == '1 message due now.\n'
    wait_for(lambda: sink.received['again'], 60, 'the second try')


@pytest.mark.contract(102)
def test_retry_without_a_daemon_lets_any_queue_run_try_it(make_daemon, sink):
    daemon = deferring(make_daemon, sink)
    send(daemon, ['b@far.example'], text='X-Mark: again\r\n\r\nx\r\n')
    waiting(daemon, 1)
    daemon.stop()
    sink.rcpt_reply = None
    daemon.run('-q', '-O', 'MinQueueAge=1h')
    assert not sink.received['again']
    assert queue(daemon, 'retry', '--all').returncode == 0
    daemon.run('-q', '-O', 'MinQueueAge=1h')
    wait_for(lambda: sink.received['again'], 60, 'the second try')


def test_nothing_is_done_to_several_without_a_yes(make_daemon, sink):
    daemon = deferring(make_daemon, sink)
    for n in range(3):
        send(daemon, [f'b{n}@far.example'])
    waiting(daemon, 3)
    out = queue(daemon, 'delete', '--to', 'far')
    assert out.returncode == 64 and '3 messages match' in out.stderr and '--yes' in out.stderr
    assert queue(daemon, 'delete').returncode == 64
    assert len(entries(daemon)) == 3
    assert queue(daemon, 'delete', '--to', 'b1@').stdout == '1 message deleted.\n'
    out = queue(daemon, 'delete', '--all', '--yes')
    assert out.stdout == '2 messages deleted.\n', out
    assert entries(daemon) == [] and not list((daemon.state / 'queue').glob('[qd]f*'))
    assert queue(daemon, 'delete', '6AKJ9AmP007211').returncode == 66


@pytest.mark.contract(136)
def test_bounce_tells_the_sender(make_daemon, sink, user):
    daemon = deferring(make_daemon, sink)
    send(daemon, ['b@far.example'], sender=f'{user}@localhost', text='Subject: orig\r\n\r\nx\r\n')
    waiting(daemon, 1)
    out = queue(daemon, 'bounce', '--all', '--why', 'the host is gone for good')
    assert out.stdout == '1 message returned.\n', out
    box = wait_for(lambda: 'multipart/report' in daemon.mailbox(user) and daemon.mailbox(user), 60, 'the bounce')
    for text in ('Final-Recipient: RFC822; b@far.example', 'Action: failed', 'the host is gone for good', 'Subject: orig'):
        assert text in box
    wait_for(lambda: entries(daemon) == [], 60, 'an empty queue')


def test_export_writes_messages_as_they_are(make_daemon, sink, tmp_path):
    daemon = deferring(make_daemon, sink)
    tmp_path.chmod(0o777)
    tmp_path.parent.chmod(0o755)
    send(daemon, ['b@far.example'], text='Subject: one\r\n\r\nFrom here\r\nto there\r\n')
    send(daemon, ['c@far.example'], text='Subject: two\r\n\r\ny\r\n')
    waiting(daemon, 2)
    one = next(e['id'] for e in entries(daemon) if e['recipients'] == ['b@far.example'])
    out = queue(daemon, 'export', one, '--envelope')
    head, body = out.stdout.split('\n\n', 1)
    assert 'Return-Path: <a@client.test>' in head and 'Subject: one' in head and 'X-Envelope-To: <b@far.example>' in head
    assert body == 'From here\nto there\n'
    box = daemon.state / 'box'
    assert queue(daemon, 'export', '--all', '--mbox', str(box)).returncode == 0
    messages = list(mailbox.mbox(box))
    assert sorted(m['Subject'] for m in messages) == ['one', 'two']
    assert '>From here' in box.read_text()
    eml = daemon.state / 'eml'
    eml.mkdir()
    eml.chmod(0o777)
    assert queue(daemon, 'export', '--all', '--directory', str(eml)).returncode == 0
    assert sorted(p.name for p in eml.iterdir()) == sorted(e['id'] + '.eml' for e in entries(daemon))


@pytest.mark.contract(100, 102)
def test_messages_only_in_the_journal_are_seen_and_can_be_operated_on(make_daemon, sink):
    daemon = make_daemon(options=['-O', 'DeliveryMode=q'], edit=relay_to(sink.port), args=('-q1h',))
    for n in range(4):
        send(daemon, [f'b{n}@far.example'])
    # They leave the journal by themselves after a second or so; the commands must not depend on when.
    assert len(entries(daemon)) == 4
    assert queue(daemon, 'hold', '--to', 'b0@').stdout == '1 message held.\n'
    send(daemon, ['late@far.example'])
    assert queue(daemon, 'delete', '--to', 'late@').stdout == '1 message deleted.\n'
    assert sorted(e['state'] for e in entries(daemon)).count('held') == 1
    assert len(entries(daemon)) == 4


def test_a_message_in_somebodys_hands_is_left_alone(make_daemon, sink):
    import fcntl
    daemon = deferring(make_daemon, sink)
    send(daemon, ['b@far.example'])
    waiting(daemon, 1)
    name = daemon.queue_files()[0]
    with open(daemon.state / 'queue' / name, 'r+b') as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        assert entries(daemon)[0]['state'] == 'active'
        out = queue(daemon, 'delete', name[2:])
        assert out.returncode == 75 and 'left alone' in out.stdout
    assert queue(daemon, 'delete', name[2:]).returncode == 0
