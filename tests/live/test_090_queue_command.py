"""postrider queue: what an administrator sees of the queue and does to it, with and without a daemon."""
import json
import mailbox
import os
import pty
import shutil
import subprocess
import time

import pytest

from conftest import AS_USER, BIN, IS_ROOT, USER_BIN, wait_for
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


def put(daemon, name, sender=b'<a@client.test>', rcpts=(b'<b@far.example>',), extra=b'', body=b'x\n', mode=0o600, sub=''):
    """A message in its files, an hour old."""
    base = daemon.state / 'queue'
    text = b'V8\nT%d\nK0\nN0\nP30000\n' % (time.time() - 3600) + extra + b'Fs\nS' + sender + b'\n'
    text += b''.join(b'RPFD:' + r + b'\n' for r in rcpts) + b'H??Subject: s\n.\n'
    made = [(base / sub / name, text)] + ([(base / sub.replace('qf', 'df') / ('df' + name[2:]), body)] if body is not None else [])
    for path, content in made:
        path.write_bytes(content)
        path.chmod(mode)
        if IS_ROOT:
            shutil.chown(path, 'nobody', 'nogroup')
    return name[2:]


def bytes_of(daemon, *args):
    return subprocess.run([*AS_USER, USER_BIN / 'postrider', 'queue', args[0], '-C', daemon.cf, *args[1:]], stdin=subprocess.DEVNULL,
                          capture_output=True, env=daemon.env(), timeout=120)


EVERY_BYTE = bytes(c for c in range(256) if c != 10)


@pytest.mark.contract(102)
def test_no_byte_of_a_message_reaches_the_terminal_or_breaks_the_data(make_daemon):
    daemon = make_daemon(start=False, edit=lambda text: text + 'O HostStatusDirectory=/none\n')     # a warning at each start
    put(daemon, 'qf6ALDF0010001', sender=b'<' + EVERY_BYTE + b'@c.test>', rcpts=(b'<\xc2\x9b2J@' + EVERY_BYTE + b'>',),
        extra=b'MDeferred: \x1b[2J\xed\xa0\x80\xf4\x90\x80\x80\xc0\x80' + EVERY_BYTE + b'\n')
    put(daemon, 'hf6ALDF0020002', extra=b'q' + EVERY_BYTE[1:] + b'\n')
    put(daemon, 'qf' + '6ALDF0040004' * 2 + '.copied', sender=b'<' + b'long' * 30 + b'@c.test>', rcpts=(b'<' + b'longer' * 30 + b'@c.test>',))
    put(daemon, 'qf6ALDF0030003', sender=b'<' + b'\xff' * 100000 + b'@c.test>', rcpts=[b'<\xff%d@c.test>' % n for n in range(3000)])
    for args in ((), ('--oldest',), ('--summary',), *(('--by', key) for key in ('domain', 'sender', 'reason', 'mx', 'age'))):
        for line in bytes_of(daemon, 'list', *args).stdout.decode('utf-8').splitlines():
            assert line.isprintable() and len(line) <= 80, line
        out = bytes_of(daemon, 'list', '--json', *args).stdout
        for data in [out] if args == ('--summary',) else out.splitlines():
            json.loads(data.decode('utf-8'))
            assert b'\\u0000' not in data          # which readers in C refuse
    assert b'Warning' in bytes_of(daemon, 'list', '--json').stderr
    by_id = {e['id']: e for e in map(json.loads, bytes_of(daemon, 'list', '--json').stdout.splitlines())}
    assert len(by_id['6ALDF0030003']['recipients']) == 3000
    assert by_id['6ALDF0020002']['quarantine'] == EVERY_BYTE[1:].decode('latin-1')


@pytest.mark.contract(102)
def test_files_that_are_none_are_told_of_and_what_is_broken_can_be_removed(make_daemon):
    daemon = make_daemon(start=False)
    good = put(daemon, 'qf6ALDF0010001')
    lost = put(daemon, 'Qf6ALDF0020002', mode=0o666)
    bogus = put(daemon, 'qf6ALDF0030003', mode=0o666)
    bodiless = put(daemon, 'qf6ALDF0040004', body=None)
    empty = '6ALDF0060006'
    base = daemon.state / 'queue'
    (base / ('qf' + empty)).write_bytes(b'')
    (base / ('qf' + empty)).chmod(0o666)
    (base / 'qf6ALDF0070007').symlink_to('/etc/passwd')
    os.mkfifo(base / 'qf6ALDF0080008')
    (base / 'qf6ALDF0090009').mkdir()
    for args in ((), ('--summary',), ('--by', 'domain'), ('--json',)):
        out = queue(daemon, 'list', *args)
        assert out.returncode == 74 and f'cannot read {base}/qf6ALDF00' in out.stderr and 'nor 1 more' in out.stderr, out
    assert queue(daemon, 'release', lost).returncode == 66      # it is not held
    out = queue(daemon, 'release', lost, '--state', 'lost')
    assert out.returncode == 71 and 'owner, mode' in out.stderr and (base / ('Qf' + lost)).exists(), out
    out = queue(daemon, 'hold', bogus)
    assert out.returncode == 71 and (base / ('Qf' + bogus)).exists(), out
    for message in (lost, bogus, empty):
        assert queue(daemon, 'delete', message).stdout == '1 message deleted.\n'
        assert not list(base.glob('*' + message))
    out = queue(daemon, 'export', bodiless)
    assert out.returncode == 74 and 'Subject: s' in out.stdout and 'body is lost' in out.stderr
    out = queue(daemon, 'delete', good, '6ALDF1110111', '-v')
    assert out.returncode == 66 and f'{good}: deleted, from=<a@client.test>, to=<b@far.example>' in out.stdout
    assert '1 id not found' in out.stdout and f'{good}: deleted by' in daemon.log()


@pytest.mark.contract(102)
def test_what_would_mean_every_message_by_accident_is_refused(make_daemon):
    daemon = make_daemon(start=False)
    put(daemon, 'qf6ALDF0010001')
    for wrong in (['--from', ''], ['--to', ''], ['--reason', ''], ['--group', 'nowhere'], ['--older-than', 'soon'], ['--state', 'odd'], []):
        assert queue(daemon, 'delete', '--yes', *wrong).returncode == 64, wrong
    assert queue(daemon, 'delete', '', '--yes').returncode == 66
    assert len(entries(daemon)) == 1
    assert queue(daemon, 'list', '-O', 'QueueDirectory=/nonexistent').returncode == 72


def on_terminal(daemon, answer, *args):
    """The command at a terminal of its own, its output in a pipe."""
    ours, its = pty.openpty()
    p = subprocess.Popen([*AS_USER, USER_BIN / 'postrider', 'queue', args[0], '-C', daemon.cf, *args[1:]], stdin=its, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, env=daemon.env(), text=True)
    os.close(its)
    os.write(ours, answer)
    out, err = p.communicate(timeout=120)
    os.close(ours)
    return p.returncode, out, err


@pytest.mark.contract(102)
def test_at_a_terminal_it_asks_before_more_than_one_is_touched(make_daemon):
    daemon = make_daemon(start=False)
    for n in range(5):
        put(daemon, f'qf6ALDF00{n}000{n}', sender=b'<\x1b[2J@client.test>')
    for answer in (b'n\n', b'\n', b'yessir\n', b'\x04'):
        status, out, err = on_terminal(daemon, answer, 'delete', '--to', 'far')
        assert status == 0 and 'Delete 5 messages? [y/N]' in err and out == 'Nothing is done.\n' and '\x1b' not in err
        assert err.count('from ') == 3 and '...' in err
    assert len(entries(daemon)) == 5
    assert on_terminal(daemon, b'y\n', 'hold', '--all')[1] == '5 messages held.\n'
    assert on_terminal(daemon, b'', 'delete', '6ALDF0000000')[1] == '1 message deleted.\n'
    assert on_terminal(daemon, b'yes\n', 'delete', '--all')[1] == '4 messages deleted.\n'


@pytest.mark.contract(102)
def test_an_exported_mailbox_is_read_by_others_whatever_is_in_it(make_daemon):
    daemon = make_daemon(start=False)
    put(daemon, 'qf6ALDF0010001', sender=b'<"a b"@client.test>', body=b'From me\n>From you\nFromage\n\0\xff.\n.\nno end')
    put(daemon, 'qf6ALDF0020002', sender=b'<>', extra=b'', body=b'')
    out = bytes_of(daemon, 'export', '--all', '--envelope')
    assert out.returncode == 0
    box = daemon.state / 'box'
    box.write_bytes(out.stdout)
    first, second = sorted(mailbox.mbox(box), key=lambda m: m['X-Envelope-From'], reverse=True)
    assert first.get_from().startswith('MAILER-DAEMON ') and first['X-Envelope-From'] == '<>' and first.get_payload() == ''
    assert second.get_from().startswith('"a_b"@client.test ')
    assert b'\n>From me\n>>From you\nFromage\n\0\xff.\n.\nno end\n' in out.stdout
    assert b'\nFrom me\n>From you\n' in bytes_of(daemon, 'export', '6ALDF0010001').stdout


@pytest.mark.contract(98, 102)
def test_subdirectories_may_be_links_and_are_never_passed_over(make_daemon, tmp_path):
    daemon = make_daemon(start=False)
    base = daemon.state / 'queue'
    for name in ('qf', 'df'):
        (daemon.state / ('other' + name)).mkdir()
        (base / name).symlink_to(daemon.state / ('other' + name))
        if IS_ROOT:
            shutil.chown(daemon.state / ('other' + name), 'nobody', 'nogroup')
    message = put(daemon, 'qf6ALDF0010001', sub='qf')
    assert entries(daemon)[0]['size'] == 2
    daemon.run('-odq', 'c@far.example', input='Subject: t\n\ny\n')
    assert [len(list((daemon.state / name).iterdir())) for name in ('otherqf', 'otherdf')] == [2, 2]
    assert queue(daemon, 'hold', message).returncode == 0 and (daemon.state / 'otherqf' / ('hf' + message)).exists()
    (daemon.state / 'otherqf').chmod(0)
    out = queue(daemon, 'list')
    assert out.returncode == 72 and 'Permission denied' in out.stderr
    (daemon.state / 'otherqf').chmod(0o400)
    out = queue(daemon, 'list')
    assert out.returncode == 74 and f'cannot read {base}: Permission denied' in out.stderr


@pytest.mark.skipif(not IS_ROOT, reason='needs root')
@pytest.mark.contract(102, 113)
def test_what_root_does_leaves_files_that_the_daemons_user_can_read(make_daemon):
    daemon = make_daemon(start=False, edit=lambda text: text + 'O RunAsUser=nobody:nogroup\n')
    as_root = lambda program, *args: subprocess.run([BIN / program, *args], env=daemon.env(), input='Subject: t\n\nx\n', text=True,
                                                    check=True, capture_output=True, timeout=120)
    as_root('sendmail', '-C', daemon.cf, '-odq', 'b@far.example')
    message = daemon.queue_files()[0][2:]
    for verb in ('hold', 'release', 'retry', 'bounce'):
        as_root('postrider', 'queue', verb, '-C', daemon.cf, message)
        owners = {(p.name[:2], p.owner()) for p in (daemon.state / 'queue').glob('[qhd]f*')}
        assert owners == {('hf' if verb == 'hold' else 'qf', 'nobody'), ('df', 'nobody')}, verb


@pytest.mark.skipif(not IS_ROOT, reason='needs root')
@pytest.mark.contract(120)
def test_a_set_group_id_program_does_not_lend_its_rights_to_the_command(make_daemon):
    daemon = make_daemon(start=False)
    put(daemon, 'qf6ALDF0010001', mode=0o660)
    base = daemon.state / 'queue'
    base.chmod(0o770)
    for path in (base, *base.iterdir()):
        shutil.chown(path, 'daemon', 'mail')
    program = daemon.state / 'postrider'
    shutil.copy(BIN / 'postrider', program)
    shutil.chown(program, 'root', 'mail')
    program.chmod(0o2755)
    for args in (['queue', 'list'], ['queue', 'export', '--all'], ['queue', 'delete', '--all']):
        p = subprocess.run([*AS_USER, program, *args, '-C', daemon.cf, '-O', 'QueueFileMode=0660'], capture_output=True, text=True)
        assert p.returncode == 72 and 'Permission denied' in p.stderr and p.stdout == '', p
    assert len(list(base.iterdir())) == 2


@pytest.mark.contract(102, 105)
def test_groups_and_bodies_in_other_directories(make_daemon):
    daemon = make_daemon(start=False, edit=lambda text: text.replace('/queue\n', '/queue/q*\n', 1) + 'Qslow, P=slow\n')
    base = daemon.state / 'queue'
    for name in ('q1', 'q2', 'slow', 'slow/qf', 'slow/df'):
        (base / name).mkdir()
        if IS_ROOT:
            shutil.chown(base / name, 'nobody', 'nogroup')
    slow = put(daemon, 'qf6ALDF0010001', sub='slow/qf')
    apart = put(daemon, 'qf6ALDF0020002', sub='q1', extra=b'd%s\n' % bytes(base / 'slow' / 'df'), body=None)
    (base / 'slow' / 'df' / f'df{apart}').write_text('elsewhere\n')
    (base / 'slow' / 'df' / f'df{apart}').chmod(0o644)
    assert {e['id']: e['size'] for e in entries(daemon)} == {slow: 2, apart: 10}
    assert [e['id'] for e in entries(daemon, '--group', 'SLOW')] == [slow]
    assert queue(daemon, 'export', apart).stdout == 'Subject: s\n\nelsewhere\n'
    out = queue(daemon, 'export', '--all', '--directory', '/nonexistent')
    assert out.returncode == 73 and out.stderr.count('\n') == 1
    (daemon.state / 'out').mkdir()
    (daemon.state / 'out').chmod(0o777)
    (daemon.state / 'out' / f'{slow}.eml').write_text('mine')
    out = queue(daemon, 'export', '--all', '--directory', daemon.state / 'out')
    assert out.returncode == 73 and 'File exists' in out.stderr and (daemon.state / 'out' / f'{slow}.eml').read_text() == 'mine'
    assert queue(daemon, 'hold', '--group', 'slow').returncode == 0 and (base / 'slow' / 'qf' / f'hf{slow}').exists()
    assert queue(daemon, 'delete', '--all', '--yes').stdout == '2 messages deleted.\n'
    assert not [p for p in base.rglob('*f6ALDF*')]
