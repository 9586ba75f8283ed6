"""Random and hostile SMTP conversations: the daemon answers or hangs up, and never falls over.

Run under the sanitizers this shows that no conversation makes them speak. HOSTILE_CONVERSATIONS sets how many.
"""
import os
import random
import socket
import threading

import pytest

from conftest import wait_for

CONVERSATIONS = int(os.environ.get('HOSTILE_CONVERSATIONS', '2000'))
THREADS = 8

WORDS = [b'HELO', b'EHLO', b'MAIL', b'RCPT', b'DATA', b'RSET', b'NOOP', b'QUIT', b'VRFY', b'EXPN', b'HELP', b'ETRN', b'VERB',
         b'AUTH', b'STARTTLS', b'BDAT', b'WIZ', b'DEBUG', b'GET / HTTP/1.1', b'TURN', b'mail', b'rCpT']
PARTS = [b' FROM:', b' TO:', b'<', b'>', b'@', b'"', b'\\', b'(', b')', b':', b';', b',', b'.', b' ', b'\t', b'a@b.example',
         b'<x@y.example>', b'<>', b'localhost', b'SIZE=', b'SIZE=99999999999999999999', b'BODY=8BITMIME', b'BODY=', b'NOTIFY=NEVER',
         b'NOTIFY=SUCCESS,FAILURE,', b'ORCPT=rfc822;a+2Bb', b'RET=HDRS', b'ENVID=+ZZ', b'BY=1;R', b'\x00', b'\x80\x81\x9f', b'\xff',
         b'%s%n', b'|/bin/sh', b':include:/etc/passwd', b'/etc/passwd', b'A' * 300, b'[127.0.0.1]', b'[IPv6:::1]', b'a%b@c', b'a!b',
         b'postmaster', b'root@localhost', b'<@a,@b:c@d>', b'((((((', b'<<<<<<<', b'@#$']
ENDS = [b'\r\n', b'\r\n', b'\r\n', b'\n', b'\r', b'\r\r\n', b'', b'\r\n.\r\n', b'\n.\n', b'\r\n.\n']


def line(rng):
    parts = [rng.choice(WORDS)] + [rng.choice(PARTS) for _ in range(rng.randrange(0, 8))]
    return b''.join(parts) + rng.choice(ENDS)


def polite(rng):
    """A conversation that gets as far as DATA, then misbehaves there."""
    body = bytes(rng.randrange(256) for _ in range(rng.randrange(0, 400))) * rng.choice((1, 1, 1, 300))
    header = rng.choice((b'Subject: x\r\n\r\n', b'', b'X:' + b'y' * 40000 + b'\r\n', b'To: ' + b'<' * 500 + b'\r\n\r\n',
                         b'From: "a (b <c@d> e" f\r\n\r\n', b'Received: x\r\n' * 40 + b'\r\n', b' folded first\r\n\r\n'))
    return [b'EHLO c.example\r\n', b'MAIL FROM:<a@localhost>\r\n', b'RCPT TO:<root@localhost>\r\n', b'DATA\r\n', header + body,
            rng.choice((b'\r\n.\r\n', b'\n.\n', b'\r.\r', b'')), b'QUIT\r\n']


def conversation(port, seed):
    rng = random.Random(seed)
    kind = rng.randrange(6)
    if kind == 0:
        pieces = polite(rng)
    elif kind == 1:
        pieces = [b'EHLO c.example\r\nMAIL FROM:<a@localhost>\r\n'] + [b'RCPT TO:<%d@localhost>\r\n' % i for i in range(rng.randrange(400))]
    elif kind == 2:
        pieces = [os.urandom(rng.randrange(1, 20000))]
    elif kind == 3:
        pieces = [rng.choice(WORDS) + b' ' + b'A' * rng.randrange(1, 200000) + b'\r\n']
    else:
        pieces = [b'EHLO c.example\r\n'] * rng.randrange(2) + [line(rng) for _ in range(rng.randrange(1, 40))]
    with socket.create_connection(('127.0.0.1', port), timeout=20) as s:
        s.settimeout(0.05)
        try:
            for piece in pieces:
                s.sendall(piece)
                if rng.random() < 0.3:
                    try:
                        s.recv(65536)
                    except TimeoutError:
                        pass
            if rng.random() < 0.5:
                s.shutdown(socket.SHUT_WR)
                s.settimeout(2)
                while s.recv(65536):
                    pass
        except OSError:
            pass


@pytest.mark.contract(28, 117, 121, 122, 173)
def test_hostile_conversations_do_no_harm(make_daemon):
    daemon = make_daemon()
    mta_before = daemon.process.pid
    seeds = iter(range(CONVERSATIONS))
    lock = threading.Lock()
    failures = []

    def run():
        while True:
            with lock:
                seed = next(seeds, None)
            if seed is None:
                return
            try:
                conversation(daemon.port, seed)
            except OSError as e:
                failures.append((seed, e))

    threads = [threading.Thread(target=run) for _ in range(THREADS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not failures, failures[:5]
    wait_for(daemon.answers, what='the daemon still answers')
    assert daemon.process.pid == mta_before
    stderr = (daemon.state / 'stderr').read_text(errors='replace')
    assert 'Sanitizer' not in stderr and 'runtime error' not in stderr and 'BUG at' not in stderr, stderr[:4000]
    assert 'started again' not in daemon.log(), 'the mta died and was started again'
