"""Shared by all live tests: a daemon of one's own on a free loopback port, real, stopped by its process id.

A test says which items of the checklist it shows with @pytest.mark.contract(98, 102); the numbers of tests that pass are
appended to the file named by TEST_COVERAGE.
"""
import atexit
import os
import pathlib
import pwd
import random
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time

import pytest

TOP = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(os.environ.get('POSTRIDER_BIN', TOP / 'build' / 'bin'))
IS_ROOT = os.getuid() == 0


def unprivileged_bin():
    """Where an ordinary user finds the programs: the tests run as nobody when root starts them, and nobody may not be able to
    reach the build directory."""
    if not IS_ROOT:
        return BIN
    where = pathlib.Path(tempfile.mkdtemp(prefix='postrider-bin.'))
    atexit.register(shutil.rmtree, where, True)
    where.chmod(0o755)
    shutil.copy(BIN / 'postrider', where)
    for link in BIN.iterdir():
        if link.is_symlink():
            (where / link.name).symlink_to('postrider')
    return where


AS_USER = ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups'] if IS_ROOT else []
USER_BIN = unprivileged_bin()


def pytest_configure(config):
    config.addinivalue_line('markers', 'contract(*numbers): items of the checklist that the test shows')
    config.addinivalue_line('markers', 'long: takes tens of seconds, and so starts before the others')
    config.addinivalue_line('markers', 'xdist_group(name): in one process, since the tests share what takes long to make')


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.get_closest_marker('long') is None)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    path = os.environ.get('TEST_COVERAGE')
    if report.when != 'call' or not report.passed or not path:
        return
    with open(path, 'a', encoding='utf-8') as f:
        for mark in item.iter_markers('contract'):
            for number in mark.args:
                f.write(f'{number}\t{item.nodeid}\n')


@pytest.fixture
def tell(record_property):
    """tell(line): a figure that is printed behind the tests, also when they run in several processes."""
    return lambda line: record_property('figure', line)


def pytest_terminal_summary(terminalreporter):
    reports = [r for outcome in ('passed', 'failed') for r in terminalreporter.stats.get(outcome, [])]
    lines = [value for r in sorted(reports, key=lambda r: r.nodeid) for name, value in r.user_properties if name == 'figure']
    if lines:
        terminalreporter.section('figures')
        terminalreporter.write('\n'.join(lines) + '\n')


def wait_for(condition, seconds=60, what='condition'):
    """Polls until condition() is true; its value is returned."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f'{what}: not within {seconds} s')


RESERVED = []


def free_port():
    """A loopback port that no other test takes while this process lives, on which nobody listens now. It is not one of those that
    the kernel hands out to clients; the reservation is a name in the abstract space of local sockets."""
    for port in random.SystemRandom().sample(range(10000, 32000), 200):
        reserved = socket.socket(socket.AF_UNIX)
        try:
            reserved.bind(f'\0postrider-test-port-{port}')
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                with socket.socket(socket.AF_INET, kind) as s:
                    s.bind(('127.0.0.1', port))
        except OSError:
            reserved.close()
            continue
        RESERVED.append(reserved)
        return port
    raise AssertionError('no port is free')


class Daemon:
    """One postrider with its state in a directory of its own."""

    def __init__(self, state, options=(), config=None, edit=None):
        self.state = pathlib.Path(state)
        self.port = free_port()
        self.cf = self.state / 'sendmail.cf'
        self.log_path = self.state / 'log'
        self.process = None
        self.options = list(options)
        for name in ('queue', 'mail'):
            (self.state / name).mkdir(mode=0o700, exist_ok=True)
        text = config or (TOP / 'tests/site.cf').read_text().replace('@STATE@', str(self.state)).replace('@PORT@', str(self.port))
        if not config:
            text += 'O QueueLA=9999\nO RefuseLA=9999\n'      # the machine may be busy with something else
        if edit:
            text = edit(text)
        self.cf.write_text(text)
        if not (self.state / 'aliases').exists():
            (self.state / 'aliases').write_text('postmaster: root\n')
        if IS_ROOT:
            subprocess.run(['chown', '-R', 'nobody:nogroup', self.state], check=True)
        self.run('-bi')

    def env(self):
        return dict(os.environ, POSTRIDER_LOG=str(self.log_path))

    def run(self, *args, input=None, check=True, timeout=180):
        """The sendmail command on this configuration."""
        return subprocess.run([*AS_USER, USER_BIN / 'sendmail', '-C', self.cf, *self.options, *args], input=input, check=check,
                              capture_output=True, text=True, env=self.env(), timeout=timeout)

    def start(self, *args):
        self.process = subprocess.Popen([*AS_USER, USER_BIN / 'sendmail', '-C', self.cf, *self.options, '-bD', *(args or ('-q1s',))],
                                        env=self.env(), stdin=subprocess.DEVNULL,
                                        stderr=open(self.state / 'stderr', 'ab'))
        wait_for(self.answers, what='daemon answers')
        return self

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f'daemon ended: {(self.state / "stderr").read_text()}\n{self.log()}')
        try:
            socket.create_connection(('127.0.0.1', self.port), timeout=1).close()
            return True
        except OSError:
            return False

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def smtp(self):
        return smtplib.SMTP('127.0.0.1', self.port, local_hostname='client.test', timeout=120)

    def mailbox(self, user):
        path = self.state / 'mail' / user
        return path.read_text(errors='surrogateescape') if path.exists() else ''

    def log(self):
        return self.log_path.read_text(errors='replace') if self.log_path.exists() else ''

    def complaints(self):
        """What a sanitizer or a broken invariant said on standard error."""
        path = self.state / 'stderr'
        text = path.read_text(errors='replace') if path.exists() else ''
        return text[:8000] if any(w in text for w in ('Sanitizer', 'runtime error', 'BUG at')) else ''

    def queue_files(self):
        return sorted(p.name for p in (self.state / 'queue').rglob('qf*'))


@pytest.fixture
def make_daemon():
    """make_daemon(options, edit=..., start=True): daemons that end with the test."""
    made = []
    base = pathlib.Path(tempfile.mkdtemp(prefix='postrider-test.'))
    base.chmod(0o755)

    def make(options=(), edit=None, config=None, start=True, args=()):
        state = base / f'd{len(made)}'
        state.mkdir()
        daemon = Daemon(state, options, config, edit)
        made.append(daemon)
        if start:
            daemon.start(*args)
        return daemon

    yield make
    for daemon in made:
        daemon.stop()
    complaints = [text for text in (d.complaints() for d in made) if text]
    shutil.rmtree(base, ignore_errors=True)
    assert not complaints, complaints[0]


@pytest.fixture
def daemon(make_daemon):
    return make_daemon()


@pytest.fixture
def user():
    return 'nobody' if IS_ROOT else pwd.getpwuid(os.getuid()).pw_name
