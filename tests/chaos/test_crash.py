"""Kill the daemon's processes at random moments under load: everything answered 250 arrives; duplicates are counted.

CRASH_KILLS sets how often (at least 200 in the suite).
"""
import itertools
import os
import pathlib
import random
import signal
import threading
import time

import pytest

from conftest import wait_for
from peers import Raw, Sink, relay_to

KILLS = int(os.environ.get('CRASH_KILLS', '200'))
CLIENTS = 8
BACKLOG = 1000      # messages answered 250 that have not arrived: clients wait, so that slow and fast machines end alike


def children(pid):
    try:
        text = pathlib.Path(f'/proc/{pid}/task/{pid}/children').read_text()
    except OSError:
        return []
    return [int(p) for p in text.split()]


class Load:
    """Clients that send numbered messages until told to stop, and remember which were answered 250."""

    def __init__(self, daemon, sink):
        self.daemon = daemon
        self.sink = sink
        self.numbers = itertools.count()
        self.acknowledged = set()
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.client, daemon=True) for _ in range(CLIENTS)]
        for t in self.threads:
            t.start()

    def client(self):
        while not self.stopping.is_set():
            try:
                self.conversation()
            except OSError:
                time.sleep(0.01)

    def conversation(self):
        raw = Raw(self.daemon.port, timeout=10)
        try:
            if not raw.reply().startswith('220') or not raw.command('EHLO client.test').startswith('250'):
                return
            for _ in range(20):
                while len(self.acknowledged) - len(self.sink.received) > BACKLOG and not self.stopping.is_set():
                    time.sleep(0.01)
                if self.stopping.is_set():
                    return
                mark = f'm{next(self.numbers)}'
                size = random.choice((10, 500, 4000, 70000))
                raw.send(b'MAIL FROM:<a@client.test>\r\nRCPT TO:<b@far.example>\r\nDATA\r\n')
                replies = [raw.reply() for _ in range(3)]
                if not replies[2].startswith('354'):
                    return
                raw.send(f'X-Mark: {mark}\r\n\r\n'.encode() + (b'x' * 70 + b'\r\n') * (size // 72) + b'.\r\n')
                if not raw.reply().startswith('250'):
                    return
                with self.lock:
                    self.acknowledged.add(mark)
        finally:
            raw.close()

    def stop(self):
        self.stopping.set()
        for t in self.threads:
            t.join(30)


def kill(pid):
    """An mta whose agent is gone ends by itself, perhaps before the signal."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def is_gone(pid):
    try:
        return 'State:\tZ' in pathlib.Path(f'/proc/{pid}/status').read_text()
    except OSError:
        return True


def kill_all(daemon):
    """The agent and the mta, both by SIGKILL, then a new start."""
    pids = [daemon.process.pid] + children(daemon.process.pid)
    for pid in pids:
        kill(pid)
    daemon.process.wait()
    for pid in pids[1:]:        # its sockets are free when it is gone
        wait_for(lambda: is_gone(pid), what='the mta is gone')
    daemon.start()


@pytest.mark.long
@pytest.mark.contract(100)
def test_nothing_acknowledged_is_lost_when_the_daemon_is_killed(make_daemon, tell):
    sink = Sink()
    daemon = make_daemon(edit=relay_to(sink.port))
    load = Load(daemon, sink)
    rng = random.Random(7)
    kills = {'mta': 0, 'both': 0}
    try:
        while sum(kills.values()) < KILLS:
            time.sleep(rng.uniform(0.01, 0.3))
            mta = children(daemon.process.pid)
            if rng.random() < 0.2:
                kill_all(daemon)
                kills['both'] += 1
            elif mta:
                kill(mta[0])
                kills['mta'] += 1
                wait_for(daemon.answers, what='the agent starts the mta again')
        # A slow machine takes few messages between two kills.
        wait_for(lambda: len(load.acknowledged) > KILLS, seconds=120, what='more messages than kills')
    finally:
        load.stop()
    try:
        wait_for(lambda: not (load.acknowledged - set(sink.received)), seconds=180, what='everything acknowledged arrives')
    except AssertionError:
        missing = sorted(load.acknowledged - set(sink.received))
        raise AssertionError(f'{len(missing)} of {len(load.acknowledged)} missing: {missing[:20]}; in queue files: '
                             f'{len(daemon.queue_files())}\n{daemon.run("-bp").stdout[:2000]}\n{daemon.log()[-6000:]}') from None
    duplicates = sum(n - 1 for n in sink.received.values())
    tell(f'crash test: {kills["mta"]} kills of the mta, {kills["both"]} of agent and mta; '
         f'{len(load.acknowledged)} messages answered 250, lost 0, {duplicates} duplicates')
    sink.stop()
