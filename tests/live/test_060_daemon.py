"""The daemon itself: its processes, signals, pid file, restart, and what survives their deaths."""
import os
import pathlib
import re
import signal
import socket
import subprocess

import pytest

from conftest import IS_ROOT, wait_for


@pytest.fixture
def daemon(make_daemon):
    """One that is ready: its sockets are open a little earlier."""
    made = make_daemon()
    wait_for(lambda: 'starting daemon (' in made.log(), what='readiness')
    return made


def agent_pid(daemon):
    """The first line of the pid file, which is there a moment before it is written."""
    path = daemon.state / 'sendmail.pid'
    wait_for(lambda: path.exists() and '\n' in path.read_text(), what='pid file')
    return int(path.read_text().splitlines()[0])


def children(pid):
    text = pathlib.Path(f'/proc/{pid}/task/{pid}/children').read_text()
    return [int(word) for word in text.split()]


def the_mta(daemon):
    """The one mta process, when there is one."""
    def one():
        found = children(agent_pid(daemon))
        return found[0] if len(found) == 1 else None
    return wait_for(one, what='one mta process')


def is_alive(pid):
    try:
        os.kill(pid, 0)
        return True
    except ProcessLookupError:
        return False


def status_field(pid, name):
    for line in pathlib.Path(f'/proc/{pid}/status').read_text().splitlines():
        if line.startswith(name + ':'):
            return line.split(None, 1)[1]
    return None


def greeting(daemon):
    with socket.create_connection(('127.0.0.1', daemon.port), timeout=120) as s:
        return s.recv(1000).decode()


@pytest.mark.contract(197)
def test_the_pid_file_names_the_daemon_and_its_command_line(daemon):
    lines = (daemon.state / 'sendmail.pid').read_text().splitlines()
    assert len(lines) == 2
    assert ' -bD' in lines[1]
    os.kill(int(lines[0]), signal.SIGTERM)
    daemon.process.wait(60)
    assert daemon.process.returncode == 0
    assert not (daemon.state / 'sendmail.pid').exists()


def test_a_dead_mta_is_replaced_and_nobody_is_refused(daemon, user):
    for _ in range(2):
        mta = the_mta(daemon)
        os.kill(mta, signal.SIGKILL)
        wait_for(lambda: not is_alive(mta), what='its death')
        assert greeting(daemon).startswith('220 ')
        assert the_mta(daemon) != mta
    with daemon.smtp() as smtp:
        smtp.sendmail('a@client.test', [f'{user}@localhost'], 'Subject: after\r\n\r\nstill here\r\n')
    wait_for(lambda: 'still here' in daemon.mailbox(user), what='delivery')
    assert 'died with signal 9' in daemon.log()


def test_without_its_agent_the_mta_ends(daemon):
    mta = the_mta(daemon)
    os.kill(agent_pid(daemon), signal.SIGKILL)
    daemon.process.wait(60)
    wait_for(lambda: not is_alive(mta), what='end of the mta')


@pytest.mark.contract(40)
def test_hup_reads_the_configuration_and_a_conversation_goes_on_to_its_end(daemon, user):
    old = daemon.smtp()
    old.ehlo()
    daemon.cf.write_text(daemon.cf.read_text().replace('O SmtpGreetingMessage=$j postrider', 'O SmtpGreetingMessage=$j changed'))
    os.kill(agent_pid(daemon), signal.SIGHUP)
    wait_for(lambda: 'changed' in greeting(daemon), what='the new greeting')
    assert 'restarting ' in daemon.log() and ' due to signal' in daemon.log()
    try:
        old.sendmail('a@client.test', [f'{user}@localhost'], 'Subject: old\r\n\r\nfrom before\r\n')
        old.quit()
        wait_for(lambda: 'from before' in daemon.mailbox(user), what='delivery')
    except OSError:
        pytest.fail('the conversation that was under way was cut off')


@pytest.mark.contract(40)
def test_hup_with_a_broken_configuration_changes_nothing(daemon):
    good = daemon.cf.read_text()
    mta = the_mta(daemon)
    daemon.cf.write_text(good + '\nSbroken\nRthis is no rule\nQ\n')
    os.kill(agent_pid(daemon), signal.SIGHUP)
    wait_for(lambda: 'could not restart' in daemon.log(), what='the complaint')
    assert re.search(r'SYSERR\(\w+\): \S+sendmail\.cf: line \d+: ', daemon.log())
    assert greeting(daemon).startswith('220 ')
    assert the_mta(daemon) == mta


@pytest.mark.contract(152)
def test_usr1_puts_the_state_into_the_log(daemon):
    os.kill(agent_pid(daemon), signal.SIGUSR1)
    wait_for(lambda: '--- end of state dump ---' in daemon.log(), what='the dump')
    assert '--- dumping state on user signal: $j = ' in daemon.log()


@pytest.mark.contract(1, 19)
def test_in_the_background_the_command_returns_when_the_daemon_answers(make_daemon):
    daemon = make_daemon(start=False)
    daemon.run('-bd', '-q30m')
    pid = agent_pid(daemon)
    try:
        assert greeting(daemon).startswith('220 ')
        assert 'starting daemon (' in daemon.log()
        assert 'SMTP+queueing@00:30:00' in daemon.log()
    finally:
        os.kill(pid, signal.SIGTERM)
    wait_for(lambda: not is_alive(pid), what='end of the daemon')


@pytest.mark.contract(45, 198, 208)
def test_a_second_daemon_on_the_same_port_says_why_it_cannot_start(daemon):
    second = daemon.run('-bD', check=False)
    assert second.returncode != 0
    assert 'cannot bind: Address already in use' in second.stderr
    assert agent_pid(daemon) and greeting(daemon).startswith('220 ')


@pytest.mark.contract(208)
def test_two_daemons_with_their_own_files_do_not_meet(make_daemon, user):
    one, two = make_daemon(), make_daemon()
    with two.smtp() as smtp:
        smtp.sendmail('a@client.test', [f'{user}@localhost'], 'Subject: two\r\n\r\nonly here\r\n')
    wait_for(lambda: 'only here' in two.mailbox(user), what='delivery')
    assert one.mailbox(user) == ''
    one.stop()
    assert greeting(two).startswith('220 ')


@pytest.mark.contract(169)
def test_the_mta_has_no_right_and_can_gain_none(daemon):
    mta = the_mta(daemon)
    assert status_field(mta, 'NoNewPrivs') == '1'
    assert int(status_field(mta, 'CapEff'), 16) == 0


@pytest.mark.skipif(not IS_ROOT, reason='needs root')
@pytest.mark.contract(170)
def test_started_by_root_the_mta_is_the_configured_user(make_daemon):
    daemon = make_daemon(start=False, edit=lambda text: text.replace('O LogLevel=9', 'O LogLevel=9\nO RunAsUser=nobody'))
    process = subprocess.Popen([daemon_program(), '-C', daemon.cf, '-bD'], env=daemon.env(), stdin=subprocess.DEVNULL,
                               stderr=subprocess.PIPE)
    try:
        mta = the_mta(daemon)
        wait_for(lambda: status_field(mta, 'Uid').split() == ['65534'] * 4, what='another user')
        assert status_field(agent_pid(daemon), 'Uid').split() == ['0'] * 4
        assert greeting(daemon).startswith('220 ')
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    assert process.returncode == 0


def daemon_program():
    from conftest import USER_BIN
    return USER_BIN / 'sendmail'


def test_a_stop_does_not_wait_for_clients_that_are_connected(daemon):
    """They may be silent for an hour."""
    idle = [socket.create_connection(('127.0.0.1', daemon.port), timeout=60) for _ in range(5)]
    for s in idle:
        assert s.recv(100).startswith(b'220')
    os.kill(agent_pid(daemon), signal.SIGTERM)
    daemon.process.wait(60)
    for s in idle:
        assert s.recv(1000).startswith(b'421')
        s.close()
