"""Test mode and the reader of configurations, by chance: random lines on generated files, random files, and files with mistakes
go to sendmail and to postrider, which must print the same. COMPAT_SEED=N tries others than those that are tried always.
"""
import os
import re

import pytest

import rules_diff
import rules_make
from conftest import BIN
from test_oracle import KIT, kit                                                    # noqa: F401

pytestmark = [pytest.mark.long, pytest.mark.xdist_group('rules')]
SEED = int(os.environ.get('COMPAT_SEED', '1'))
SITES = ('plain', 'hub', 'generic', 'masq', 'virtual', 'rules', 'uucp')

# What differs on purpose or knowingly (docs/differences.md), as it shows in an answer of either side.
KNOWN = re.compile(r'''
    getmxrr\(\S+\.oracle\.example\)\ returns          # an MX answer that is only a CNAME
  | \\\\"                                             # a quoted pair in a phrase that must be quoted
  | allocaddr\(|parseaddr-->|syserr:\ ExitStat        # traces of the program's inside
  | Unknown\ host\ name                               # filters' hosts are looked up when they are asked
  | No\ file\ name\ for\ (stab\ map|hash\ map\ Alias) # a map declared twice is one map
''', re.X)
SHARE = 0.985       # of the answers: what is left are random mistakes upon mistakes


def is_known(what, theirs, ours):
    return bool(KNOWN.search(theirs) or KNOWN.search(ours)) or what.startswith('/mx www.')


@pytest.fixture(scope='module')
def pair(kit):
    both = rules_diff.Pair(kit, BIN / 'sendmail')
    yield both
    both.close()


def check(same, total, bad, at_least=SHARE):
    assert total > 500
    print(f'{same} same of {total}')
    assert same >= at_least * total, f'{same} of {total}\n' + '\n'.join(bad[:20])


def session(name, text, r, n):
    return dict(name=name, argv=['-bt'], stdin='\n'.join(rules_make.lines(r, text, n) + [rules_make.ENDS]) + '\n')


@pytest.mark.contract(27, 30, 31, 37, 38)
@pytest.mark.parametrize('site', SITES)
def test_lines_of_all_kinds_on_a_site(pair, site):
    text = pair.cf(site)
    cases = [session(f'{site} {i}', text, rules_make.Random(SEED * 1000 + i), 80) for i in range(10)]
    check(*rules_diff.compare(pair, site, cases, is_known))


@pytest.mark.contract(24, 25, 26, 27, 28, 29, 30, 33)
def test_random_rules_of_every_level(pair):
    cases = []
    for i in range(40):
        r = rules_make.Random(SEED * 1000 + i)
        text = rules_make.configuration(r)
        cases.append(dict(session(f'own {i}', text, r, 60), cf=text))
    check(*rules_diff.compare(pair, 'plain', cases, is_known))


@pytest.mark.contract(23, 24)
def test_mistakes_in_every_kind_of_line(pair):
    lines = [line for site in SITES for line in pair.cf(site).split('\n') if line and line[0] not in '#  \t']
    cases = []
    for i in range(150):
        text = rules_make.broken(rules_make.Random(SEED * 100000 + i), lines)
        cases.append(dict(name=f'mistakes {i}', cf=text, argv=['-bt'], stdin='$X\n${Long}\n=M\n3 a\n$=X\n=SS1\n'))
    check(*rules_diff.compare(pair, 'plain', cases, is_known))
