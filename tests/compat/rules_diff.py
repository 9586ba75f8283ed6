"""Runs the same cases in both programs and says where what they print differs.

The box that the cases run in is the comparison kit's; it has no peers, only names.
"""
import concurrent.futures
import difflib
import json
import pathlib
import re
import subprocess
import sys
import types

BOX = pathlib.Path(__file__).with_name('rules_box.py')


class Pair:
    """The reference and the candidate, each in a box of its own for every list of cases."""

    def __init__(self, kit, candidate):
        sys.path.insert(0, str(kit / 'lib'))
        import box                                                                  # pylint: disable=import-error,import-outside-toplevel
        import oracle                                                               # pylint: disable=import-error,import-outside-toplevel
        self.kit, self.oracle, self.prompts = kit, oracle, box.prompts
        options = types.SimpleNamespace(jobs=1, keep=False, verbose=False, cand_m4=None, own_maps=False, candidate=str(candidate))
        self.run = oracle.Run(options)
        self.candidate = oracle.candidate(options)

    def close(self):
        self.run.close()

    def cf(self, name):
        """The text of a configuration of the corpus."""
        path = self.run.cf(self.oracle.Config(str(self.kit / 'corpus' / name)))
        return pathlib.Path(path).read_text(encoding='latin-1')

    def one(self, impl, name, cases):
        config = self.oracle.Config(str(self.kit / 'corpus' / name))
        out = pathlib.Path(self.run.tmp) / f'{name}-{impl["name"]}-{id(cases)}'
        out.mkdir()
        job = dict(kind='rules', impl=impl, oracle_dir=self.oracle.oracle_dir(), out=str(out), work=str(out / 'mnt'), zone=config.zone,
                   inet=False, cases=cases, config=dict(cf=self.run.cf(config), submit_cf=None, files=config.files, maps=config.maps, sasl=[]))
        (out / 'job.json').write_text(json.dumps(job))
        done = subprocess.run(['unshare', '--mount', '--uts', '--ipc', '--net', '--pid', '--fork', '--kill-child', '--mount-proc',
                               sys.executable, '-B', BOX, self.kit, out / 'job.json'],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900, check=False)
        result = out / 'result.json'
        assert result.exists(), done.stderr[-2000:]
        return json.loads(result.read_text())

    def both(self, name, cases):
        """[(case, theirs, ours)], theirs and ours being (status, output, errors)."""
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            theirs = pool.submit(self.one, self.oracle.REAL, name, cases)
            ours = pool.submit(self.one, self.candidate, name, cases)
            return list(zip(cases, theirs.result(), ours.result()))

    def normal(self, text):
        text = self.oracle.Norm().text(text)
        return re.sub(r'0x[0-9a-f]{8,16}(?==)|\b[0-9a-f]{12}\b', 'PTR', text)

    def points(self, case, theirs, ours):
        """(what, theirs, ours) for all that is compared: each answer of test mode, the status, the errors."""
        sides = [[self.normal(part) for part in self.prompts(side[1])] for side in (theirs, ours)]
        asked = ['(start)'] + case.get('stdin', '').split('\n')
        for i in range(max(len(side) for side in sides)):
            answers = [side[i] if i < len(side) else '<no answer>' for side in sides]
            what = asked[i] if i < len(asked) else '(end)'
            if what.startswith('$='):
                answers = ['\n'.join(sorted(a.split('\n'))) for a in answers]
            yield what, *answers
        yield '(status)', str(theirs[0]), str(ours[0])
        yield '(errors)', self.normal(theirs[2]), self.normal(ours[2])


def show(text):
    return text.encode('latin-1', 'replace').decode('latin-1').encode('ascii', 'backslashreplace').decode()


def report(what, theirs, ours):
    diff = difflib.unified_diff((theirs + '\n').splitlines(True), (ours + '\n').splitlines(True), 'sendmail', 'postrider', n=3)
    return f'> {show(what)}\n' + show(''.join(diff))


def compare(pair, name, cases, is_known=lambda what, theirs, ours: False):
    """(points that are the same, of how many, the others as texts)"""
    same, bad = 0, []
    results = pair.both(name, cases)
    total = 0
    for case, theirs, ours in results:
        for point in pair.points(case, theirs, ours):
            total += 1
            if point[1] == point[2] or is_known(*point):
                same += 1
            else:
                bad.append(f'{case["name"]} ' + report(*point))
    return same, total, bad
