"""The life of a message, end to end: in by SMTP or from the command line, out into a mailbox."""
import pytest

from conftest import wait_for


@pytest.mark.contract(1, 116, 117)
def test_a_message_by_smtp_reaches_the_mailbox(daemon, user):
    with daemon.smtp() as smtp:
        smtp.sendmail('a@client.test', [f'{user}@localhost'], 'Subject: one\r\n\r\nfirst line\r\n..dots\r\n')
    box = wait_for(lambda: 'first line' in daemon.mailbox(user) and daemon.mailbox(user), what='delivery')
    assert box.startswith('From a@client.test ')
    assert '\nReceived: from client.test' in box
    assert '\n..dots\n' in box
    assert 'Subject: one\n' in box


@pytest.mark.contract(167)
def test_a_message_from_the_command_line_reaches_the_mailbox(daemon, user):
    daemon.run('-t', input=f'To: {user}@localhost\nBcc: {user}+x@localhost\nSubject: two\n\nby hand\n')
    box = wait_for(lambda: 'by hand' in daemon.mailbox(user) and daemon.mailbox(user), what='delivery')
    assert 'Bcc:' not in box


@pytest.mark.contract(144, 147, 148)
def test_the_log_has_a_sender_line_and_a_delivery_line(daemon, user):
    with daemon.smtp() as smtp:
        smtp.sendmail('a@client.test', [f'{user}@localhost'], 'Subject: three\r\n\r\nx\r\n')
    wait_for(lambda: 'stat=Sent' in daemon.log(), what='delivery line')
    log = daemon.log()
    assert 'from=<a@client.test>, size=' in log
    assert f'to=<{user}@localhost>, delay=' in log


@pytest.mark.contract(126)
def test_relaying_is_for_this_machine_only(daemon):
    assert 'Relaying denied' not in daemon.log()
    with daemon.smtp() as smtp:
        smtp.ehlo()
        smtp.mail('a@client.test')
        code, _ = smtp.rcpt('someone@elsewhere.example')
    assert code == 250


@pytest.mark.contract(120)
@pytest.mark.parametrize('size', [70_000, 300_000, 5_000_000])
def test_a_big_message_arrives_whole(daemon, user, size):
    text = 'Subject: big\r\n\r\n' + 'x' * 70 + '\r\n'
    text += ('y' * 998 + '\r\n') * (size // 1000) + 'the end\r\n'
    with daemon.smtp() as smtp:
        smtp.sendmail('a@client.test', [f'{user}@localhost'], text)
    box = wait_for(lambda: 'the end' in daemon.mailbox(user) and daemon.mailbox(user), what='delivery')
    assert box.count('y' * 998 + '\n') == size // 1000
