#!/usr/bin/env python3
"""Compares two cf trees: the same program reads the .cf that each makes of an .mc file, and must give the same final answers.

    cf_diff.py [-v] [--only REGEX] [--program real] [CONFIG-DIR ...]

Final answers are: what a test-mode line yields at its end (not how rulesets called each other on the way), and the server's
replies in the dialogues of smtp.txt. The kit (ORACLE_KIT, default ../shared/oracle) makes the .cf of the reference tree and
runs the boxes; the program is bin/sendmail of the build, or with --program real the reference itself. Listings of rulesets
(=S) are no answers and are left out. Exit status 0: all the same, 1: something differs.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
KIT = pathlib.Path(os.environ.get('ORACLE_KIT', TOP.parent / 'shared' / 'oracle'))
if not KIT.is_dir():
    KIT = TOP.parents[1] / 'shared' / 'oracle'
sys.dont_write_bytecode = True
sys.path.insert(0, str(KIT / 'lib'))
import dialog                                                                       # noqa: E402
import oracle                                                                       # noqa: E402


def final_answer(line, text):
    """What counts of the answer to one test-mode line."""
    if text is None:
        return '<no answer>'
    text = re.sub(r'(== Ruleset \S+) \(\d+\)', r'\1', text)             # numbers of names are nobody's business
    lines = oracle.Norm().text(text).split('\n')
    returns = [x for x in lines if re.match(r'\S+\s+returns:', x)]
    rest = [x for x in lines if not re.match(r'\S+\s+(input|returns):', x)]
    if line.startswith('/'):
        return '\n'.join(rest)
    if line.startswith('$='):
        return '\n'.join(sorted(rest))
    if line == '=M':
        return '\n'.join(sorted(re.sub(r'^mailer \d+ ', 'mailer ', x) for x in rest))
    return '\n'.join(rest + [re.sub(r'^\S+\s+returns:', 'returns:', x) for x in returns[-1:]])


def bt(run, cfg, cand, lines, out):
    first, second = oracle.both(run, 'bt', cand, cfg, lines=lines, opts=[])
    if second.get('error'):
        out.append(second['error'])
    same = 0
    pairs = [('what is said at the start', first.get('banner'), second.get('banner'))]
    pairs += zip(lines, first['segs'], second.get('segs') or [second.get('error', '')] * len(lines))
    for line, x, y in pairs:
        x, y = final_answer(line, x), final_answer(line, y)
        same += x == y
        if x != y or run.a.all:
            out.append('--- bt: %s\n%s' % (oracle.show(line), ''.join(
                '%s %s\n' % (mark, part) for mark, text in (('=', x),) if x == y for part in text.split('\n'))
                if x == y else oracle.udiff(x + '\n', y + '\n', cfg.name)))
    return same, len(pairs)


def smtp(run, cfg, cand, text, out):
    rep = oracle.Report(cfg.name)
    score = oracle.smtp(run, cfg, cand, text, run.a.only, rep)
    out += rep.out + score.trouble
    return score.same, score.total


def arguments():
    p = argparse.ArgumentParser(description=__doc__.split('\n', 1)[0])
    p.add_argument('config', nargs='*')
    p.add_argument('-v', '--verbose', action='store_true', help='print what differs')
    p.add_argument('-a', '--all', action='store_true', help='print equal answers too')
    p.add_argument('--only', metavar='REGEX', help='only lines and dialogues that match')
    p.add_argument('--kind', choices=('bt', 'smtp'))
    p.add_argument('--program', default=str(TOP / 'build/bin/sendmail'))
    p.add_argument('--cand-m4', default='timeout 20 m4 %s' % (TOP / 'cf/m4/cf.m4'))
    p.add_argument('-k', '--keep', action='store_true')
    p.add_argument('-j', '--jobs', type=int, default=4)
    p.add_argument('--lanes', type=int, default=8)
    p.add_argument('--own-maps', action='store_true', help=argparse.SUPPRESS)
    p.add_argument('--no-tree', action='store_true', help='only the reference tree, to ask it something')
    return p.parse_args()


def wanted(text, only):
    return [l for l, flag in oracle.bt_lines(text) if flag != 'skip' and not re.match(r'=S|-d', l)
            and (not only or l[0] in '.-' or re.search(only, l))]


def work(dirs, only):
    """What is to be compared, the dialogues first: they wait most of their time."""
    parts = [(oracle.Config(d), kind) for kind in ('smtp', 'bt') for d in dirs if only in (None, kind)]
    return [(cfg, kind, text) for cfg, kind in parts for text in [cfg.read(kind + '.txt')] if text]


def one(run, cand, a, cfg, kind, text):
    out = []
    try:
        s, n = bt(run, cfg, cand, wanted(text, a.only), out) if kind == 'bt' else smtp(run, cfg, cand, text, out)
    except (oracle.Broken, SystemExit) as e:
        out.append('%s\n' % e)
        s, n = 0, 1
    return out, '%s %s: %d same of %d' % (cfg.name, kind, s, n), s, n


def main():
    a = arguments()
    cand = oracle.candidate(argparse.Namespace(candidate=a.program))
    oracle.REAL = dict(cand, name='real')
    if a.no_tree:
        a.cand_m4, a.all = None, True
    dirs = a.config or sorted(str(p.parent) for p in (KIT / 'corpus').glob('*/config.mc'))
    run, same, total = oracle.Run(a), 0, 0
    try:
        run.certs()
        with concurrent.futures.ThreadPoolExecutor(max(1, a.jobs)) as pool:
            for out, line, s, n in pool.map(lambda w: one(run, cand, a, *w), work(dirs, a.kind)):
                if a.verbose or a.all:
                    sys.stdout.write(''.join(x if x.endswith('\n') else x + '\n' for x in out))
                print(line, flush=True)
                same, total = same + s, total + n
    finally:
        run.close()
    print('cf-diff: %d same of %d' % (same, total))
    return 0 if total and same == total else 1


if __name__ == '__main__':
    sys.exit(main())
