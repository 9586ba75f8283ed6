#!/usr/bin/env python3
"""Many runs of one program in one box of the comparison kit: rules_box.py KIT JOB.json.

Each case of the job gives a configuration text, arguments and standard input; the result holds status, output and errors.
"""
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1] + '/lib')
import box                                                                          # noqa: E402

SENDMAIL = '/usr/libexec/sendmail/sendmail'


class RulesBox(box.Box):
    def case(self, case):
        for path, text in case.get('files', {}).items():
            self.put(path, text.encode('latin-1'))
        cf = '/etc/mail/sendmail.cf'
        if case.get('cf'):
            cf = '/tmp/t.cf'
            self.put(cf, case['cf'].encode('latin-1'), case.get('mode', 0o644))
        user = case.get('user')
        argv = ['chroot', *([f'--userspec={user}'] if user else []), self.root, SENDMAIL, '-C' + cf, *case['argv']]
        env = dict(self.ENV, **(self.j['impl'].get('env') or {}), **(dict(HOME='/home/' + user, USER=user, LOGNAME=user) if user else {}))
        try:
            done = subprocess.run(argv, input=case.get('stdin', '').encode('latin-1'), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  env=env, timeout=120, cwd='/', check=False)
            return done.returncode, done.stdout.decode('latin-1'), done.stderr.decode('latin-1')
        except subprocess.TimeoutExpired as slow:
            return 'time is up', (slow.stdout or b'').decode('latin-1'), (slow.stderr or b'').decode('latin-1')

    def job_rules(self):
        self.save('result.json', [self.case(case) for case in self.j['cases']])


def main():
    with open(sys.argv[2], encoding='utf-8') as f:
        b = RulesBox(json.load(f))
    b.setup()
    try:
        b.job_rules()
    finally:
        b.finish()
    os._exit(0)


main()
