"""What ends a message, and what must not: no smuggling through bare line ends."""
import json
import os
import pathlib

import pytest

from conftest import TOP, wait_for
from peers import Raw

DATA = pathlib.Path(os.environ.get('TESTDATA', TOP.parent / 'shared' / 'testdata')) / 'smuggling' / 'end-of-data.json'


def start_data(daemon, user):
    raw = Raw(daemon.port)
    raw.reply()
    raw.command('EHLO client.test')
    raw.command('MAIL FROM:<a@client.test>')
    raw.command(f'RCPT TO:<{user}@localhost>')
    assert raw.command('DATA').startswith('354')
    return raw


@pytest.mark.contract(122)
@pytest.mark.parametrize('end', ['\n.\n', '\n.\r\n', '\r.\r', '\r\n.\n', '\r\n.\r', '\n\n.\r\n', '\r.\r\n', '\r\n\x00.\r\n'])
def test_a_wrong_end_of_data_ends_nothing(daemon, user, end):
    raw = start_data(daemon, user)
    raw.send(f'Subject: x\r\n\r\nbody{end}MAIL FROM:<evil@client.test>\r\nRCPT TO:<{user}@localhost>\r\n'
             'DATA\r\n\r\nsmuggled\r\n.\r\n'.encode('latin-1'))
    first = raw.reply()
    if end == '\r\n\x00.\r\n':
        assert first.startswith('250')          # one message, the NUL and the rest inside it
        wait_for(lambda: 'smuggled' in daemon.mailbox(user), what='delivery')
        assert daemon.mailbox(user).count('\nFrom ') == 0
        return
    assert first.startswith('421 4.5.0 Bare ')
    assert raw.reply() == ''
    assert daemon.mailbox(user) == ''


@pytest.mark.contract(122)
def test_published_smuggling_sequences(daemon, user):
    if not DATA.exists():
        pytest.skip('the public test data is not beside the project')
    for case in json.loads(DATA.read_text())['cases']:
        raw = start_data(daemon, user)
        raw.send(b'\r\nhello' + bytes.fromhex(case['hex']) + b'NOOP\r\n')
        raw.sock.settimeout(0.5)
        try:
            reply = raw.reply()
        except OSError:
            reply = ''
        assert not reply.startswith('250'), (case['id'], reply)
        raw.close()


@pytest.mark.contract(122)
def test_commands_sent_before_the_reply_to_data_are_refused(daemon, user):
    raw = Raw(daemon.port)
    raw.reply()
    raw.command('EHLO client.test')
    raw.command('MAIL FROM:<a@client.test>')
    raw.command(f'RCPT TO:<{user}@localhost>')
    raw.send(b'DATA\r\nSubject: early\r\n\r\nx\r\n.\r\n')
    assert raw.reply().startswith('554 5.5.0 SMTP protocol error')
