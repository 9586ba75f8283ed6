#!/usr/bin/env python3
"""One site in a box: a daemon on a generated configuration, mail put in by swaks and by bsd-mailx, and all that comes out.

Started as the comparison kit starts its own boxes, in namespaces of its own: site_box.py KIT JOB.json. The job says which
implementation and configuration, what is sent, and how many deliveries to wait for (0: until the implementation is at rest).
"""
import json
import os
import re
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1] + '/lib')
import box                                                                          # noqa: E402

OUTSIDE = '198.51.100.1'


class SiteBox(box.Box):
    def install_clients(self):
        """Debian's bsd-mailx with its settings, and swaks, where the site's users find them."""
        self.place('/usr/bin/bsd-mailx', self.root + '/usr/bin/bsd-mailx', None)
        self.place('/usr/bin/swaks', self.root + '/usr/bin/swaks', None)
        shutil.copy('/etc/mail.rc', self.root + '/etc/mail.rc')

    def swaks(self, message):
        where = ['nsenter', '-t', str(self.inet.pid), '-n'] if message['by'] == 'outside' else []
        source = ['--local-interface', OUTSIDE] if where else []
        done = subprocess.run(
            [*where, 'chroot', self.root, 'swaks', '--server', '192.0.2.10', *source, '--helo', 'client.example.org',
             '--from', message['from'], '--to', ','.join(message['to']), '--header', 'Subject: ' + message['mark'],
             '--body', 'Hello.\n.dot\n', '--timeout', '60'],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, env=self.ENV)
        self.dialogues.append(done.stdout + done.stderr)
        return done.returncode

    def mailx(self, message):
        done = self.run(['/usr/bin/bsd-mailx', '-s', message['mark'], *message['to']], user=message['from'],
                        input=b'Hello.\n', check=False)
        self.dialogues.append(done.stdout)
        return done.returncode

    def mailboxes(self):
        """Lock files come and go beside the mailboxes while they are looked at."""
        while True:
            try:
                return super().mailboxes()
            except FileNotFoundError:
                time.sleep(0.1)

    def deliveries(self):
        """[where, envelope, text] for each message in a mailbox or file, and for each recipient at another host."""
        out = []
        for path, text in self.mailboxes().items():
            if re.search(r'/[_.]|\.lock$', path):           # a mailbox is being written
                continue
            for part in re.split(r'(?m)^(?=From \S)', text):
                if part:
                    out.append([path, '', part])
        for session in self.ask(op='sessions')['sessions']:
            for message in session['msgs']:
                for rcpt in message['rcpts']:
                    out.append([f"{session['addr']}:{session['port']}", message['mail'] + ' ' + rcpt, message['data']])
        return out

    def job_site(self):
        self.clear()
        self.install_clients()
        self.dialogues = []
        result = {'started': self.start_daemon([], self.j['ports'])}
        if result['started']:
            send = {'outside': self.swaks, 'inside': self.swaks, 'mailx': self.mailx}
            result['status'] = [send[m['by']](m) for m in self.j['messages']]
            if self.j['expect']:
                end = time.monotonic() + 180
                while len(self.deliveries()) < self.j['expect'] and time.monotonic() < end:
                    time.sleep(0.2)
                time.sleep(1)
            else:
                self.settle(1, 60)
            result['deliveries'] = self.deliveries()
        self.stop_daemon()
        with open(self.j['out'] + '/daemon.out', errors='replace') as f:
            result['said'] = f.read()[-2000:]
        result['log'] = self.log
        result['dialogues'] = self.dialogues
        self.save('result.json', result)


def main():
    with open(sys.argv[2]) as f:
        b = SiteBox(json.load(f))
    b.setup()
    try:
        b.job_site()
    finally:
        b.finish()
    os._exit(0)


main()
