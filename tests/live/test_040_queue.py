"""Deferred mail: kept, listed, tried again, returned when it is too old."""
import pytest

from conftest import wait_for
from peers import Sink, relay_to


@pytest.fixture
def sink():
    s = Sink()
    yield s
    s.stop()


def faster(edit):
    """Messages may be tried again at once."""
    return lambda text: edit(text).replace('MinQueueAge=1m', 'MinQueueAge=0')


def send(daemon, rcpts, sender='a@client.test', text='Subject: s\r\n\r\nx\r\n'):
    with daemon.smtp() as smtp:
        smtp.sendmail(sender, rcpts, text)


@pytest.mark.contract(97, 98, 99, 102, 133)
def test_deferred_mail_waits_in_queue_files_and_goes_out_later(make_daemon, sink):
    sink.rcpt_reply = lambda line: '451 4.2.0 come back later'
    daemon = make_daemon(edit=faster(relay_to(sink.port)))
    send(daemon, ['b@far.example'], text='X-Mark: later\r\nSubject: s\r\n\r\nx\r\n')
    wait_for(daemon.queue_files, what='a queue file')
    listing = daemon.run('-bp').stdout
    assert '(1 request)' in listing and '<b@far.example>' in listing and 'come back later' in listing
    assert 'stat=Deferred: 451 4.2.0 come back later' in daemon.log()
    sink.rcpt_reply = None
    wait_for(lambda: sink.received['later'], what='the second try')
    wait_for(lambda: not daemon.queue_files(), what='the queue is empty')
    assert sink.received['later'] == 1
    assert 'is empty' in daemon.run('-bp').stdout


@pytest.mark.contract(103, 105)
def test_queue_only_mode_keeps_mail_until_a_queue_run(make_daemon, sink):
    daemon = make_daemon(options=['-O', 'DeliveryMode=q'], edit=faster(relay_to(sink.port)), args=('-O', 'LogLevel=10'))
    send(daemon, ['b@far.example'], text='X-Mark: held\r\n\r\nx\r\n')
    wait_for(daemon.queue_files, what='a queue file')
    assert not sink.received['held']
    daemon.stop()
    daemon.run('-q')
    wait_for(lambda: sink.received['held'], what='delivery by the run')
    assert not daemon.queue_files()


@pytest.mark.contract(136, 153)
def test_a_recipient_refused_by_the_peer_is_reported_to_the_sender(make_daemon, sink, user):
    sink.rcpt_reply = lambda line: '550 5.1.1 nobody here' if 'bad@' in line else None
    daemon = make_daemon(edit=relay_to(sink.port))
    send(daemon, ['bad@far.example', 'good@far.example'], sender=f'{user}@localhost', text='X-Mark: half\r\nSubject: orig\r\n\r\nx\r\n')
    box = wait_for(lambda: 'multipart/report' in daemon.mailbox(user) and daemon.mailbox(user), what='the bounce')
    assert sink.received['half'] == 1
    assert 'Subject: Returned mail: see transcript for details' in box
    assert '<bad@far.example>' in box and '<good@far.example>' not in box.split('Content-Type: message/rfc822')[0]
    for text in ('Final-Recipient: RFC822; bad@far.example', 'Action: failed', 'Status: 5.1.1',
                 'Diagnostic-Code: SMTP; 550 5.1.1 nobody here', 'Auto-Submitted: auto-generated (failure)', 'Subject: orig'):
        assert text in box


@pytest.mark.contract(109, 153)
def test_mail_that_is_too_old_is_returned(make_daemon, sink, user):
    sink.rcpt_reply = lambda line: '451 4.2.0 not yet'
    daemon = make_daemon(edit=lambda t: faster(relay_to(sink.port))(t).replace('queuereturn=5d', 'queuereturn=2s'))
    send(daemon, ['b@far.example'], sender=f'{user}@localhost')
    box = wait_for(lambda: 'multipart/report' in daemon.mailbox(user) and daemon.mailbox(user), what='the return')
    assert 'Cannot send message for 2 seconds' in box or 'Message could not be delivered for 2 seconds' in box
    wait_for(lambda: not daemon.queue_files(), what='the queue is empty')


@pytest.mark.contract(109)
def test_a_delay_is_reported_once(make_daemon, sink, user):
    sink.rcpt_reply = lambda line: '451 4.2.0 not yet'
    daemon = make_daemon(edit=lambda t: faster(relay_to(sink.port))(t).replace('queuewarn=4h', 'queuewarn=1s'))
    send(daemon, ['b@far.example'], sender=f'{user}@localhost')
    wait_for(lambda: 'Warning: could not send message for past' in daemon.mailbox(user), what='the warning')
    wait_for(lambda: daemon.log().count('come') >= 0 and daemon.log().count('stat=Deferred: 451') >= 4, what='more tries')
    assert daemon.mailbox(user).count('Subject: Warning: could not send message for past') == 1


@pytest.mark.contract(135)
def test_many_messages_reuse_connections(make_daemon, sink):
    daemon = make_daemon(edit=relay_to(sink.port))
    with daemon.smtp() as smtp:
        for i in range(50):
            smtp.sendmail('a@client.test', ['b@far.example'], f'X-Mark: n{i}\r\n\r\nx\r\n')
    wait_for(lambda: sum(sink.received.values()) == 50, what='all of them')
    assert all(n == 1 for n in sink.received.values())


@pytest.mark.contract(97, 111)
def test_a_report_that_nobody_can_get_is_set_aside(make_daemon):
    """A double bounce whose postmaster does not exist: kept as Qf with its df, not forgotten."""
    daemon = make_daemon(edit=lambda t: t.replace('DoubleBounceAddress=postmaster', 'DoubleBounceAddress=nosuchuser'), start=False)
    (daemon.state / 'aliases').write_text('broken: "|exit 67"\n')
    daemon.run('-bi')
    daemon.start()
    send(daemon, ['broken@localhost'], sender='nosuchsender@localhost', text='Subject: kept\r\n\r\nwho reads this\r\n')
    lost = wait_for(lambda: list((daemon.state / 'queue').rglob('Qf*')), what='the lost message')
    assert 'SYSERR(root): savemail: cannot save rejected email anywhere' in daemon.log()
    body = lost[0].with_name('df' + lost[0].name[2:])
    assert 'who reads this' in body.read_text()
    assert '\nR' in lost[0].read_text(errors='replace')
