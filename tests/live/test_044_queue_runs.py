"""Queue runs: who is taken up, in which order, how many at once, and what is left alone."""
import os
import re
import signal
import subprocess
import threading
import time

import pytest

from conftest import AS_USER, IS_ROOT, USER_BIN, wait_for
from peers import Raw, Sink, relay_to


class Busy(Sink):
    """A sink that notes the order of what comes, and how many recipients it was asked about at the same time."""

    def __init__(self):
        super().__init__()
        self.now = self.most = 0
        self.order = []
        self.hold = 0
        self.rcpt_reply = self.look

    def look(self, line):
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
            self.order.append(re.search('<(.*?)@', line).group(1))
        if self.hold:
            time.sleep(self.hold)
        with self.lock:
            self.now -= 1


@pytest.fixture
def sink():
    s = Busy()
    yield s
    s.stop()


def options(port, *more):
    def edit(text):
        text = relay_to(port)(text).replace('MinQueueAge=1m', 'MinQueueAge=0')
        return text + ''.join(f'O {o}\n' for o in ('DeliveryMode=q', *more))
    return edit


def put(daemon, name, host='far.example', **lines):
    """A message NAME@HOST in the queue; lines of its control file can be replaced: T=..., P=..."""
    before = set(daemon.queue_files())
    daemon.run('-odq', '-i', '-f', 'a@client.test', f'{name}@{host}', input=f'X-Mark: {name}\n\nx\n')
    qf = daemon.state / 'queue' / (set(daemon.queue_files()) - before).pop()
    text = qf.read_bytes()
    for letter, value in lines.items():
        text = re.sub(rb'(?m)^%s.*$' % letter.encode(), f'{letter}{value}'.encode(), text, count=1)
    qf.write_bytes(text)
    return qf


def rename(qf, new_id):
    for letter in 'qd':
        path = qf.with_name(f'{letter}{qf.name[1:]}')
        path.rename(path.with_name(f'{letter}f{new_id}'))
    return qf.with_name(f'qf{new_id}')


ORDERS = {
    'priority': 'dbca', 'time': 'badc', 'host': 'cdab', 'filename': 'cbda', 'modification': 'abcd', 'none': None, 'random': None,
    'shuffle': None,
}


@pytest.mark.parametrize('order', ORDERS)
@pytest.mark.contract(50, 107)
def test_each_order_of_a_run(make_daemon, sink, order):
    daemon = make_daemon(edit=options(sink.port, f'QueueSortOrder={order}'), start=False)
    now = int(time.time())
    base = '6AK0000%d000001'
    for name, host, created, priority, place, changed in (('a', 'x.m.example', 30, 400, 4, 40), ('b', 'y.m.example', 40, 200, 2, 30),
                                                          ('c', 'z.b.example', 10, 300, 1, 20), ('d', 'z.c.example', 20, 100, 3, 10)):
        qf = rename(put(daemon, name, host, T=now - created, P=priority), base % place)
        os.utime(qf, (now - changed, now - changed))
    daemon.run('-q')
    assert sorted(sink.order) == list('abcd')
    if ORDERS[order]:
        assert ''.join(sink.order) == ORDERS[order]
    assert not daemon.queue_files()


@pytest.mark.contract(107)
def test_a_message_that_was_just_tried_is_too_young_for_a_run_but_not_for_a_chosen_one(make_daemon, sink):
    daemon = make_daemon(edit=options(sink.port, 'MinQueueAge=10m'), start=False)
    now = int(time.time())
    put(daemon, 'young', K=now - 60, N=1)
    put(daemon, 'old', K=now - 700, N=1)
    said = daemon.run('-q', '-v').stdout
    assert 'sequence 1 of 1' in said and 'too young' not in said
    assert sink.order == ['old']
    said = daemon.run('-q', '-v', '-OQueueSortOrder=filename').stdout       # nothing is known when the list is made
    assert re.search(r'^Running \S+ \(sequence 1 of 1\)\n\w+: too young \(00:0\d:\d\d\)$', said, re.M)
    assert not re.search(r'^\w{14,}-', daemon.run('-bp', '-OQueueSortOrder=filename').stdout, re.M)
    listing = daemon.run('-bp').stdout
    assert re.search(r'^\w{14,}-', listing, re.M)
    daemon.run('-qRyoung')
    assert sink.order == ['old', 'young'] and not daemon.queue_files()


@pytest.mark.contract(107)
def test_the_wait_grows_with_the_age_up_to_the_greatest(make_daemon, sink):
    daemon = make_daemon(edit=options(sink.port, 'MinQueueAge=1m', 'MaxQueueAge=1h'), start=False)
    now = int(time.time())
    put(daemon, 'waits', T=now - 3000, K=now - 1000, N=3)     # 2,000 s old at its last attempt: waits as long
    put(daemon, 'due', T=now - 3000, K=now - 2000, N=3)       # 1,000 s old then
    put(daemon, 'oldest', T=now - 200000, K=now - 3700, N=9)  # no longer than MaxQueueAge
    daemon.run('-q')
    assert sorted(sink.order) == ['due', 'oldest']


@pytest.mark.contract(103)
def test_a_run_takes_up_no_more_than_maxqueuerunsize(make_daemon, sink):
    daemon = make_daemon(edit=options(sink.port, 'MaxQueueRunSize=2'), start=False)
    for name in 'abc':
        put(daemon, name)
    assert ', only 2 printed)' in daemon.run('-bp').stdout
    daemon.run('-q')
    assert len(sink.order) == 2 and len(daemon.queue_files()) == 1
    assert re.search(r'WorkList for \S+ maxed out at 2', daemon.log())


@pytest.mark.parametrize('option', ['MaxQueueChildren=1', 'MaxRunnersPerQueue=2'])
@pytest.mark.contract(105)
def test_no_more_messages_at_once_than_the_limit_of_runners(make_daemon, sink, option):
    group = f'Qmqueue, P={{}}, F=f, R={option[-1]}\n' if 'PerQueue' in option else ''
    sink.hold = 0.1

    def edit(text):
        base = re.search(r'^O QueueDirectory=(.*)$', text, re.M).group(1)
        return options(sink.port, option)(text) + group.format(base)
    daemon = make_daemon(edit=edit, start=False)
    for i in range(8):
        put(daemon, f'n{i}', f'h{i}.example')
    daemon.start('-q1s')
    wait_for(lambda: not daemon.queue_files(), 60, 'the queue is empty')
    assert sorted(sink.order) == [f'n{i}' for i in range(8)]
    assert sink.most <= int(option[-1])


@pytest.mark.contract(104)
def test_selected_runs_and_their_opposites(make_daemon, sink):
    daemon = make_daemon(edit=options(sink.port), start=False)
    qf = {name: put(daemon, name, host) for name, host in (('a', 'one.example'), ('b', 'two.example'), ('c', 'two.example'))}
    daemon.run('-q!Rtwo.example')
    assert sink.order == ['a']
    daemon.run(f'-q!I{qf["b"].name[2:]}')
    assert sink.order == ['a', 'c']
    daemon.run('-q!Sclient.test')
    daemon.run('-qSnobody')
    assert sink.order == ['a', 'c']
    daemon.run('-qSCLIENT.test', '-qRnosuch')             # different letters: both must hold
    assert sink.order == ['a', 'c']
    daemon.run('-qRnosuch', '-qRb@')                      # the same letter: one is enough
    assert sink.order == ['a', 'c', 'b']


@pytest.mark.contract(104, 113)
def test_reasons_select_among_what_is_set_aside(make_daemon, sink):
    daemon = make_daemon(edit=options(sink.port), start=False)
    for name in 'ab':
        put(daemon, name)
        daemon.run(f'-Qbecause-{name}', f'-qR{name}@')
    daemon.run('-q')
    assert sink.order == []
    daemon.run('-qQ', '-qQbecause-b')
    assert sink.order == ['b']
    daemon.run('-qQ', '-q!Qbecause-b')
    assert sink.order == ['b', 'a']


@pytest.mark.contract(97, 99)
def test_a_bogus_file_is_lost_listed_and_run_by_hand(make_daemon, sink):
    daemon = make_daemon(edit=options(sink.port), start=False)
    qf = put(daemon, 'odd')
    good = qf.read_bytes()
    qf.write_bytes(good.replace(b'\nS', b'\n~what is this\nS', 1))
    daemon.run('-q')
    lost = qf.with_name('Q' + qf.name[1:])
    assert lost.exists() and not qf.exists() and sink.order == []
    assert re.search(r'Losing \S*' + qf.name, daemon.log())
    assert re.search(r'\?', daemon.run('-bp', '-qL').stdout)
    assert '(1 request)' in daemon.run('-bp', '-qL').stdout and 'is empty' in daemon.run('-bp').stdout
    lost.write_bytes(good)
    daemon.run('-qL')
    assert sink.order == ['odd'] and not lost.exists()


@pytest.mark.contract(103)
def test_what_goes_together_and_what_changes(make_daemon, sink):
    daemon = make_daemon(edit=options(sink.port), start=False)
    put(daemon, 'a')
    for args, words in (('-Qx', '-qL'), 'Can not use -Q with -qL'), (('-bs', '-q'), 'Can not use -q with -bs'), (('-q-5',), 'Invalid -q value'):
        done = daemon.run(*args, check=False, input='')
        assert done.returncode == 64 and words in done.stdout + done.stderr
    assert 'No changes' in daemon.run('-Q', '-v').stdout
    assert 'Quarantined with "one"' in daemon.run('-Qone', '-v').stdout
    assert 'Quarantine changed from "one" to "two"' in daemon.run('-Qtwo', '-qQ', '-v').stdout
    assert 'Removed quarantine of' in daemon.run('-Q', '-qQ', '-v').stdout
    for mode in ('-bh', '-bH'):                           # no HostStatusDirectory: nothing to say
        assert daemon.run(mode).stdout == ''
    daemon.run('-q0')                                     # no time between two runs is one run
    assert sink.order == ['a'] and not daemon.queue_files()
    put(daemon, 'b')
    daemon.run('-q', '-OTimeout.queuereturn=now')         # against what the file says, and nobody is called
    assert 'b' not in sink.order and 'Cannot send message for too long' in daemon.log()
    assert not any(b'<b@far.example>' in (daemon.state / 'queue' / name).read_bytes() and b'\nS<a@' in (daemon.state / 'queue' / name).read_bytes()
                   for name in daemon.queue_files())


@pytest.mark.contract(97, 99)
def test_files_that_do_not_fit_together_are_told_of_and_nothing_of_them_is_lost(make_daemon, sink):
    sink.keep_messages = True
    daemon = make_daemon(edit=options(sink.port), start=False)
    lines = {'newer': b'V9', 'elsewhere': b'd/no/such/queue', 'binary': b'BBINARY', 'held': b'qnot this one'}
    files = {name: put(daemon, name) for name in (*lines, 'bodiless', 'bulk')}
    for name, line in lines.items():
        text = files[name].read_bytes()
        files[name].write_bytes(line + text[2:] if name == 'newer' else text.replace(b'\nS', b'\n' + line + b'\nS', 1))
    qf = files['bodiless']
    qf.with_name('d' + qf.name[1:]).unlink()
    run = daemon.run('-q', '-v', check=False)
    assert run.returncode in (0, 70, 71) and run.stdout.count('Running ') == 6        # the status is that of the last message
    assert 'Version number in queue file (9) greater than max (8)' in run.stdout and 'queue file: BBINARY' in run.stdout
    for name, letter in (('newer', 'Q'), ('elsewhere', 'Q'), ('binary', 'Q'), ('held', 'h')):
        qf = files[name]
        assert qf.with_name(letter + qf.name[1:]).exists() and qf.with_name('d' + qf.name[1:]).exists(), name
    assert sorted(sink.order) == ['bodiless', 'bulk']
    assert any(b'<<< No Message Collected >>>' in text for _, _, text in sink.messages)
    assert 'cannot open' in daemon.log()


@pytest.mark.contract(97)
def test_a_body_in_another_directory_is_found_again_after_a_failure(make_daemon, sink):
    def edit(text):
        base = re.search(r'^O QueueDirectory=(.*)$', text, re.M).group(1)
        return options(sink.port)(text) + f'Qother, P={base}/other, F=f\n'
    daemon = make_daemon(edit=edit, start=False)
    other = daemon.state / 'queue' / 'other'
    subprocess.run([*AS_USER, 'mkdir', '-m', '700', other], check=True)
    qf = put(daemon, 'far')
    df = qf.with_name('d' + qf.name[1:])
    df.rename(other / df.name)
    qf.write_bytes(qf.read_bytes().replace(b'\nS', b'\nd%s\nS' % bytes(other), 1))
    sink.keep_messages, look = True, sink.rcpt_reply
    sink.rcpt_reply = lambda line: '451 4.2.1 later'
    daemon.run('-q')
    assert b'\ndother\n' in qf.read_bytes() and (other / df.name).exists() and not df.exists()        # beside the base, as the reference has it
    sink.rcpt_reply = look
    daemon.run('-q')
    assert [text.endswith(b'\nx\r\n') for _, _, text in sink.messages] == [True] and not (other / df.name).exists()


@pytest.mark.contract(97)
def test_a_body_without_its_control_file_stays(make_daemon, sink):
    daemon = make_daemon(edit=options(sink.port), start=False)
    qf = put(daemon, 'gone')
    df = qf.with_name('d' + qf.name[1:])
    qf.unlink()
    daemon.run('-q')
    assert df.exists() and sink.order == [] and 'is empty' in daemon.run('-bp').stdout


@pytest.mark.contract(97)
def test_an_empty_control_file_goes_when_it_is_old(make_daemon, sink):
    daemon = make_daemon(edit=options(sink.port), start=False)
    files = []
    for age in (60, 700):
        qf = put(daemon, f'n{age}')
        qf.write_bytes(b'')
        os.utime(qf, (time.time() - age,) * 2)
        files.append(qf)
    daemon.run('-q')
    assert files[0].exists() and not files[1].exists() and not files[1].with_name('d' + files[1].name[1:]).exists()


@pytest.mark.contract(101, 103)
def test_a_run_beside_a_daemon_delivers_each_message_once(make_daemon, sink):
    sink.hold = 0.02
    daemon = make_daemon(edit=options(sink.port), start=False)
    for i in range(20):
        put(daemon, f'n{i}')
    daemon.start('-q1s')
    for _ in range(3):
        daemon.run('-q')
    wait_for(lambda: not daemon.queue_files(), 60, 'the queue is empty')
    assert sorted(sink.order) == sorted(f'n{i}' for i in range(20))
    assert all(n == 1 for n in sink.received.values())


@pytest.mark.contract(103)
def test_an_old_queue_moved_aside_is_run_in_its_place(make_daemon, sink):
    daemon = make_daemon(edit=options(sink.port), start=False)
    put(daemon, 'old')
    old = daemon.state / 'oqueue'
    subprocess.run([*AS_USER, 'mv', daemon.state / 'queue', old], check=True)
    subprocess.run([*AS_USER, 'mkdir', '-m', '700', daemon.state / 'queue'], check=True)
    put(daemon, 'new')
    daemon.run(f'-oQ{old}', '-q')
    assert sink.order == ['old'] and len(daemon.queue_files()) == 1
    assert f'{old} is empty' in daemon.run(f'-oQ{old}', '-bp').stdout
    other = daemon.state / 'other.cf'
    other.write_text(daemon.cf.read_text().replace(f'QueueDirectory={daemon.state}/queue', f'QueueDirectory={old}'))
    qf = daemon.state / 'queue' / daemon.queue_files()[0]
    for letter in 'qd':
        path = qf.with_name(letter + qf.name[1:])
        path.rename(old / path.name)
    subprocess.run([*AS_USER, USER_BIN / 'sendmail', '-C', other, '-q'], check=True, env=daemon.env(), timeout=60)
    assert sink.order == ['old', 'new']


def background(daemon, *args):
    """A daemon that goes into the background: its process id."""
    daemon.run(*args)
    pid_file = daemon.state / 'sendmail.pid'
    wait_for(pid_file.exists, 60, 'the pid file')
    return int(pid_file.read_text().split()[0])


def is_over(pid):
    """Has the process ended? One that nobody has waited for yet is a zombie; its entry may go at any time."""
    try:
        with open(f'/proc/{pid}/stat') as f:
            return f.read().rpartition(')')[2].split()[0] == 'Z'
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.parametrize('how', ['-q1s', '-qp1s', '-qp'])
@pytest.mark.contract(103)
def test_a_background_runner_takes_what_comes_later(make_daemon, sink, how):
    daemon = make_daemon(edit=options(sink.port), start=False)
    pid = background(daemon, how)
    try:
        for name in ('first', 'second'):
            put(daemon, name)
            wait_for(lambda: name in sink.order, 60, name)
    finally:
        os.kill(pid, signal.SIGTERM)
        wait_for(lambda: is_over(pid), 60, 'its end')


@pytest.mark.parametrize('which', ['-qRmeant', '-q!Rother', '-qQ'])
@pytest.mark.contract(103, 104)
def test_a_background_runner_takes_only_what_it_was_told(make_daemon, sink, which):
    daemon = make_daemon(edit=options(sink.port), start=False)
    for name in ('other', 'meant'):
        put(daemon, name)
    if which == '-qQ':
        daemon.run('-Qaside', '-qRmeant')
    pid = background(daemon, which, '-q1s')
    try:
        wait_for(lambda: 'meant' in sink.order, 60, 'the one that is meant')
        daemon.run('-odq', '-i', 'meant-too@far.example', input='X-Mark: meant-too\n\nx\n')
        if which == '-qQ':
            daemon.run('-Qaside', '-qRmeant-too')
        wait_for(lambda: 'meant-too' in sink.order, 60, 'one that comes later')     # a run after the first
        assert 'other' not in sink.order
    finally:
        os.kill(pid, signal.SIGTERM)
        wait_for(lambda: is_over(pid), 60, 'its end')


@pytest.mark.contract(103)
def test_a_run_in_the_foreground_is_over_when_the_command_is(make_daemon, sink):
    daemon = make_daemon(edit=options(sink.port), start=False)
    for i in range(60):                                   # so many that several threads share them
        put(daemon, f'n{i}')
    daemon.run('-qf')
    assert len(sink.order) == 60 and not daemon.queue_files()
    assert all(n == 1 for n in sink.received.values())


@pytest.mark.contract(49)
def test_queue_only_and_deferred_modes_keep_mail_for_a_run(make_daemon, sink):
    daemon = make_daemon(edit=options(sink.port))
    with daemon.smtp() as smtp:
        smtp.sendmail('a@client.test', ['smtp@far.example'], 'X-Mark: smtp\r\n\r\nx\r\n')
    daemon.stop()
    for mode in 'qd':
        daemon.run(f'-od{mode}', '-i', '-f', 'a@client.test', f'{mode}@far.example', input=f'X-Mark: {mode}\n\nx\n')
    assert sink.order == [] and len(daemon.queue_files()) == 3
    daemon.run('-q')
    assert sorted(sink.order) == ['d', 'q', 'smtp'] and not daemon.queue_files()


@pytest.mark.contract(117)
def test_etrn_runs_what_is_for_a_host_a_domain_or_a_group(make_daemon, sink):
    def edit(text):
        base = re.search(r'^O QueueDirectory=(.*)$', text, re.M).group(1)
        return options(sink.port)(text) + f'Qslow, P={base}, F=f\n'
    daemon = make_daemon(edit=edit, args=('-q1h',))
    wait_for(lambda: 'connection-wait' not in daemon.log(), 1)
    names = {'a': 'one.example', 'b': 'sub.two.example', 'c': 'two.example', 'd': 'three.example'}
    for name, host in names.items():
        put(daemon, name, host)
    c = Raw(daemon.port)
    try:
        c.reply()
        c.command('EHLO client.test')
        assert c.command('ETRN') == '500 5.5.2 Parameter required'
        assert c.command('ETRN #nosuch') == '459 4.5.4 Queue nosuch unknown'
        assert c.command('ETRN one.example') == '250 2.0.0 Queuing for node one.example started'
        wait_for(lambda: sink.order == ['a'], 60, 'the host')
        assert c.command('ETRN @two.example') == '250 2.0.0 Queuing for node @two.example started'
        wait_for(lambda: sorted(sink.order) == ['a', 'b', 'c'], 60, 'the domain')
        assert c.command('ETRN #mqueue') == '250 2.0.0 Queuing for queue group mqueue started'
        wait_for(lambda: sorted(sink.order) == ['a', 'b', 'c', 'd'], 60, 'the group')
    finally:
        c.close()


@pytest.mark.parametrize('flag', ['e', '%'])
@pytest.mark.contract(104)
def test_mailers_that_wait_are_left_to_the_runs_that_are_for_them(make_daemon, sink, flag, user):
    def edit(text):
        text, n = re.subn(r'(?m)^(Msmtp,.*F=)', r'\1' + flag, options(sink.port, 'HoldExpensive=True')(text))
        assert n == 1
        return text.replace('DeliveryMode=q', 'DeliveryMode=i')
    daemon = make_daemon(edit=edit, start=False)

    def submit(*names, verbose=()):
        return daemon.run(*verbose, '-f', 'a@client.test', *names, input='\nx\n').stdout

    def tries():
        return sorted(re.search(r'(?m)^N(\d+)$', (daemon.state / 'queue' / name).read_text(errors='replace')).group(1) for name in daemon.queue_files())
    submit('alone@far.example')
    submit('beside@far.example', user)
    assert sink.order == [] and daemon.mailbox(user).count('From a@client.test') == 1 and tries() == ['0', '1']
    assert re.search(r'to=alone@far.example, .*stat=queued', daemon.log()) and 'to=beside' not in daemon.log()
    said = submit('watched@far.example', verbose=('-v',))       # whoever watches does not wait, unless for flag %
    assert ('watched@far.example... queued\n' == said) == (flag == '%')
    daemon.run('-q')
    assert (sink.order == []) == (flag == '%') and (not daemon.queue_files()) == (flag == 'e')
    if flag == '%':
        assert tries() == ['0', '0', '1']
        daemon.run('-qRalone')
        assert sink.order == ['alone'] and tries() == ['0', '1']


class ByPeer(Sink):
    """Keeps deliver-by times itself, unless told not to."""

    def __init__(self, keeps):
        super().__init__(extensions=('PIPELINING', 'DSN') + (('DELIVERBY',) if keeps else ()))
        self.keep_messages = True


def submit(daemon, mail, rcpts, mark='x'):
    c = Raw(daemon.port)
    try:
        c.reply()
        c.command('EHLO client.test')
        replies = [c.command(f'MAIL FROM:{mail}')] + [c.command(f'RCPT TO:<{r}>') for r in rcpts]
        if replies[0].startswith('250'):
            c.command('DATA')
            c.send(f'X-Mark: {mark}\r\n\r\nx\r\n.\r\n'.encode())
            c.reply()
        return replies[0]
    finally:
        c.close()


@pytest.mark.contract(120, 131)
def test_the_deliver_by_parameter_is_checked(make_daemon):
    daemon = make_daemon(edit=lambda t: t + 'O DeliverByMin=60\n', args=('-q1h',))
    c = Raw(daemon.port)
    try:
        c.reply()
        assert 'DELIVERBY 60' in c.command('EHLO client.test')
        for by in ('=', '=12', '=12;X', '=abc;R', '=9999999999;R', '=0;R', '=-5;R', '=59;R', ''):
            reply = c.command(f'MAIL FROM:<a@client.test> BY{by}')
            assert reply[0] == '5', (by, reply)
        assert c.command('MAIL FROM:<a@client.test> BY=-5;N').startswith('250')
    finally:
        c.close()


@pytest.mark.parametrize('keeps', [True, False])
@pytest.mark.contract(120)
def test_a_deliver_by_time_is_handed_on_or_the_sender_hears(make_daemon, user, keeps):
    peer = ByPeer(keeps)
    try:
        daemon = make_daemon(edit=relay_to(peer.port), args=('-q1h',))
        for mode in 'NR':
            submit(daemon, f'<{user}@localhost> BY=1000;{mode}', [f'{mode}@far.example'])
        if keeps:
            wait_for(lambda: len(peer.messages) == 2, 60, 'both')
            assert sorted(m[0][-1] for m in peer.messages) == ['N', 'R']
            assert all(re.search(r' BY=(1000|9\d\d);[NR]$', m[0]) for m in peer.messages)
            assert daemon.mailbox(user) == ''
            return
        wait_for(lambda: daemon.mailbox(user).count('Deliver-By-Date:') == 2, 60, 'a receipt and a refusal')
        assert [m[1] for m in peer.messages] == [['RCPT To:<N@far.example> NOTIFY=FAILURE,DELAY']]
        box = daemon.mailbox(user)
        assert '<N@far.example>  (Deliver-By notify: relayed)' in box and 'Action: relayed (Deliver-By notify mode)' in box
        assert '554 5.4.7 Server does not support Deliver By' in box
        assert re.search(r'Final-Recipient: RFC822; R@far.example\n(.*\n)*?Action: failed\nStatus: 5.4.7', box)
    finally:
        peer.stop()


@pytest.mark.contract(109, 120)
def test_what_is_later_than_its_deliver_by_time(make_daemon, sink, user):
    """Mode R: returned without another attempt. Mode N: its sender is warned, and it goes on waiting."""
    sink.rcpt_reply = lambda line: '451 4.2.0 not yet'
    daemon = make_daemon(edit=lambda t: options(sink.port)(t), args=('-q1h',))
    for mode in 'RN':
        submit(daemon, f'<{user}@localhost> BY=60;{mode}', [f'{mode}@far.example'])
    daemon.stop()
    for name in daemon.queue_files():
        qf = daemon.state / 'queue' / name
        qf.write_bytes(re.sub(rb'(?m)^T\d+', b'T%d' % (time.time() - 100), qf.read_bytes()))
    sink.rcpt_reply = sink.look
    tried = len(sink.order)
    sink.rcpt_reply = lambda line: sink.look(line) or '451 4.2.0 not yet'
    daemon.run('-q')
    assert sink.order[tried:] == ['N']
    box = daemon.mailbox(user)
    assert 'Delivery time (60s) expired' in box and 'Status: 5.4.7' in box
    assert 'Subject: Warning: Delivery time (60s) exceeded' in box
    assert len(daemon.queue_files()) == 1


# Runs a command with another /proc/loadavg. In a chroot / is no mount point, so that only /proc can be made private.
OTHER_LOAD = ('unshare', '--mount', '--propagation', 'unchanged', 'sh', '-c',
              'mount --make-private /proc && mount --bind "$0" /proc/loadavg && exec "$@"')


def busy_machine(daemon, load, *args, **more):
    """The command with a /proc/loadavg that tells of that load."""
    told = daemon.state / 'loadavg'
    told.write_text(f'{load:.2f} 1.00 1.00 1/100 1\n')
    return subprocess.run([*OTHER_LOAD, told, *AS_USER, USER_BIN / 'sendmail',
                           '-C', daemon.cf, *args], capture_output=True, text=True, env=daemon.env(), timeout=60, **more)


def can_tell_other_load():
    return IS_ROOT and subprocess.run([*OTHER_LOAD, '/proc/loadavg', 'true'], capture_output=True).returncode == 0


needs_root = pytest.mark.skipif(not can_tell_other_load(), reason='needs the right to mount another /proc/loadavg')


@needs_root
@pytest.mark.contract(108)
def test_a_run_on_a_busy_machine_skips_what_weighs_too_much(make_daemon, sink):
    daemon = make_daemon(edit=lambda t: options(sink.port, 'QueueLA=8', 'QueueFactor=600000')(t).replace('QueueLA=9999', 'QueueLA=8'),
                         start=False)
    put(daemon, 'light', P=1000)
    put(daemon, 'heavy', P=250000)
    listing = busy_machine(daemon, 10, '-bp').stdout        # 600,000 / (10 - 8 + 1) = 200,000
    assert len(re.findall(r'^\w{14,}X', listing, re.M)) == 1
    said = busy_machine(daemon, 10, '-q', '-v').stdout
    assert sink.order == ['light'] and 'sequence 1 of 1' in said
    said = busy_machine(daemon, 40, '-q', '-v').stdout      # less than 30,000 for one recipient
    assert sink.order == ['light'] and 'Skipping queue run -- load average too high\n' in said
    assert 'runqueue: Skipping queue run -- load average too high' in daemon.log()
    sent = busy_machine(daemon, 40, '-odi', '-v', '-f', 'a@client.test', 'later@far.example', input='\nx\n').stdout
    assert sent == 'later@far.example... queued\n' and sink.order == ['light']
    assert re.search(r'to=later@far.example, .*pri=\d+, stat=queued', daemon.log())
    busy_machine(daemon, 2, '-q')
    assert sorted(sink.order) == ['heavy', 'later', 'light']


@needs_root
@pytest.mark.contract(108)
@pytest.mark.parametrize('load, words', [(10, r'Skipping \S+ \(sequence 2 of 3\) and flushing rest of queue\n'),
                                         (40, r'Aborting queue run: load average too high\n')])
def test_a_run_ends_when_the_load_rises_while_it_goes_on(make_daemon, sink, load, words):
    daemon = make_daemon(edit=lambda t: options(sink.port)(t).replace('QueueLA=9999', 'QueueLA=8'), start=False)
    for name, priority in (('light', 1000), ('heavy', 250000), ('heavier', 260000)):
        put(daemon, name, P=priority)
    look, sink.rcpt_reply = sink.rcpt_reply, None

    def rise(line):
        (daemon.state / 'loadavg').write_text(f'{load}.00 1.00 1.00 1/100 1\n')
        look(line)
    sink.rcpt_reply = rise
    said = busy_machine(daemon, 1, '-q', '-v').stdout
    assert sink.order == ['light'] and re.search(words, said) and said.count('Running ') == 1
    assert re.search(r'runqueue: (Flushing queue from \S+ \(pri 250000, LA 10, 2 of 3\)|Aborting)', daemon.log())
    assert len(daemon.queue_files()) == 2


@needs_root
@pytest.mark.contract(108)
def test_a_daemon_on_a_busy_machine_refuses_connections_and_says_so(make_daemon, sink):
    def edit(text):
        return relay_to(sink.port)(text).replace('RefuseLA=9999', 'RefuseLA=12').replace('QueueLA=9999', 'QueueLA=8') + 'O QueueFactor=60000\nO DelayLA=11\n'
    daemon = make_daemon(edit=edit, start=False)
    told = daemon.state / 'loadavg'
    told.write_text('1.00 1.00 1.00 1/100 1\n')
    args = [*OTHER_LOAD, told, *AS_USER, USER_BIN / 'sendmail', '-C', daemon.cf,
            '-bD']
    daemon.process = subprocess.Popen(args, env=daemon.env(), stdin=subprocess.DEVNULL, stderr=open(daemon.state / 'stderr', 'ab'))
    wait_for(daemon.answers, 60, 'daemon answers')
    told.write_text('10.00 1.00 1.00 1/100 1\n')
    time.sleep(1.1)                                       # the load is looked at once a second
    with daemon.smtp() as smtp:                           # 60,000 / (10 - 8 + 1) = 20,000
        smtp.sendmail('a@client.test', ['later@far.example'], 'Subject: heavy\r\n\r\nx\r\n')
        smtp.sendmail('a@client.test', ['now@far.example'], 'Subject: light\r\nPrecedence: special-delivery\r\n\r\nx\r\n')
    wait_for(lambda: sink.order, 60, 'the light one')
    assert sink.order == ['now'] and re.search(r'to=<later@far.example>, .*pri=30\d+, stat=queued', daemon.log())
    assert re.search(r'to=<now@far.example>, .*pri=9223372036854775807, ', wait_for(lambda: 'stat=Sent' in daemon.log() and daemon.log(), 60, 'its line'))
    assert 'delaying' not in daemon.log()
    told.write_text('11.00 1.00 1.00 1/100 1\n')
    time.sleep(1.1)
    with daemon.smtp() as smtp:
        smtp.ehlo()
    assert 'delaying connections on daemon MTA: load average=11 >= 11' in daemon.log()
    assert re.search(r'delaying=EHLO, load average=11 >= 11', daemon.log())
    told.write_text('20.00 1.00 1.00 1/100 1\n')
    wait_for(lambda: re.search(r'rejecting connections on daemon MTA: load average: 20', daemon.log()), 90, 'the refusal')
    told.write_text('1.00 1.00 1.00 1/100 1\n')
    wait_for(lambda: 'accepting connections again for daemon MTA' in daemon.log(), 90, 'the end of it')
    with daemon.smtp() as smtp:
        assert smtp.ehlo()[0] == 250
