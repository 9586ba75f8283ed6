"""Maps, their tools and the files behind them: our own cases beside those of the comparison kit.

corpus/tools: every flag, error and permission rule of makemap, editmap, praliases and newaliases. corpus/flags: every flag of the
classes that read files, asked directly and by rules. corpus/safety: files of every kind (maps, class files, .forward, :include:,
aliases, help) by owner, mode, link and directory, and what each value of DontBlameSendmail changes.

A case that is listed in DIFFERENT differs on purpose or knowingly: docs/differences.md says how.
"""
import os
import pathlib
import re
import subprocess

import pytest

from conftest import BIN
from test_oracle import KIT, kit  # noqa: F401 (a fixture)

CORPUS = pathlib.Path(__file__).with_name('corpus')

# The kit's names of steps that are allowed to differ.
DIFFERENT = {
    'tools': (
        r'lists, step \d+',                                 # cdb and lmdb are there too
        r'flags behind the names, step 7',
        r'a line with a NUL, step 1',                       # another text, the same status
        r'newaliases: who may, step 7',                     # sendmail -I is -bi, as documented
        r'newaliases: every error, step [234]',             # where a quote that is not closed ends
    ),
    'flags': (
        r'/map m5[67] a',                                   # the database library's own line is not shown
        r'/map w165 a',                                     # a blank at the end of a line
    ),
    'safety': (),
}


def compare(tool, name):
    env = dict(os.environ, SENDMAIL=str(BIN / 'sendmail'))
    env.pop('TEST_COVERAGE', None)
    done = subprocess.run([KIT / tool, '-v', CORPUS / name], env=env, capture_output=True, text=True, timeout=1500)
    assert done.returncode in (0, 1), done.stderr
    same, of = map(int, re.search(rf'^{tool}: (\d+) same of (\d+)', done.stdout, re.M).groups())
    different = re.findall(r'^--- (?:case|command): (.*)|^--- (what is said at the start)', done.stdout, re.M)
    return same, of, [a or b for a, b in different], done.stdout


@pytest.mark.long
@pytest.mark.parametrize('tool, name', [
    pytest.param('map-diff', 'tools', marks=pytest.mark.contract(3, 4, 6, 83, 84, 91)),
    pytest.param('bt-diff', 'flags', marks=pytest.mark.contract(80, 81, 95)),
    pytest.param('map-diff', 'safety', marks=pytest.mark.contract(36, 83, 88, 91)),
])
def test_files_and_tools_as_the_reference(kit, tool, name):  # noqa: F811
    same, of, different, output = compare(tool, name)
    new = [d for d in different if not any(re.fullmatch(p, d) for p in DIFFERENT[name])]
    assert not new, output
    assert of > 20 and same + len(different) >= of
