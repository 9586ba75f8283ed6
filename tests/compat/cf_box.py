#!/usr/bin/env python3
"""Many sites in one box: for each, its files and tables are put in place, and each of its .cf files is asked the same things.

Started as the comparison kit starts its own boxes, in namespaces of its own: cf_box.py KIT JOB.json. The job names the program
and the sites; a site has files, maps, lines for test mode, dialogues, and a .cf for each tree. The tables are made once.
"""
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1] + '/lib')
import box                                                                          # noqa: E402


class CfBox(box.Box):
    def prepare(self, site):
        mail = self.root + '/etc/mail'
        for name in os.listdir(mail):
            if os.path.isfile(mail + '/' + name) and name not in ('aliases', 'aliases.db', 'sendmail.cf', 'submit.cf'):
                os.unlink(mail + '/' + name)
        for name in ('local-host-names', 'relay-domains', 'trusted-users'):
            self.put('/etc/mail/' + name, '')
        for path, text in site['files'].items():
            self.put(path, text)
        self.j['config']['maps'] = site['maps']
        self.maps()
        return self.mapmsgs

    def ask_bt(self, lines):
        done = self.run([box.LX + '/sendmail', '-C', '/etc/mail/sendmail.cf', '-bt'], input=('\n'.join(lines) + '\n').encode(),
                        check=False, timeout=120)
        parts = box.prompts(done.stdout)
        return dict(banner=parts[0], segs=parts[1:1 + len(lines)], status=done.returncode)

    def ask_smtp(self, dialogs, queued):
        self.clear()
        out = dict(dialogs=[], sent=[])
        if not self.start_daemon(['-odq'], [25]):
            self.dout.flush()
            with open(self.j['out'] + '/daemon.out', errors='replace') as f:
                out['error'] = f.read()[-500:]
            return out
        for d in dialogs:
            log = self.play(d)
            out['dialogs'].append(dict(name=d['name'], transcript=log))
        self.stop_daemon()
        if queued:
            self.run([box.LX + '/sendmail', '-C', '/etc/mail/sendmail.cf', '-q'], check=False)
            self.settle(0.3, 20)
            out['sent'] = self.ask(op='sessions', clear=True)['sessions']
            out['mail'] = self.mailboxes()
        return out

    def job_sites(self):
        result = []
        for site in self.j['sites']:
            r = dict(name=site['name'], trouble=self.prepare(site))
            for tree, path in site['cfs'].items():
                with open(path, 'rb') as f:
                    self.put('/etc/mail/sendmail.cf', f.read())
                r[tree] = self.ask_bt(site['lines'])
                if site.get('dialogs'):
                    r[tree].update(self.ask_smtp(site['dialogs'], site.get('queued')))
            result.append(r)
            self.save('result.json', dict(sites=result))
        self.save('result.json', dict(sites=result))


def main():
    with open(sys.argv[2]) as f:
        b = CfBox(json.load(f))
    b.setup()
    try:
        b.job_sites()
    finally:
        b.finish()
    os._exit(0)


main()
