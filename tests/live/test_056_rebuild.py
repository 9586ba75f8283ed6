"""newaliases that is interrupted, killed, or run while others read: the old database or the new one, whole."""
import os
import re
import signal
import subprocess
import threading
import time

import pytest

from conftest import AS_USER, USER_BIN, wait_for

N = 60000


def start(daemon):
    return subprocess.Popen([*AS_USER, USER_BIN / 'sendmail', '-C', daemon.cf, '-bi'], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            text=True, env=daemon.env())


def write(daemon, value):
    (daemon.state / 'aliases').write_text(''.join(f'name{i}: {value}{i}\n' for i in range(N)))


def known(daemon, name):
    return re.findall(r'returns (\S+) \(0\)', daemon.run('-bt', input=f'/map aliases {name}\n').stdout)


@pytest.mark.contract(83)
def test_an_interrupt_does_not_break_off_a_rebuild(make_daemon):
    daemon = make_daemon(start=False)
    write(daemon, 'x')
    p = start(daemon)
    wait_for(lambda: p.poll() is not None or 'SigIgn' in (text := open(f'/proc/{p.pid}/status', encoding='ascii').read())
             and int(re.search(r'SigIgn:\s*(\w+)', text).group(1), 16) & 1 << signal.SIGINT - 1, 60, 'the rebuild')
    while p.poll() is None:
        os.kill(p.pid, signal.SIGINT)
        time.sleep(0.01)
    assert p.returncode == 0 and f'{N} aliases, longest ' in p.stdout.read()
    assert known(daemon, f'name{N - 1}') == [f'x{N - 1}']


@pytest.mark.contract(83, 96)
def test_a_rebuild_that_is_killed_leaves_the_old_database_and_the_next_one_works(make_daemon):
    daemon = make_daemon(start=False)
    write(daemon, 'old')
    daemon.run('-bi')
    write(daemon, 'new')
    for pause in (0.02, 0.05, 0.1, 0.2):
        p = start(daemon)
        time.sleep(pause)
        p.kill()
        p.wait()
        assert known(daemon, 'name7') in (['old7'], ['new7'])
        assert known(daemon, f'name{N - 1}') in ([f'old{N - 1}'], [f'new{N - 1}'])
    assert f'{N} aliases' in daemon.run('-bi').stdout
    assert known(daemon, 'name7') == ['new7']


@pytest.mark.contract(83, 96)
def test_who_reads_during_rebuilds_always_finds_the_name(make_daemon):
    daemon = make_daemon(start=False)
    (daemon.state / 'aliases').write_text('name: target\n' + ''.join(f'other{i}: x\n' for i in range(3000)))
    daemon.run('-bi')
    over = threading.Event()

    def rebuild():
        while not over.is_set():
            assert start(daemon).wait(60) == 0
    writer = threading.Thread(target=rebuild)
    writer.start()
    try:
        out = daemon.run('-bt', input='/map aliases name\n' * 20000, timeout=300).stdout
    finally:
        over.set()
        writer.join()
    assert out.count('returns target (0)') == 20000
