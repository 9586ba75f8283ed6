"""Queue groups and selected runs: what a run of the command line takes up, says and leaves."""
import re
import subprocess

import pytest

from conftest import AS_USER
from peers import Sink, relay_to


@pytest.fixture
def sink():
    s = Sink()
    yield s
    s.stop()


def with_groups(port):
    def edit(text):
        base = re.search(r'^O QueueDirectory=(.*)$', text, re.M).group(1)
        text = relay_to(port)(text).replace('MinQueueAge=1m', 'MinQueueAge=0').replace(f'QueueDirectory={base}', f'QueueDirectory={base}/main')
        return text + (f'O DeliveryMode=q\nQslow, P={base}/slow, F=f, R=2\nQnever, P={base}/never, R=0\n')
    return edit


@pytest.fixture
def queue(make_daemon, sink):
    """A message at rest in the directory of each of three groups; no daemon runs."""
    daemon = make_daemon(edit=with_groups(sink.port), start=False)
    for name in ('main', 'slow', 'never'):
        subprocess.run([*AS_USER, 'mkdir', '-m', '700', daemon.state / 'queue' / name], check=True)
    for who, where in (('slow', 'slow'), ('never', 'never'), ('plain', 'main')):
        daemon.run('-odq', '-i', '-f', 'a@client.test', f'{who}@far.example', input=f'X-Mark: {who}\n\nx\n')
        for path in (daemon.state / 'queue' / 'main').glob('[qd]f*'):
            path.rename(daemon.state / 'queue' / where / path.name)  # as an administrator moves mail
    return daemon


def groups_with_mail(daemon):
    return sorted({p.parent.name for p in (daemon.state / 'queue').rglob('[qh]f*')})


@pytest.mark.contract(105)
def test_a_group_without_runners_is_run_only_by_its_name(queue, sink):
    assert groups_with_mail(queue) == ['main', 'never', 'slow']
    said = queue.run('-q', '-v').stdout
    assert said.count('(sequence 1 of 1)') == 2 and '/never/' not in said
    assert groups_with_mail(queue) == ['never']
    queue.run('-qGnever')
    assert not groups_with_mail(queue)
    assert sink.received == {'plain': 1, 'slow': 1, 'never': 1}


@pytest.mark.contract(105)
def test_one_group_is_run_and_no_other(queue, sink):
    queue.run('-qGslow')
    assert groups_with_mail(queue) == ['main', 'never'] and sink.received == {'slow': 1}
    assert 'Queue group nosuch unknown' in queue.run('-qGnosuch').stderr
    twice = queue.run('-qGslow', '-qGmqueue', check=False)
    assert twice.returncode == 64 and 'Can not use multiple -qG options' in twice.stderr
    negated = queue.run('-q!Gslow', check=False)
    assert negated.returncode == 64 and 'Can not use -q!G' in negated.stderr
    assert queue.run('-q5x', check=False).stderr.strip() == "Invalid time unit `x'"


@pytest.mark.contract(103, 104)
def test_what_is_set_aside_is_left_by_a_run_and_taken_up_by_its_own(queue, sink):
    said = queue.run('-Qodd', '-qRplain@', '-v').stdout
    assert 'Quarantined with "odd"' in said and '1 change\n' in said and 'slow: no matches' in said
    queue.run('-q')
    assert groups_with_mail(queue) == ['main', 'never'] and sink.received['plain'] == 0
    assert 'QUARANTINE: odd' in queue.run('-bp', '-qQ').stdout
    queue.run('-qQ')
    assert groups_with_mail(queue) == ['never'] and sink.received['plain'] == 1
    assert queue.run('-Q', '-qQ', '-v').stdout.endswith('No changes\n')


@pytest.mark.contract(102, 103)
def test_a_pattern_names_several_directories(make_daemon, sink):
    def edit(text):
        return re.sub(r'(?m)^(O QueueDirectory=.*)$', r'\1/q*', relay_to(sink.port)(text)).replace('MinQueueAge=1m', 'MinQueueAge=0')
    daemon = make_daemon(edit=edit, start=False)
    for name in ('q1', 'q2'):
        subprocess.run([*AS_USER, 'mkdir', '-m', '700', daemon.state / 'queue' / name], check=True)
    for i in range(8):
        daemon.run('-odq', '-i', '-f', 'a@client.test', f'n{i}@far.example', input=f'X-Mark: n{i}\n\nx\n')
    assert set(groups_with_mail(daemon)) <= {'q1', 'q2'} and len(daemon.queue_files()) == 8
    assert 'Total requests: 8' in daemon.run('-bp').stdout
    daemon.run('-q')
    assert sink.received == {f'n{i}': 1 for i in range(8)} and not daemon.queue_files()
