"""Maps that ask real servers: OpenLDAP, PostgreSQL, Redis, and a socket-map server; each stopped in the middle of it.

Servers are looked for on PATH, in the usual directories of Debian, and under $MAP_SERVERS (a root with unpacked packages);
a test whose server is not there is skipped, and says so.
"""
import os
import pathlib
import pwd
import shutil
import signal
import socket
import socketserver
import subprocess
import threading
import time

import pytest

from conftest import BIN, free_port, wait_for

EXTRA = pathlib.Path(os.environ.get('MAP_SERVERS', '/nonexistent'))
HEAD = 'V10/Berkeley\nDjmail.example\nMlocal, P=/bin/true, F=lsDFM, A=true\nMprog, P=/bin/true, F=lsDFM, A=true\n'


def program(name):
    places = [shutil.which(name)]
    places += [f'{root}/{d}/{name}' for root in ('', EXTRA) for d in ('usr/sbin', 'usr/bin', 'usr/lib/postgresql/15/bin')]
    for place in places:
        if place and os.access(place, os.X_OK):
            return place
    pytest.skip(f'{name} is not installed')


def server_env():
    env = dict(os.environ)
    libs = [str(EXTRA / d) for d in ('usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu', 'usr/lib')]
    if EXTRA.exists():
        env['LD_LIBRARY_PATH'] = ':'.join(libs)
    return env


def answers_on(port):
    def attempt():
        with socket.socket() as s:
            s.settimeout(1)
            return s.connect_ex(('127.0.0.1', port)) == 0
    return attempt


class Session:
    """One sendmail -bt that is asked again and again, so that connections are kept between the questions."""

    def __init__(self, directory, maps):
        cf = pathlib.Path(directory) / 'maps.cf'
        cf.write_text(HEAD + maps)
        self.p = subprocess.Popen([BIN / 'sendmail', '-bt', f'-C{cf}'], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, bufsize=0)
        self.read_prompt()

    def read_prompt(self):
        text = b''
        while not (text == b'> ' or text.endswith(b'\n> ')):
            byte = self.p.stdout.read(1)
            assert byte, f'test mode ended: {text!r}'
            text += byte
        return text[:-2].decode(errors='surrogateescape')

    def raw(self, name, key):
        self.p.stdin.write(f'/map {name} '.encode() + key + b'\n')
        return self.read_prompt().strip().split('\n')[-1]

    def map(self, name, key):
        return self.raw(name, key.encode()).replace(f'map_lookup: {name} ({key}) ', '')

    def close(self):
        self.p.stdin.close()
        self.p.wait(60)


@pytest.fixture
def ask(tmp_path):
    made = []

    def make(maps):
        made.append(Session(tmp_path, maps))
        return made[-1].map
    yield make
    for t in made:
        t.close()


LDIF = '''
dn: dc=example,dc=org
objectClass: domain
dc: example

dn: cn=alice,dc=example,dc=org
objectClass: inetOrgPerson
cn: alice
sn: Example
mail: alice@example.org
mail: alice@example.net
employeeType: (cn=bob)

dn: cn=bob,dc=example,dc=org
objectClass: inetOrgPerson
cn: bob
sn: Example
mail: bob@example.org
seeAlso: cn=alice,dc=example,dc=org
labeledURI: ldap:///cn=alice,dc=example,dc=org?mail?base

dn: cn=st*r,dc=example,dc=org
objectClass: inetOrgPerson
cn: st*r
sn: (odd)
mail: star@example.org
'''


def start_slapd(directory, port, member='nobody', more_ldif='', more_schema=None):
    slapd = program('slapd')
    root = EXTRA if str(slapd).startswith(str(EXTRA)) else pathlib.Path('/')
    data = directory / 'ldap'
    if not data.exists():
        data.mkdir()
        schema = root / 'etc/ldap/schema'
        (directory / 'slapd.conf').write_text(
            f'include {schema}/core.schema\ninclude {schema}/cosine.schema\ninclude {schema}/inetorgperson.schema\n'
            + (f'include {more_schema}\n' if more_schema else '') +
            f'modulepath {root}/usr/lib/ldap\nmoduleload back_mdb\ndatabase mdb\nsuffix "dc=example,dc=org"\n'
            f'rootdn "cn=admin,dc=example,dc=org"\nrootpw secret\ndirectory {data}\n')
        (directory / 'data.ldif').write_text(LDIF + f'\ndn: cn=team,dc=example,dc=org\nobjectClass: inetOrgPerson\ncn: team\nsn: Team\n'
                                             f'mail: {member}\n' + more_ldif)
        subprocess.run([program('slapadd'), '-f', directory / 'slapd.conf', '-l', directory / 'data.ldif'], check=True,
                       env=server_env())
    p = subprocess.Popen([slapd, '-d', '0', '-h', f'ldap://127.0.0.1:{port}', '-f', directory / 'slapd.conf'],
                         env=server_env())
    wait_for(answers_on(port), 60, what='slapd')
    return p


@pytest.mark.contract(80, 81, 94)
def test_ldap(tmp_path, ask):
    port = free_port()
    slapd = start_slapd(tmp_path, port)
    try:
        common = f'-h 127.0.0.1 -p {port} -b dc=example,dc=org -c 60 -l 60'
        (tmp_path / 'secret').write_text('secret\n')
        lookup = ask(
            f'Kone ldap {common} -k (cn=%0) -v mail\n'
            f'Kall ldap {common} -z, -k (cn=%0) -v mail\n'
            f'Kraw ldap {common} -k (cn=%s) -v mail\n'
            f'Kbound ldap {common} -d cn=admin,dc=example,dc=org -M simple -P {tmp_path}/secret -k (cn=%0) -v sn\n'
            f'Kwrong ldap {common} -d cn=admin,dc=example,dc=org -M simple -P /dev/null -k (cn=%0) -v sn -V :\n'
            f'Kdn ldap {common} -z, -k (cn=%0) -v seeAlso:DN,mail\n'
            f'Kfilter ldap {common} -z, -k (cn=%0) -v employeeType:FILTER,mail\n'
            f'Kurl ldap {common} -z, -k (cn=%0) -v labeledURI:URL,mail\n'
            f'Konly ldap {common} -z, -k (cn=%0) -v mail:NORMAL:organizationalRole\n'
            f'Knames ldap {common} -n -z, -k (cn=%0) -v mail\n'
            f'Ksingle ldap {common} -1 -k (sn=%0) -v cn\n'
            f'Ktag ldap {common} -m -a.OK -k (cn=%0) -v mail\n')
        assert lookup('one', 'ALICE') == 'returns alice@example.org (0)'
        assert lookup('all', 'alice') == 'returns alice@example.org,alice@example.net (0)'
        assert lookup('one', 'nosuch') == 'no match (68)'
        assert lookup('one', '*') == 'no match (68)'
        assert lookup('raw', 'b*b') == 'returns bob@example.org (0)'
        assert lookup('one', 'st*r') == 'returns star@example.org (0)'
        assert lookup('bound', 'alice') == 'returns Example (0)'
        assert lookup('dn', 'bob') == 'returns bob@example.org,alice@example.org,alice@example.net (0)' or \
            set(lookup('dn', 'bob').split()[1].split(',')) == {'bob@example.org', 'alice@example.org', 'alice@example.net'}
        assert set(lookup('filter', 'alice').split()[1].split(',')) == \
            {'bob@example.org', 'alice@example.org', 'alice@example.net'}
        assert 'alice@example.org' in lookup('url', 'bob')
        assert lookup('only', 'alice') == 'no match (68)'
        assert lookup('names', 'bob') == 'returns mail (0)'
        assert lookup('single', 'Example') == 'no match (68)'
        assert lookup('single', '(odd)') == 'returns st*r (0)'
        assert lookup('tag', 'bob') == 'returns bob.OK (0)'
        slapd.terminate()
        slapd.wait(60)
        assert lookup('one', 'alice') == 'no match (75)'
        slapd = start_slapd(tmp_path, port)
        assert lookup('one', 'alice') == 'returns alice@example.org (0)'
    finally:
        slapd.terminate()
        slapd.wait(60)


def as_nobody():
    """PostgreSQL does not run as root."""
    if os.getuid() != 0:
        return {}
    nobody = pwd.getpwnam('nobody')
    return {'user': nobody.pw_uid, 'group': nobody.pw_gid, 'extra_groups': []}


def start_postgres(directory, port):
    env = dict(server_env(), PGDATA=str(directory / 'pg'), TZ='UTC')
    p = subprocess.Popen([program('postgres'), '-p', str(port), '-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off',
                          '-c', f'unix_socket_directories={directory}'], env=env, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL, cwd=directory, **as_nobody())
    wait_for(answers_on(port), 60, 'postgres')
    return p


@pytest.mark.contract(80)
def test_pgsql(tmp_path, ask):
    port = free_port()
    initdb, psql = program('initdb'), shutil.which('psql')
    postgres_dir = pathlib.Path('/tmp') / f'map-pg-{os.getpid()}'
    postgres_dir.mkdir()
    server = None
    try:
        if os.getuid() == 0:
            os.chown(postgres_dir, pwd.getpwnam('nobody').pw_uid, -1)
        subprocess.run([initdb, '-D', postgres_dir / 'pg', '-A', 'trust', '-U', 'mail', '--no-sync'], check=True,
                       stdout=subprocess.DEVNULL, env=server_env(), cwd=postgres_dir, **as_nobody())
        server = start_postgres(postgres_dir, port)
        where = f'host=127.0.0.1 port={port} user=mail dbname=postgres'
        if not psql:
            pytest.skip('psql is not installed')
        sql = ("create table v (k text, v text); insert into v values ('a', 'one'), ('b', 'x'), ('b', 'y'), "
               "('o''neil', 'quoted')")
        for _ in range(100):
            if subprocess.run([psql, where, '-qc', sql], stderr=subprocess.DEVNULL).returncode == 0:
                break
            time.sleep(0.2)
        lookup = ask(
            f'Kp pgsql -d "{where}" -Q "select v from v where k = %s order by v"\n'
            f'Kslow pgsql -l 1 -d "{where}" -Q "select pg_sleep(20), %s::text"\n'
            f'Kbad pgsql -d "{where}" -Q "select nosuch from v"\n')
        assert lookup('p', 'A') == 'returns one (0)'
        assert lookup('p', 'b') == 'returns x,y (0)'
        assert lookup('p', "o'neil") == 'returns quoted (0)'
        assert lookup('p', "x' or '1'='1") == 'no match (68)'
        assert lookup('bad', 'a') == 'no match (75)'
        assert lookup('slow', 'a') == 'no match (75)'
        server.send_signal(signal.SIGINT)
        server.wait(60)
        assert lookup('p', 'a') == 'no match (75)'
        server = start_postgres(postgres_dir, port)
        wait_for(lambda: lookup('p', 'a') == 'returns one (0)', what='answer after the restart')
    finally:
        if server:
            server.send_signal(signal.SIGINT)
            server.wait(60)
        shutil.rmtree(postgres_dir, ignore_errors=True)


def start_redis(port):
    p = subprocess.Popen([program('redis-server'), '--port', str(port), '--bind', '127.0.0.1', '--save', '',
                          '--appendonly', 'no'], env=server_env(), stdout=subprocess.DEVNULL)
    wait_for(answers_on(port), what='redis')
    with socket.create_connection(('127.0.0.1', port)) as s:
        for words in (['SET', 'a', 'one'], ['SET', 'alias:b', 'two'], ['RPUSH', 'l', 'x', 'y'], ['HSET', 'h', 'k', 'v']):
            s.sendall(b'*%d\r\n' % len(words) + b''.join(b'$%d\r\n%s\r\n' % (len(w), w.encode()) for w in words))
            s.recv(1000)
    return p


@pytest.mark.contract(80)
def test_redis(ask):
    port = free_port()
    server = start_redis(port)
    try:
        lookup = ask(
            f'Kr redis -d 127.0.0.1:{port}\n'
            f'Kp redis -d 127.0.0.1:{port} -Q "GET alias:%s"\n'
            f'Kl redis -V + -d 127.0.0.1:{port} -Q "LRANGE %s 0 -1"\n'
            f'Kh redis -d 127.0.0.1:{port} -Q "HGET h %s"\n')
        assert lookup('r', 'A') == 'returns one (0)'
        assert lookup('r', 'nosuch') == 'no match (68)'
        assert lookup('r', 'a b') == 'no match (68)'
        assert lookup('p', 'b') == 'returns two (0)'
        assert lookup('l', 'l') == 'returns x+y (0)'
        assert lookup('h', 'k') == 'returns v (0)'
        assert lookup('r', 'l') == 'no match (75)'
        server.terminate()
        server.wait(60)
        assert lookup('r', 'a') == 'no match (75)'
        server = start_redis(port)
        assert lookup('r', 'a') == 'returns one (0)'
    finally:
        server.terminate()
        server.wait(60)


class SocketMap(socketserver.StreamRequestHandler):
    def handle(self):
        while True:
            digits = b''
            while not digits.endswith(b':'):
                byte = self.rfile.read(1)
                if not byte:
                    return
                digits += byte
            name, key = self.rfile.read(int(digits[:-1]) + 1)[:-1].split(b' ', 1)
            reply = {b'a': b'OK value for ' + name, b't': b'TEMP busy', b'p': b'PERM never'}.get(key, b'NOTFOUND ')
            self.wfile.write(b'%d:%s,' % (len(reply), reply))


@pytest.mark.contract(82)
def test_socket_map(ask):
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    with socketserver.ThreadingTCPServer(('127.0.0.1', 0), SocketMap) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        lookup = ask(f'Ks socket -d60s inet:{server.server_address[1]}@127.0.0.1\n')
        assert lookup('s', 'A') == 'returns value for s (0)'
        assert lookup('s', 'b') == 'no match (68)'
        assert lookup('s', 't') == 'no match (75)'
        assert lookup('s', 'p') == 'no match (69)'
        server.shutdown()
