"""Servers behind maps that stop, hang, or answer rubbish: a temporary failure and never "not there", and all is well when they return.

Each class is asked in test mode, on connections that are kept, and by a running daemon whose aliases it holds: RCPT is put off, a
message that was accepted waits, nothing bounces, and it is delivered when the server is back.
"""
import concurrent.futures
import os
import pathlib
import shutil
import signal
import smtplib
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

import pytest

from conftest import IS_ROOT, free_port, wait_for
from test_060_map_servers import (Session, answers_on, as_nobody, program, server_env, start_slapd)

LONG = 60           # seconds that a quiet machine never needs


def is_stopped(stat):
    try:
        return stat.read_text().rpartition(')')[2].split()[0] in 'TtZX'
    except OSError:
        return True


class Server:
    """A process of its own group on a port of loopback, which can be killed, stopped and brought back."""

    def __init__(self, directory, member):
        self.dir = pathlib.Path(directory)
        self.member = member
        self.port = free_port()
        self.process = None
        self.prepare()
        self.start()

    def prepare(self):
        pass

    def spawn(self, *command, **more):
        self.process = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, start_new_session=True, env=server_env(), **more)

    def family(self):
        """The process and all that came of it, which may have sessions of its own."""
        lines = subprocess.run(['ps', '-eo', 'pid=,ppid=,sid='], capture_output=True, text=True, check=True).stdout.splitlines()
        ours = {self.process.pid}
        for pid, parent, session in sorted(tuple(map(int, line.split())) for line in lines):
            if parent in ours or session == self.process.pid:
                ours.add(pid)
        return sorted(ours)

    def signal(self, number):
        for pid in self.family():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def pause(self):
        """Until every thread has stopped: a signal takes its time."""
        self.signal(signal.SIGSTOP)
        wait_for(lambda: all(is_stopped(stat) for pid in self.family() for stat in pathlib.Path(f'/proc/{pid}/task').glob('*/stat')),
                 LONG, 'the stop of a server')

    def resume(self):
        self.signal(signal.SIGCONT)

    def kill(self):
        if self.process:
            self.signal(signal.SIGKILL)
            self.process.wait()
        self.process = None

    def stop(self):
        self.kill()


class Ldap(Server):
    def start(self):
        self.process = start_slapd(self.dir, self.port, self.member)

    def spec(self, limit=2):
        return f'ldap -h 127.0.0.1 -p {self.port} -b dc=example,dc=org -c {limit} -l {limit} -k (cn=%0) -v mail'


class Postgres(Server):
    def prepare(self):
        self.own = self.dir
        self.dir = pathlib.Path('/tmp') / f'map-pg-{os.getpid()}-{self.port}'
        self.dir.mkdir()
        if IS_ROOT:
            shutil.chown(self.dir, 'nobody')
        subprocess.run([program('initdb'), '-D', self.dir / 'pg', '-A', 'trust', '-U', 'mail', '-E', 'UTF8', '--locale=C', '--no-sync'],
                       check=True, stdout=subprocess.DEVNULL, env=server_env(), cwd=self.dir, **as_nobody())

    def where(self):
        return f'host=127.0.0.1 port={self.port} user=mail dbname=postgres'

    def start(self):
        self.spawn(program('postgres'), '-D', self.dir / 'pg', '-p', self.port, '-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off',
                   '-c', f'unix_socket_directories={self.dir}', cwd=self.dir, **as_nobody())
        sql = f"drop table if exists v; create table v (k text, v text); insert into v values ('team', '{self.member}')"
        wait_for(lambda: subprocess.run([program('psql'), self.where(), '-qc', sql], capture_output=True).returncode == 0, LONG, 'postgres')

    def kill(self):
        if self.process:
            super().kill()
            wait_for(lambda: not answers_on(self.port)(), LONG, 'the end of postgres')
            (self.dir / 'pg' / 'postmaster.pid').unlink(missing_ok=True)

    def stop(self):
        self.kill()
        shutil.rmtree(self.dir, ignore_errors=True)

    def spec(self, limit=2):
        return f'pgsql -l {limit} -d "{self.where()}" -Q "select v from v where k = %s"'


class Redis(Server):
    def start(self):
        self.spawn(program('redis-server'), '--port', self.port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', cwd=self.dir)
        wait_for(answers_on(self.port), LONG, 'redis')
        with socket.create_connection(('127.0.0.1', self.port)) as s:
            s.sendall(f'SET team {self.member}\r\n'.encode())
            assert s.recv(100) == b'+OK\r\n'

    def spec(self, limit=2):
        return f'redis -l {limit} -d 127.0.0.1:{self.port}'


SOCKET_SERVER = '''
import socketserver, sys
class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        while head := self.rfile.read(1):
            while not head.endswith(b":"):
                head += self.rfile.read(1)
            key = self.rfile.read(int(head[:-1]) + 1)[:-1].split(b" ", 1)[1]
            reply = b"OK " + sys.argv[2].encode() if key == b"team" else b"NOTFOUND "
            self.wfile.write(b"%d:%s," % (len(reply), reply))
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer.daemon_threads = True
socketserver.ThreadingTCPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
'''


class Socket(Server):
    def start(self):
        self.spawn(sys.executable, '-c', SOCKET_SERVER, self.port, self.member)
        wait_for(answers_on(self.port), LONG, 'the socket map server')

    def spec(self, limit=2):
        return f'socket -d{limit}s inet:{self.port}@127.0.0.1'


class Dns(Server):
    ZONE = '''$ORIGIN test.
@ 0 SOA ns hostmaster 1 1 1 1 0
@ 0 NS ns
ns 0 A 192.0.2.1
team 0 TXT "%s"
many 0 A 192.0.2.3
many 0 A 192.0.2.4
many 0 AAAA 2001:db8::3
many 0 MX 10 mx1.many
many 0 MX 20 mx2.many
alias 0 CNAME many
_sip._tcp 0 SRV 1 2 5060 sip.test.
cell 0 AFSDB 1 afs.test.
_25._tcp.many 0 TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
'''

    def prepare(self):
        (self.dir / 'test.zone').write_text(self.ZONE % self.member)
        (self.dir / 'reverse.zone').write_text('@ 0 SOA ns.test. h.test. 1 1 1 1 0\n@ 0 NS ns.test.\n3.2.0.192.in-addr.arpa. 0 PTR many.test.\n')
        (self.dir / 'nsd.conf').write_text(
            f'server:\n ip-address: 127.0.0.1@{self.port}\n username: ""\n zonesdir: "{self.dir}"\n database: ""\n'
            f' pidfile: "{self.dir}/nsd.pid"\n xfrdfile: "{self.dir}/xfrd"\n zonelistfile: "{self.dir}/zones"\n server-count: 1\n'
            'remote-control:\n control-enable: no\n'
            'zone:\n name: test\n zonefile: test.zone\nzone:\n name: 2.0.192.in-addr.arpa\n zonefile: reverse.zone\n')

    def start(self):
        self.spawn(program('nsd'), '-d', '-c', self.dir / 'nsd.conf')
        wait_for(answers_on(self.port), LONG, 'nsd')

    def spec(self, limit=2):
        return f'dns -d{limit}s -r1 -@ 127.0.0.1@{self.port} -R TXT -B test'


SERVERS = {'ldap': Ldap, 'pgsql': Postgres, 'redis': Redis, 'socket': Socket, 'dns': Dns}


@pytest.fixture
def server(request, tmp_path):
    made = SERVERS[request.param](tmp_path, 'nobody')
    yield made
    made.stop()


def with_each_server(tmp_path, work):
    """work(name, server) for every class at the same time, since most of it is waiting. Classes without a server here are left out."""
    def one(name):
        (tmp_path / name).mkdir()
        server = SERVERS[name](tmp_path / name, 'nobody')
        try:
            work(name, server)
        finally:
            server.stop()
    with concurrent.futures.ThreadPoolExecutor(len(SERVERS)) as pool:
        futures = {name: pool.submit(one, name) for name in SERVERS}
    failures = {name: f.exception() for name, f in futures.items()}
    absent = [name for name, e in failures.items() if isinstance(e, pytest.skip.Exception)]
    for name, e in failures.items():
        if e and name not in absent:
            raise AssertionError(f'{name}: {e}') from e
    if len(absent) == len(SERVERS):
        pytest.skip('none of the servers is installed')


@pytest.fixture
def open_dir():
    """A directory that every user can look into."""
    with tempfile.TemporaryDirectory(prefix='map-program.') as path:
        os.chmod(path, 0o755)
        yield pathlib.Path(path)


class Rubbish:
    """Takes the place of a server and answers with bytes that are no protocol's."""

    BYTES = b'\x00\xff\x30\x81\x05 rubbish 999999999:\r\n' * 20

    def __init__(self, port):
        self.over = False
        self.tcp = socket.create_server(('127.0.0.1', port))
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(('127.0.0.1', port))
        for s, work in ((self.tcp, self.take), (self.udp, self.answer)):
            s.settimeout(0.2)
            threading.Thread(target=work, daemon=True).start()

    def take(self):
        while not self.over:
            try:
                peer = self.tcp.accept()[0]
                peer.settimeout(1)
                peer.recv(100)
                peer.sendall(self.BYTES)
                peer.close()
            except OSError:
                pass

    def answer(self):
        while not self.over:
            try:
                peer = self.udp.recvfrom(1000)[1]
                self.udp.sendto(self.BYTES, peer)
            except OSError:
                pass

    def stop(self):
        self.over = True
        time.sleep(0.3)
        self.tcp.close()
        self.udp.close()


def answers(ask, key, want):
    """A server that is there answers; on a machine that is busy perhaps too late, which is a temporary failure and nothing else."""
    def is_there():
        got = ask('m', key)
        assert got in (want, 'no match (75)'), (key, got)
        return got == want
    wait_for(is_there, LONG, f'the answer for {key}')


def check_answers(name, server):
    test_mode = Session(server.dir if name != 'pgsql' else server.own, f'Km {server.spec()}\n')
    ask = test_mode.map
    try:
        answers(ask, 'team', 'returns nobody (0)')
        answers(ask, 'nosuch', 'no match (68)')
        server.pause()
        assert ask('m', 'team') == 'no match (75)'
        assert ask('m', 'nosuch') == 'no match (75)'
        server.resume()
        answers(ask, 'team', 'returns nobody (0)')
        server.kill()
        assert ask('m', 'team') == 'no match (75)'
        rubbish = Rubbish(server.port)
        try:
            assert ask('m', 'team') == 'no match (75)'
            assert ask('m', 'nosuch') == 'no match (75)'
        finally:
            rubbish.stop()
        server.start()
        answers(ask, 'team', 'returns nobody (0)')
        answers(ask, 'nosuch', 'no match (68)')
    finally:
        server.process and server.resume()
        test_mode.close()


@pytest.mark.long
@pytest.mark.contract(80, 82)
def test_no_answer_is_never_not_found(tmp_path):
    with_each_server(tmp_path, check_answers)


def with_map(server):
    """Aliases by the server's class; by a rule where the class has none."""
    spec = server.spec()

    def edit(text):
        text = text.replace('O MinQueueAge=1m', 'O MinQueueAge=1s').replace('O LogLevel=9', 'O LogLevel=12')
        if spec.startswith('dns'):
            return text.replace('Djlocalhost\n', f'Djlocalhost\nKwhere {spec}\n').replace('R$+ < @ $=w . >\t\t$: $1\t', 'R$+ < @ $=w . >\t\t$: $(where $1 $: $1 $)\t')
        kind, _, rest = spec.partition(' ')
        lines = text.split('\n')
        at = next(i for i, line in enumerate(lines) if line.startswith('O AliasFile='))
        lines[at] = f'O AliasFile={kind}:{rest}'
        return '\n'.join(lines)
    return edit


def send(daemon):
    """True when the message was accepted; else it was put off, for now."""
    with smtplib.SMTP('127.0.0.1', daemon.port, local_hostname='client.test', timeout=2 * LONG) as smtp:
        smtp.ehlo()
        smtp.mail('sender@client.test')
        code = smtp.rcpt('team@localhost')[0]
        assert code == 250 or 400 <= code < 500
        return code == 250 and smtp.data('Subject: s\r\n\r\nbody text\r\n')[0] == 250


def bodies(daemon, user):
    return daemon.mailbox(user).count('\nbody text\n')


def check_mail(daemon, server, user):
    daemon.cf.write_text(with_map(server)(daemon.cf.read_text()))
    daemon.start()
    wait_for(lambda: send(daemon), LONG, 'acceptance while the server is there')
    wait_for(lambda: bodies(daemon, user) == 1, LONG, 'delivery while the server is there')
    expected = 1
    for away, back in ((server.pause, server.resume), (server.kill, server.start)):
        away()
        accepted = send(daemon)
        if accepted:
            wait_for(daemon.queue_files, LONG, 'the message in the queue')
        assert bodies(daemon, user) == expected
        back()
        if not accepted:
            wait_for(lambda: send(daemon), LONG, 'acceptance when the server is back')
        expected += 1
        wait_for(lambda want=expected: bodies(daemon, user) == want, 2 * LONG, 'delivery when the server is back')
        wait_for(lambda: not daemon.queue_files(), LONG, 'an empty queue')
    assert 'return to sender' not in daemon.log() and 'User unknown' not in daemon.log()


@pytest.mark.long
@pytest.mark.contract(80, 83)
def test_mail_waits_for_the_server_and_is_then_delivered(tmp_path, make_daemon, user):
    daemons = {name: make_daemon(start=False) for name in SERVERS}
    with_each_server(tmp_path, lambda name, server: check_mail(daemons[name], server, user))


@pytest.mark.contract(80, 81)
@pytest.mark.parametrize('server', ['dns'], indirect=True)
def test_dns_records_of_every_type(server, tmp_path):
    at = f'-@ 127.0.0.1@{server.port}'
    kinds = ''.join(f'K{t.lower()} dns {at} -z, -R {t}\n' for t in ('A', 'AAAA', 'AFSDB', 'CNAME', 'MX', 'NS', 'PTR', 'SRV', 'TXT', 'TLSA'))
    test_mode = Session(tmp_path, kinds + f'Kone dns {at} -R A\nKlimit dns {at} -R A -z+ -Z1\nKbase dns {at} -B test -R A\n'
                        f'Ktag dns {at} -R NS -a.\nKwhere dns {at} -m -R MX\n')
    ask = test_mode.map

    def words(name, key):
        return set(ask(name, key).split()[1].split(','))
    try:
        assert words('a', 'many.test') == {'192.0.2.3', '192.0.2.4'}
        assert ask('one', 'many.test') in ('returns 192.0.2.3 (0)', 'returns 192.0.2.4 (0)')
        assert ask('limit', 'many.test') in ('returns 192.0.2.3 (0)', 'returns 192.0.2.4 (0)')
        assert ask('base', 'many').startswith('returns 192.0.2.')
        assert ask('aaaa', 'many.test') == 'returns IPv6:2001:db8:0:0:0:0:0:3 (0)'
        assert words('mx', 'many.test') == {'mx1.many.test', 'mx2.many.test'}
        assert ask('ns', 'test') == 'returns ns.test (0)'
        assert ask('tag', 'test') == 'returns ns.test. (0)'
        assert ask('cname', 'alias.test') == 'returns many.test (0)'
        assert words('a', 'alias.test') == {'192.0.2.3', '192.0.2.4'}
        assert ask('srv', '_sip._tcp.test') == 'returns sip.test (0)'
        assert ask('afsdb', 'cell.test') == 'returns afs.test (0)'
        assert ask('ptr', '3.2.0.192.in-addr.arpa') == 'returns many.test (0)'
        assert ask('txt', 'team.test') == 'returns nobody (0)'
        assert ask('tlsa', '_25._tcp.many.test').startswith('returns 03 01 01 0123456789ABCDEF')
        assert ask('where', 'many.test') == 'returns many.test (0)'
        assert ask('mx', 'team.test') == 'no match (68)'
        assert ask('a', 'nosuch.test') == 'no match (68)'
        assert ask('a', 'refused.example') == 'no match (75)'
    finally:
        test_mode.close()


HOSTILE = ["o'neil", "'; drop table v; --", "x' or '1'='1", 'back\\slash', "\\' or 1=1 --", '100%', '%s', '%1', '%n%n', '*', 'a*', '(cn=*)',
           '*)(cn=*', '\\2a', 'a,b', '"q"', '$1', '?', ':x', '{}', 'caf\u00e9', '\u00ff', 'SET team x']


@pytest.mark.contract(80)
@pytest.mark.parametrize('server', ['ldap', 'pgsql', 'redis', 'socket'], indirect=True)
def test_no_key_changes_the_question(server, tmp_path):
    test_mode = Session(tmp_path, f'Km {server.spec(limit=60)}\n')
    try:
        for key in HOSTILE:
            assert test_mode.map('m', key) in ('no match (68)', 'no match (0)'), key
        assert test_mode.raw('m', b'\xff\xfe\xe9').endswith('no match (68)')
        assert test_mode.map('m', 'team') == 'returns nobody (0)'
    finally:
        test_mode.close()


@pytest.mark.contract(80)
def test_a_locked_or_broken_sqlite_file_is_a_temporary_failure(tmp_path):
    path = tmp_path / 'v.sqlite'
    blame = 'O DontBlameSendmail=MapInUnsafeDirPath,GroupWritableDirPathSafe,TrustStickyBit\n'

    def fill():
        db = sqlite3.connect(path, isolation_level=None)
        db.execute('create table if not exists v (k text, v text)')
        db.execute("insert into v values ('team', 'nobody')")
        return db
    db = fill()
    path.chmod(0o644)
    test_mode = Session(tmp_path, f'{blame}Km sqlite -l 1 -d {path} -Q "select v from v where k = %s"\n')
    ask = test_mode.map
    try:
        assert ask('m', 'team') == 'returns nobody (0)'
        for key in HOSTILE:
            assert ask('m', key) == 'no match (68)', key
        db.execute('begin exclusive')
        assert ask('m', 'team') == 'no match (75)'
        db.execute('rollback')
        wait_for(lambda: ask('m', 'team') == 'returns nobody (0)', LONG, 'the unlocked file')
        db.close()
        path.unlink()
        path.write_bytes(b'not a database at all\n' * 1000)
        wait_for(lambda: ask('m', 'team') == 'no match (75)', LONG, 'the broken file')
        path.unlink()
        fill().close()
        path.chmod(0o644)
        wait_for(lambda: ask('m', 'team') == 'returns nobody (0)', LONG, 'the new file')
    finally:
        test_mode.close()


@pytest.mark.contract(95)
def test_a_program_that_is_killed_or_busy(open_dir):
    script = open_dir / 'look'
    script.write_text('#!/bin/sh\ncase $1 in\nkill) kill -9 $$ ;;\nbusy) exit 75 ;;\nno) exit 69 ;;\nesac\necho "for $1"\n')
    script.chmod(0o755)
    test_mode = Session(open_dir, f'Km program {script}\nKgone program {open_dir}/nosuch\n')
    try:
        assert test_mode.map('m', 'a b') == 'returns for a b (0)'
        assert test_mode.map('m', 'busy') == 'no match (75)'
        assert test_mode.map('m', 'no') == 'no match (69)'
        assert test_mode.map('m', 'kill') == 'no match (69)'
        assert test_mode.map('gone', 'a') == 'no match (78)'
        assert test_mode.map('m', '$(touch x)') == 'returns for $(touch x) (0)'
    finally:
        test_mode.close()




@pytest.mark.contract(80, 83)
def test_aliases_in_a_sqlite_file_that_another_writes(make_daemon, user):
    daemon = make_daemon(start=False)
    path = daemon.state / 'v.sqlite'
    with sqlite3.connect(path) as db:
        db.execute('create table v (k text, v text)')
        db.execute("insert into v values ('team', ?)", [user])
    path.chmod(0o644)
    if IS_ROOT:
        shutil.chown(path, 'nobody')
    daemon.cf.write_text(daemon.cf.read_text().replace('O AliasFile=', f'O AliasFile=sqlite:-d {path} -Q "select v from v where k = %s", '))
    daemon.start()
    assert send(daemon)
    wait_for(lambda: bodies(daemon, user) == 1, LONG, 'delivery')
    with sqlite3.connect(path) as db:
        db.execute("delete from v")
    with daemon.smtp() as smtp:
        smtp.ehlo()
        smtp.mail('a@client.test')
        assert smtp.rcpt('team@localhost')[0] == 550
    with sqlite3.connect(path) as db:
        db.execute("insert into v values ('team', ?)", [user])
    assert send(daemon)
    wait_for(lambda: bodies(daemon, user) == 2, LONG, 'delivery by the new row')
