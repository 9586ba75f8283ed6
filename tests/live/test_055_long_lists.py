"""Lists of many thousand members: each member once, in several messages, the list gone from the queue at the end."""
import collections
import os
import re

import pytest

from conftest import wait_for
from peers import Sink, relay_to

MEMBERS = 9000


def rcpts_of(sink):
    with sink.lock:
        return collections.Counter(re.search(r'<(.*)>', line).group(1) for m in sink.messages for line in m[1])


@pytest.mark.contract(83)
@pytest.mark.parametrize('kind', ['alias', 'include', 'nest'])
def test_each_member_of_a_long_list_once(make_daemon, kind):
    sink = Sink()
    sink.keep_messages = True
    daemon = make_daemon(start=False, edit=relay_to(sink.port))
    members = [f'm{i}@far.test' for i in range(MEMBERS)]
    twice = members + members[:500]
    if kind == 'alias':
        text = f'list: {", ".join(twice)}\n'
    elif kind == 'include':
        path = daemon.state / 'members'
        path.write_text('# members\n' + '\n'.join(twice) + '\n')
        os.chmod(path, 0o644)
        text = f'list: :include:{path}\n'
    else:
        text = ''.join(f'sub{i}: {", ".join(twice[i:i + 50])}\n' for i in range(0, len(twice), 50))
        text += 'list: ' + ', '.join(f'sub{i}' for i in range(0, len(twice), 50)) + '\n'
    (daemon.state / 'aliases').write_text(text)
    daemon.run('-bi')
    daemon.start()
    with daemon.smtp() as smtp:
        smtp.sendmail('a@client.test', ['list@localhost'], 'Subject: s\r\n\r\nbody text\r\n')
    wait_for(lambda: len(rcpts_of(sink)) == MEMBERS, 120, 'every member')
    wait_for(lambda: not daemon.queue_files(), 60, 'an empty queue')
    assert set(rcpts_of(sink)) == set(members)
    assert set(rcpts_of(sink).values()) == {1}, 'a member got it twice'
    assert daemon.log().count('clone: part of a list') >= 4
    assert 'stat=' not in re.sub(r'stat=Sent', '', daemon.log()), 'nothing failed or was deferred'


@pytest.mark.contract(83)
def test_a_long_list_given_on_the_command_line(make_daemon):
    sink = Sink()
    sink.keep_messages = True
    daemon = make_daemon(start=False, edit=relay_to(sink.port))
    (daemon.state / 'aliases').write_text('list: ' + ', '.join(f'm{i}@far.test' for i in range(5000)) + '\n')
    daemon.run('-bi')
    daemon.run('-odi', '-Am', 'list', input='Subject: s\n\nbody text\n', timeout=200)
    daemon.run('-q', timeout=200)
    wait_for(lambda: len(rcpts_of(sink)) == 5000, 60, 'every member')
    assert set(rcpts_of(sink).values()) == {1}
    assert not daemon.queue_files()
    shown = daemon.run('-bv', 'list').stdout.splitlines()
    assert len(shown) == 5000
