#!/usr/bin/env python3
"""Random sites under two cf trees: the same program reads both .cf files and must give the same final answers.

    cf_random.py [-v] [--seed N] [-n COUNT] [--reference-too] [--jobs N]

With --reference-too the reference program also reads the .cf of our tree, and must answer as it does with its own.
Exit status 0: all the same, 1: something differs.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

sys.dont_write_bytecode = True
import cf_sites
from cf_diff import KIT, TOP, final_answer, oracle

OWN_M4 = 'timeout 20 m4 %s' % (TOP / 'cf/m4/cf.m4')


def settings(path):
    """The lines of a .cf that are no rules, in a form that can be compared: options, header fields, priorities, queues, filters."""
    text = pathlib.Path(path).read_text()
    text = re.sub(r'\n[ \t]+', ' ', text)
    out = {re.sub(r'[ \t]+', ' ', line).strip() for line in text.split('\n') if line[:1] in tuple('HPQXE') or line[:2] == 'O '}
    return out


def box(run, impl, sites, name):
    out = f'{run.tmp}/{name}-{impl["name"]}'
    os.mkdir(out)
    job = dict(kind='sites', impl=impl, oracle_dir=oracle.oracle_dir(), out=out, work=out + '/mnt', zone=[str(KIT / 'zone.test')],
               config=dict(cf=sites[0]['cfs'][min(sites[0]['cfs'])], maps=[]), maps_by='real', sites=sites, certs=run.certs())
    pathlib.Path(out, 'job.json').write_text(json.dumps(job))
    with open(out + '/box.err', 'wb') as err:
        subprocess.run(['unshare', '--mount', '--uts', '--ipc', '--net', '--pid', '--fork', '--kill-child', '--mount-proc', sys.executable,
                        '-B', str(TOP / 'tests/compat/cf_box.py'), str(KIT), out + '/job.json'], stdin=subprocess.DEVNULL, stdout=err,
                       stderr=err, timeout=1800, check=False)
    try:
        return json.loads(pathlib.Path(out, 'result.json').read_text())['sites']
    except OSError:
        raise SystemExit(pathlib.Path(out, 'box.err').read_text(errors='replace')[-3000:])


def configuration(run, site):
    """Both .cf files of a site, and what our m4 said; None when the reference tree does not take it."""
    mc = f'{run.tmp}/{site.name}.mc'
    pathlib.Path(mc).write_text(site.mc())
    cfs = {}
    for tree, command in (('reference', [str(KIT / 'oracle-m4')]), ('own', shlex.split(OWN_M4))):
        done = subprocess.run([*command, mc], capture_output=True, text=True, timeout=60)
        cfs[tree] = f'{run.tmp}/{site.name}.{tree}.cf'
        pathlib.Path(cfs[tree]).write_text(done.stdout)
        if done.returncode:
            return None, f'{tree}: {done.stderr}'
    return cfs, ''


def effect(line, text, exact):
    """The answer as it works: what a check says to accept is all the same, and so is how often a name server was asked."""
    if exact:
        return text
    text = re.sub(r'(?m)^\S+: Name server timeout\n', '', text)
    text = re.sub(r'(?m)^== Ruleset .* status 75$', '', text).strip()
    word = line.split(' ')[0]
    if re.match(r'(Basic_)?check_?(mail|rcpt|relay|compat|other)$|try_tls$|tls_|queuegroup$', word):
        text = re.sub(r' \$\| < U : .*', '', text)
        if not re.search(r'\$# (?!OK|RELAY|NO\b|LOCAL)', text):
            return 'accepted'
    if re.match(r'(srv|clt)_features', word):
        text = text.replace('$# > < ?', 'OK')
    return text


def compare(site, lines, x, y, what, verbose, exact):
    """The lines whose answers differ."""
    out = []
    pairs = [('what is said at the start', x['banner'], y['banner'])]
    pairs += zip(lines, x['segs'] + [None] * len(lines), y['segs'] + [None] * len(lines))
    context = []
    for line, a, b in pairs:
        if line.startswith('.D'):
            context = [c for c in context if c.split('}')[0] != line.split('}')[0] or '{' not in line] + [line]
        a, b = effect(line, final_answer(line, a), exact), effect(line, final_answer(line, b), exact)
        if a != b:
            out.append('%s %s: %s\n    -%s\n    +%s\n%s' % (site.name, what, line, a.strip().replace('\n', '\n     '),
                                                         b.strip().replace('\n', '\n     '),
                                                         '    ' + ' '.join(c[2:] for c in context) + '\n' if verbose and 'check' in line else ''))
    for d, e in zip(x.get('dialogs', []), y.get('dialogs', [])):
        a, b = oracle.render(d['transcript'], oracle.Norm()), oracle.render(e['transcript'], oracle.Norm())
        if a != b:
            out.append('%s %s: dialogue %s\n%s' % (site.name, what, d['name'], oracle.udiff(a, b, site.name, 20)))
    return out


def batch(run, impl, args, seeds):
    sites, told, jobs = [], [], []
    for seed in seeds:
        site = cf_sites.make(seed)
        cfs, trouble = configuration(run, site)
        if not cfs:
            told.append((site.name, [f'{site.name}: m4: {trouble}']))
            continue
        sites.append((site, cfs))
        jobs.append(dict(name=site.name, cfs=cfs, files=site.files, maps=site.maps, lines=site.lines, dialogs=site.dialogs))
    if not jobs:
        return told, 0
    results = box(run, impl, jobs, 'batch-%d' % seeds[0])
    for (site, cfs), job, r in zip(sites, jobs, results):
        said = compare(site, site.lines, r['reference'], r['own'], 'our program', args.verbose, args.exact)
        x, y = settings(cfs['reference']), settings(cfs['own'])
        said += [f'{site.name} only in the reference: {line}\n' for line in sorted(x - y)] + \
                [f'{site.name} only in ours: {line}\n' for line in sorted(y - x)]
        if said and args.verbose:
            said.insert(0, site.mc())
        told.append((site.name, said))
    if args.reference_too:
        results = box(run, oracle.REAL, jobs, 'real-%d' % seeds[0])
        for (site, cfs), job, r in zip(sites, jobs, results):
            told.append((site.name + ' (reference program)', compare(site, site.lines, r['reference'], r['own'], 'reference program', args.verbose, args.exact)))
    return told, sum(len(j['lines']) for j in jobs) * (2 if args.reference_too else 1)


def main():
    p = argparse.ArgumentParser(description=__doc__.split('\n', 1)[0])
    p.add_argument('-v', '--verbose', action='store_true')
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('-n', '--count', type=int, default=20)
    p.add_argument('--jobs', type=int, default=2)
    p.add_argument('--each', type=int, default=10, help='sites in one box')
    p.add_argument('--reference-too', action='store_true')
    p.add_argument('--program', default=str(TOP / 'build/bin/sendmail'))
    p.add_argument('--exact', action='store_true', help='words that only say yes must be the same too')
    p.add_argument('-k', '--keep', action='store_true')
    args = p.parse_args()
    impl = oracle.candidate(argparse.Namespace(candidate=args.program))
    run = oracle.Run(argparse.Namespace(jobs=args.jobs, keep=args.keep, verbose=False, cand_m4=None, own_maps=False))
    seeds = range(args.seed, args.seed + args.count)
    same = total = asked = differ = 0
    try:
        run.certs()
        with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
            parts = [list(seeds[i:i + args.each]) for i in range(0, len(seeds), args.each)]
            for told, lines in pool.map(lambda part: batch(run, impl, args, part), parts):
                asked += lines
                for name, said in told:
                    total += 1
                    same += not said
                    differ += sum(not s.startswith('VERSIONID') for s in said)
                    if said:
                        print(''.join(s if s.endswith('\n') else s + '\n' for s in said), flush=True)
    finally:
        run.close()
    print('cf-random: %d sites same of %d, %d lines same of %d' % (same, total, asked - differ, asked))
    return 0 if total and same == total else 1


if __name__ == '__main__':
    sys.exit(main())
