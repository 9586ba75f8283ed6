"""What goes wrong outside: clients that talk nonsense or nothing, a full disk, damaged queue files, maps and configurations that
cannot be read, mailers that hang. Each gets its documented answer and a log line that names the cause; nothing accepted is lost.
"""
import os
import re
import shutil
import signal
import subprocess

import pytest

from conftest import IS_ROOT, wait_for
from peers import Raw, Sink, relay_to

LONG = 60      # seconds until something that must happen is taken for missing


@pytest.fixture
def sink():
    s = Sink()
    yield s
    s.stop()


def begin(daemon, rcpt):
    raw = Raw(daemon.port, timeout=LONG)
    raw.reply()
    for line in ('EHLO client.test', 'MAIL FROM:<a@client.test>', f'RCPT TO:<{rcpt}>'):
        assert raw.command(line).startswith('250')
    assert raw.command('DATA').startswith('354')
    return raw


@pytest.mark.contract(121, 122)
def test_a_line_of_ten_megabytes_and_nul_bytes_are_taken_as_text(daemon, user):
    raw = begin(daemon, user)
    raw.send(b'Subject: long\r\n\r\nbefore \0 after\r\n' + b'x' * 10_000_000 + b'\r\nend of it\r\n.\r\n')
    assert raw.reply().startswith('250 2.0.0')
    assert raw.command('QUIT').startswith('221')
    box = wait_for(lambda: 'end of it' in daemon.mailbox(user) and daemon.mailbox(user), LONG, 'the message')
    assert box.count('x') >= 10_000_000 and 'before' in box and 'after' in box


@pytest.mark.contract(121)
def test_a_megabyte_without_a_line_end_is_no_command(daemon):
    raw = Raw(daemon.port, timeout=LONG)
    raw.reply()
    raw.command('EHLO client.test')
    try:
        raw.send(b'RCPT TO:<' + b'a' * 1_000_000 + b'@client.test>\r\n')
        assert raw.reply().startswith('421 4.7.0')
    except OSError:
        pass                                 # it had hung up before all was sent
    wait_for(lambda: 'input too long' in daemon.log(), LONG, 'the log line')


@pytest.mark.contract(121)
def test_a_nul_byte_in_a_command_ends_nothing(daemon):
    raw = Raw(daemon.port, timeout=LONG)
    raw.reply()
    raw.send(b'NO\0OP\r\n')
    assert raw.reply()[:1] == '5'
    assert raw.command('EHLO client.test').startswith('250')


@pytest.mark.contract(121)
def test_too_many_recipients_are_asked_to_wait(make_daemon, user):
    daemon = make_daemon(options=['-O', 'MaxRecipientsPerMessage=100'])
    raw = Raw(daemon.port, timeout=LONG)
    raw.reply()
    for line in ('EHLO client.test', 'MAIL FROM:<a@client.test>'):
        assert raw.command(line).startswith('250')
    replies = [raw.command(f'RCPT TO:<{user}+{i}@localhost>')[:3] for i in range(120)]
    assert replies[:100] == ['250'] * 100 and replies[100:] == ['452'] * 20


@pytest.mark.contract(42, 149)
def test_a_client_that_says_nothing_is_told_and_dropped(make_daemon):
    daemon = make_daemon(options=['-O', 'Timeout.command=1s'])
    raw = Raw(daemon.port, timeout=LONG)
    assert raw.reply().startswith('220')
    assert raw.reply().startswith('421 4.4.1')
    assert raw.reply() == ''
    wait_for(lambda: 'timeout waiting for input' in daemon.log().lower(), LONG, 'the log line')


@pytest.mark.contract(112)
def test_too_little_space_is_452_before_anything_is_taken(make_daemon, user):
    daemon = make_daemon(options=['-O', 'MinFreeBlocks=4000000000'])
    raw = Raw(daemon.port, timeout=LONG)
    raw.reply()
    raw.command('EHLO client.test')
    assert raw.command('MAIL FROM:<a@client.test> SIZE=100').startswith('452 4.')


@pytest.fixture
def small_disk(make_daemon):
    """A daemon that keeps its queue on a file system of 1 MB."""
    if not IS_ROOT:
        pytest.skip('a file system is mounted by root only')
    mounted = []

    def make(**kw):
        daemon = make_daemon(start=False, **kw)
        queue = daemon.state / 'queue'
        done = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=1m,mode=700', 'tmpfs', queue], capture_output=True, check=False)
        if done.returncode:
            pytest.skip('nothing can be mounted here')
        mounted.append((daemon, queue))
        shutil.chown(queue, 'nobody', 'nogroup')
        return daemon.start()

    yield make
    for daemon, queue in mounted:
        daemon.stop()
        subprocess.run(['umount', queue], check=True)


@pytest.mark.contract(100, 112)
def test_a_full_disk_loses_nothing_that_was_acknowledged(small_disk, sink):
    sink.rcpt_reply = lambda line: '451 4.2.0 not yet'
    daemon = small_disk(edit=lambda t: relay_to(sink.port)(t).replace('MinQueueAge=1m', 'MinQueueAge=0'))
    accepted, refused = [], 0
    body = 'y' * 70 + '\r\n'
    for i in range(40):
        with daemon.smtp() as smtp:
            try:
                smtp.sendmail('a@client.test', ['b@far.example'], f'X-Mark: m{i}\r\nSubject: s\r\n\r\n' + body * 600)
                accepted.append(f'm{i}')
            except Exception as e:                                                  # pylint: disable=broad-except
                code = getattr(e, 'smtp_code', 0) or list(getattr(e, 'recipients', {'': (0, '')}).values())[0][0]
                assert code in (452, 451, 421), repr(e)
                refused += 1
    assert accepted and refused, (len(accepted), refused)
    sink.rcpt_reply = None
    wait_for(lambda: all(sink.received[m] for m in accepted), LONG, 'all that was acknowledged')
    with daemon.smtp() as smtp:
        smtp.sendmail('a@client.test', ['b@far.example'], 'X-Mark: again\r\n\r\nx\r\n')
    wait_for(lambda: sink.received['again'], LONG, 'there is room again')
    assert set(sink.received) == set(accepted) | {'again'}
    assert re.search(r'(?i)no space|space left|low on space|disk', daemon.log())


@pytest.mark.contract(99)
def test_half_a_queue_file_is_named_in_the_log_kept_and_harms_no_other(make_daemon, sink):
    sink.rcpt_reply = lambda line: '451 4.2.0 not yet'
    daemon = make_daemon(edit=lambda t: relay_to(sink.port)(t).replace('MinQueueAge=1m', 'MinQueueAge=0'), args=('-q1h',))
    for mark in ('whole', 'half'):
        with daemon.smtp() as smtp:
            smtp.sendmail('a@client.test', ['b@far.example'], f'X-Mark: {mark}\r\nSubject: s\r\n\r\nx\r\n')
    wait_for(lambda: len(daemon.queue_files()) == 2, LONG, 'two queue files')
    daemon.stop()
    half = next(p for p in (daemon.state / 'queue').rglob('qf*') if b'half' in p.read_bytes())
    text = half.read_bytes()
    half.write_bytes(text[:len(text) // 2])
    sink.rcpt_reply = None
    daemon.start()
    wait_for(lambda: sink.received['whole'], LONG, 'the whole one')
    wait_for(lambda: half.name[2:] in daemon.log(), LONG, 'the log names it')
    left = [p.name for p in (daemon.state / 'queue').rglob(f'?f{half.name[2:]}')]
    assert any(n.startswith('df') for n in left) and any(n[:2] in ('qf', 'Qf') for n in left), left
    assert not sink.received['half']


@pytest.mark.contract(23, 198)
@pytest.mark.parametrize('line, words', [
    ('O NoSuchOption=1', 'NoSuchOption'), ('Mbroken, P=/bin/true', 'A= argument required'), ('R$+\t$9', '$9'), ('Z what is this', 'unknown'),
    ('Knothing nosuchclass /x', 'nosuchclass'), ('Fx/none/such/file', '/none/such/file')])
def test_a_broken_configuration_is_refused_with_file_and_line(make_daemon, line, words):
    daemon = make_daemon(start=False)
    text = daemon.cf.read_text().replace('# ---- who may send', line + '\n# ---- who may send')
    number = text.split('\n').index(line) + 1
    daemon.cf.write_text(text)
    done = daemon.run('-bv', 'nobody', check=False)
    said = done.stdout + done.stderr
    assert f'sendmail.cf: line {number}: ' in said and words.lower() in said.lower(), said


@pytest.mark.contract(80)
def test_a_map_that_cannot_be_opened_is_named_and_the_rules_go_on(make_daemon, user):
    daemon = make_daemon(edit=lambda t: t.replace('# ---- ruleset 0:', 'Kgone hash /none/such/map\n# ---- ruleset 0:')
                         .replace('Scheck_rcpt\n', 'Scheck_rcpt\nR$*\t\t$: $(gone $1 $)\n'))
    with daemon.smtp() as smtp:
        smtp.sendmail('a@client.test', [f'{user}@localhost'], 'Subject: s\r\n\r\nx\r\n')
    wait_for(lambda: daemon.mailbox(user), LONG, 'the message')
    assert '/none/such/map' in daemon.log() + (daemon.state / 'stderr').read_text()


@pytest.mark.contract(71)
def test_a_mailer_that_hangs_holds_up_nobody_else(make_daemon, sink, user):
    daemon = make_daemon(edit=relay_to(sink.port))
    mailer = f'sleep {10_000_000 + os.getpid()}'
    (daemon.state / 'aliases').write_text(f'postmaster: root\nhang: "|{mailer}"\n')
    daemon.run('-bi')
    for i in range(5):
        with daemon.smtp() as smtp:
            smtp.sendmail('a@client.test', ['hang@localhost'], f'Subject: {i}\r\n\r\nx\r\n')
    with daemon.smtp() as smtp:
        smtp.sendmail('a@client.test', ['b@far.example', f'{user}@localhost'], 'X-Mark: other\r\nSubject: other\r\n\r\nx\r\n')
    wait_for(lambda: sink.received['other'] and 'Subject: other' in daemon.mailbox(user), LONG, 'the other message')
    sleeping = lambda: subprocess.run(['pgrep', '-f', f'^{mailer}$'], capture_output=True, text=True, check=False).stdout.split()
    wait_for(sleeping, LONG, 'the mailer runs')
    daemon.process.send_signal(signal.SIGTERM)
    daemon.process.wait(LONG)
    wait_for(lambda: not [p for p in sleeping() if os.path.exists(f'/proc/{p}')], LONG, 'no mailer is left behind')
    assert len(daemon.queue_files()) == 5, 'what was not delivered is kept'
