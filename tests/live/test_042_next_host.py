"""What one mail exchanger puts off, the next one is asked for in the same attempt."""
import pytest

from conftest import wait_for
from peers import Sink, relay_to


@pytest.fixture
def pair():
    """Two hosts on one port."""
    first = Sink()
    try:
        second = Sink(at=('127.0.0.2', first.port))
    except OSError:
        first.stop()
        pytest.skip('no second loopback address')
    yield first, second
    first.stop()
    second.stop()


def to_both(port):
    return lambda text: relay_to(port)(text).replace('$@ [127.0.0.1] $:', '$@ [127.0.0.1]:[127.0.0.2] $:')


def send(daemon, mark, rcpts):
    with daemon.smtp() as smtp:
        smtp.sendmail('a@client.test', rcpts, f'X-Mark: {mark}\r\n\r\nx\r\n')


@pytest.mark.contract(133, 142)
def test_a_recipient_put_off_by_the_first_host_goes_to_the_second(make_daemon, pair):
    first, second = pair
    first.rcpt_reply = lambda line: '451 4.2.1 busy' if 'temp@' in line else None
    second.keep_messages = True
    daemon = make_daemon(edit=to_both(first.port))
    send(daemon, 'both', ['ok@far.example', 'temp@far.example'])
    wait_for(lambda: second.received['both'], seconds=60, what='delivery by the second host')
    assert first.received['both'] == 1
    assert len(second.messages[0][1]) == 1 and 'temp@far.example' in second.messages[0][1][0]
    wait_for(lambda: daemon.log().count('stat=Sent') >= 2, seconds=60, what='both sent')
    assert not daemon.queue_files()


@pytest.mark.contract(133)
def test_what_all_hosts_put_off_is_deferred_with_the_words_of_the_last(make_daemon, pair):
    first, second = pair
    first.rcpt_reply = lambda line: '451 4.2.1 first is busy'
    second.rcpt_reply = lambda line: '451 4.2.1 second is busy'
    daemon = make_daemon(edit=to_both(first.port))
    send(daemon, 'none', ['b@far.example'])
    wait_for(daemon.queue_files, seconds=60, what='a queue file')
    assert 'second is busy' in daemon.run('-bp').stdout


def test_a_refusal_for_good_is_not_asked_of_another_host(make_daemon, pair, user):
    first, second = pair
    first.rcpt_reply = lambda line: '550 5.1.1 nobody here'
    daemon = make_daemon(edit=to_both(first.port))
    send(daemon, 'never', ['b@far.example'])
    wait_for(lambda: 'stat=User unknown' in daemon.log(), seconds=60, what='the refusal')
    assert not second.received['never']
