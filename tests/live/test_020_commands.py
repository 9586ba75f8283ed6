"""Commands and replies of the SMTP server, on a raw connection."""
import pytest

from conftest import wait_for
from peers import Raw


@pytest.fixture
def raw(daemon):
    client = Raw(daemon.port)
    assert client.reply().startswith('220 localhost ESMTP')
    yield client
    client.close()


@pytest.mark.contract(117, 120)
def test_ehlo_lists_the_extensions_in_order(raw):
    lines = raw.command('EHLO client.test').split('\n')
    assert lines[0].startswith('250-localhost Hello ')
    names = [l[4:].split()[0] for l in lines[1:]]
    assert names[:2] == ['ENHANCEDSTATUSCODES', 'PIPELINING']
    assert [n for n in names if n in ('8BITMIME', 'SIZE', 'DSN', 'ETRN', 'DELIVERBY', 'HELP')] == \
        ['8BITMIME', 'SIZE', 'DSN', 'ETRN', 'DELIVERBY', 'HELP']


@pytest.mark.contract(117, 168)
@pytest.mark.parametrize('line, reply', [
    ('helo there', '250 localhost Hello '),
    ('HELO', '501 5.0.0 HELO requires domain address'),
    ('RCPT TO:<a@localhost>', '503 5.0.0 Need MAIL before RCPT'),
    ('DATA', '503 5.0.0 Need MAIL command'),
    ('NOOP', '250 2.0.0 OK'),
    ('RSET', '250 2.0.0 Reset state'),
    ('FOO bar', '500 5.5.1 Command unrecognized: "FOO bar"'),
    ('TURN', '502 5.5.1 Command not implemented: "TURN"'),
    ('WIZ', '500 5.5.1 Command unrecognized: "WIZ"'),
    ('QUIT', '221 2.0.0 localhost closing connection'),
])
def test_replies_outside_a_transaction(raw, line, reply):
    assert raw.command(line).startswith(reply)


@pytest.mark.contract(117, 119, 168)
def test_a_transaction_in_lower_case_without_brackets(raw, daemon, user):
    assert raw.command('helo there').startswith('250')
    assert raw.command('mail from: a@client.test').startswith('250 2.1.0 a@client.test... Sender ok')
    assert raw.command(f'rcpt to: {user}@localhost').startswith(f'250 2.1.5 {user}@localhost... Recipient ok')
    assert raw.command('data').startswith('354 ')
    assert 'Message accepted for delivery' in raw.command('Subject: lower\r\n\r\ntext\r\n.')
    wait_for(lambda: 'Subject: lower' in daemon.mailbox(user), what='delivery')


@pytest.mark.contract(120)
def test_a_pipelined_group_is_answered_in_order(raw, user):
    raw.command('EHLO client.test')
    raw.send(f'MAIL FROM:<a@client.test>\r\nRCPT TO:<{user}@localhost>\r\nRCPT TO:<nosuchuser@localhost>\r\nDATA\r\n'.encode())
    assert [raw.reply()[:3] for _ in range(4)] == ['250', '250', '550', '354']
    assert raw.command('\r\nbody\r\n.').startswith('250 2.0.0 ')


@pytest.mark.contract(117)
@pytest.mark.parametrize('line, reply', [
    ('MAIL FROM:<a@client.test> SIZE', '501 5.5.2 SIZE requires a value'),
    ('MAIL FROM:<a@client.test> BODY=9BIT', '501 5.5.4 Unknown BODY type 9BIT'),
    ('MAIL FROM:<a@client.test> RET=SOME', '501 5.5.2 Bad argument "SOME" to RET'),
    ('MAIL FROM:<a@client.test> FOO=1', '555 5.5.4 FOO parameter unrecognized'),
    ('MAIL', '501 5.5.2 Syntax error in parameters scanning "'),
])
def test_wrong_parameters_of_mail(raw, line, reply):
    raw.command('EHLO client.test')
    assert raw.command(line).startswith(reply)


@pytest.mark.contract(121, 151)
def test_too_many_bad_commands_end_the_connection(raw):
    replies = [raw.command(f'BAD{i}') for i in range(26)]
    assert any(r.startswith('421 4.7.0 localhost Too many bad commands; closing connection') for r in replies)


@pytest.mark.contract(144, 150)
def test_unknown_local_users_are_refused(raw):
    raw.command('EHLO client.test')
    raw.command('MAIL FROM:<a@client.test>')
    assert raw.command('RCPT TO:<nosuchuser@localhost>').startswith('550 5.1.1 <nosuchuser@localhost>... User unknown')
