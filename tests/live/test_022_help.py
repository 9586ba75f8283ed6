"""--help of every program and command: it is printed, it is no error, and nothing else happens."""
import subprocess

import pytest

from conftest import BIN

NAMES = sorted(p.name for p in BIN.iterdir() if p.is_symlink())
COMMANDS = ['check', 'config', 'default-config', 'explain', 'queue']


@pytest.mark.parametrize('words', [[n] for n in ['postrider', *NAMES]] + [['postrider', c] for c in COMMANDS], ids=' '.join)
def test_help_is_printed(words):
    done = subprocess.run([BIN / words[0], *words[1:], '--help'], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and not done.stderr
    assert done.stdout.startswith('usage: ') and len(done.stdout) > 100
    assert all(len(line) <= 100 for line in done.stdout.splitlines())
