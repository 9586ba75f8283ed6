"""HostStatusDirectory: what became of each host, shared by all processes; SingleThreadDelivery."""
import fcntl
import subprocess
import time

import pytest

from conftest import AS_USER, free_port, wait_for
from peers import Sink, relay_to


@pytest.fixture
def sink():
    s = Sink()
    yield s
    s.stop()


def with_status(edit):
    return lambda text: edit(text).replace('MinQueueAge=1m', 'MinQueueAge=0')


def send(daemon, mark):
    with daemon.smtp() as smtp:
        smtp.sendmail('a@client.test', ['b@far.example'], f'X-Mark: {mark}\r\n\r\nx\r\n')


def status_file(daemon):
    """The one host of these tests is 127.0.0.1 in brackets."""
    return daemon.state / 'queue' / '.hoststat' / '1.' / '0.' / '0.' / '127'


def start(make_daemon, port, *args):
    def edit(text):
        return with_status(relay_to(port))(text) + 'O HostStatusDirectory=.hoststat\n' + ''.join(f'O {a}\n' for a in args)
    daemon = make_daemon(edit=edit, start=False)
    subprocess.run([*AS_USER, 'mkdir', '-m', '700', daemon.state / 'queue' / '.hoststat'], check=True)
    return daemon.start()


@pytest.mark.contract(110)
def test_the_last_word_of_a_host_is_noted_and_listed(make_daemon, sink):
    daemon = start(make_daemon, sink.port)
    send(daemon, 'noted')
    wait_for(lambda: sink.received['noted'], seconds=60, what='delivery')
    text = wait_for(lambda: status_file(daemon).exists() and status_file(daemon).read_text(), seconds=60, what='the status file')
    lines = text.splitlines()
    assert lines[:4] == ['V0', 'E0', 'H0', 'S0'] and lines[-1] == '.' and lines[-2].startswith('U')
    listing = daemon.run('-bh').stdout
    assert ' 127.0.0.1 ' in listing and 'Hostname' in listing
    assert daemon.run('-bH').returncode == 0
    assert status_file(daemon).exists()


@pytest.mark.contract(110)
def test_a_host_that_failed_lately_is_not_called_again_by_another_process(make_daemon, sink):
    dead = free_port()
    daemon = start(make_daemon, dead, 'DeliveryMode=q')
    send(daemon, 'dead')
    daemon.stop()
    daemon.run('-q')
    text = status_file(daemon).read_text()
    assert 'E111' in text and 'S75' in text and 'D4.4.1' in text
    assert 'Deferred: Connection refused' in daemon.run('-bh', '-v').stdout
    said = daemon.run('-q', '-v').stdout
    assert 'Connecting to' not in said and 'Deferred: Connection refused by' in said
    status_file(daemon).unlink()
    assert 'Connecting to' in daemon.run('-q', '-v').stdout


@pytest.mark.contract(110)
def test_with_single_thread_delivery_a_locked_host_is_left_to_its_holder(make_daemon, sink):
    daemon = start(make_daemon, sink.port, 'DeliveryMode=q', 'SingleThreadDelivery=True')
    send(daemon, 'alone')
    daemon.stop()
    path = status_file(daemon)
    subprocess.run([*AS_USER, 'mkdir', '-p', path.parent], check=True)
    subprocess.run([*AS_USER, 'touch', path], check=True)
    with open(path, 'r+') as held:
        held.write(f'V0\nE0\nH0\nS0\nU{int(time.time())}\n.\n')
        held.flush()
        fcntl.flock(held, fcntl.LOCK_EX)
        assert '<b@far.example>... Deferred' in daemon.run('-q', '-v').stdout
        assert daemon.run('-bh').stdout.splitlines()[1].startswith('*127.0.0.1')
        assert '(Deferred)' in daemon.run('-bp').stdout
    daemon.run('-q')
    assert sink.received['alone'] == 1 and not daemon.queue_files()
