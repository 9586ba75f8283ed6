"""Aliases, lists, programs and files as recipients."""
import os

import pytest

from conftest import wait_for


def aliases(daemon, text):
    (daemon.state / 'aliases').write_text(text)
    daemon.run('-bi')


def send(daemon, rcpt, text='Subject: s\r\n\r\nbody text\r\n', sender='a@client.test'):
    with daemon.smtp() as smtp:
        smtp.sendmail(sender, [rcpt], text)


@pytest.mark.contract(83, 84)
def test_newaliases_counts_and_an_alias_is_followed(make_daemon, user):
    daemon = make_daemon(start=False)
    (daemon.state / 'aliases').write_text(f'# comment\nteam: {user},\n other\nother: {user}\n')
    assert '2 aliases, longest ' in daemon.run('-bi').stdout
    daemon.start()
    send(daemon, 'team@localhost')
    wait_for(lambda: daemon.mailbox(user), what='delivery')
    wait_for(lambda: 'stat=Sent' in daemon.log(), what='log')
    assert daemon.mailbox(user).count('body text') == 1, 'a member reached twice gets one copy'


@pytest.mark.contract(69, 71, 72, 83)
def test_a_program_and_a_file_get_the_message(make_daemon, user):
    daemon = make_daemon(start=False)
    out = daemon.state / 'program-output'
    box = daemon.state / 'file-mailbox'
    box.touch()
    box.chmod(0o666)
    aliases(daemon, f'prog: "|cat >{out}"\nfile: {box}\n')
    daemon.start()
    send(daemon, 'prog@localhost')
    wait_for(lambda: out.exists() and 'body text' in out.read_text(), what='the program')
    send(daemon, 'file@localhost')
    wait_for(lambda: 'body text' in box.read_text(), what='the file')


@pytest.mark.contract(71, 72)
def test_what_a_failing_program_says_is_in_the_bounce(make_daemon, user):
    daemon = make_daemon(start=False)
    aliases(daemon, 'prog: "|echo this is why; exit 67"\n')
    daemon.start()
    send(daemon, 'prog@localhost', sender=f'{user}@localhost')
    box = wait_for(lambda: 'multipart/report' in daemon.mailbox(user) and daemon.mailbox(user), what='the bounce')
    assert 'this is why' in box and '5.1.1' in box


@pytest.mark.contract(83)
def test_members_of_an_included_file(make_daemon, user):
    daemon = make_daemon(start=False)
    members = daemon.state / 'members'
    members.write_text(f'# people\n{user}\n')
    os.chmod(members, 0o644)
    aliases(daemon, f'list: :include:{members}\nowner-list: {user}\n')
    daemon.start()
    send(daemon, 'list@localhost')
    wait_for(lambda: 'body text' in daemon.mailbox(user), what='delivery')


@pytest.mark.contract(83)
def test_programs_files_and_includes_cannot_be_named_by_a_client(daemon):
    with daemon.smtp() as smtp:
        smtp.ehlo()
        for address, what in (('"|/bin/sh"', b'programs'), ('/etc/passwd', b'files'), (':include:/etc/passwd', b':include:s')):
            smtp.rset()
            smtp.mail('a@client.test')
            code, text = smtp.docmd('RCPT', f'TO:<{address}@localhost>' if address[0] == '"' else f'TO:<"{address}"@localhost>')
            assert code in (550, 553), (address, code, text)


@pytest.mark.contract(83)
def test_an_alias_loop_ends(make_daemon, user):
    daemon = make_daemon(start=False)
    aliases(daemon, 'a1: a2\na2: a1\n')
    daemon.start()
    with daemon.smtp() as smtp:
        smtp.ehlo()
        smtp.mail(f'{user}@localhost')
        smtp.rcpt('a1@localhost')
    assert daemon.answers()
