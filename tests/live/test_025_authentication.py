"""AUTH: users in a password file of the test's own, clients that are known from elsewhere, and what follows from who they are."""
import base64
import re
import shutil
import smtplib
import socket
import subprocess

import pytest

from conftest import BIN, IS_ROOT, wait_for

pytestmark = pytest.mark.skipif(not shutil.which('saslpasswd2'), reason='needs saslpasswd2')

USER, REALM, PASSWORD = 'tester', 'users.test', 'se cret'
OPTIONS = f'''O AuthMechanisms=LOGIN PLAIN CRAM-MD5 DIGEST-MD5
O AuthRealm={REALM}
C{{TrustAuthMech}}LOGIN PLAIN CRAM-MD5 DIGEST-MD5
'''
RULES = '''
Strust_auth
R$*			$: $&{auth_type} $| $1
R$@ $| $*		$#error $@ 5.7.1 $: "550 not authenticated"
R$* $| $&{auth_authen}	$@ identical
R$*			$#error $@ 5.7.1 $: "550 not allowed"
'''


def relays_for_the_known(cf):
    """The site's rules, but what they allow this machine is for authenticated clients."""
    before, rest = cf.split('R$={Loopback} $| $*', 1)
    after = rest.split('from its command line\n', 1)[1]
    return before + 'R$* $| $*\t$: < $&{auth_type} > $| $2\nR< $={TrustAuthMech} > $| $*\t$@ $#OK\n' + after


def add_users(state):
    """The configuration is not in /etc/mail, so sasl/ beside it is looked at first."""
    place = state / 'sasl'
    place.mkdir()
    (place / 'Sendmail.conf').write_text(f'pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {state}/users/db\n')
    (state / 'users').mkdir()
    subprocess.run(['saslpasswd2', '-p', '-c', '-f', state / 'users/db', '-u', REALM, USER], input=PASSWORD.encode(), check=True)
    if IS_ROOT:
        subprocess.run(['chown', '-R', 'nobody:nogroup', state], check=True)


@pytest.fixture
def make_server(make_daemon):
    def make(options='', rules=RULES):
        made = make_daemon(edit=lambda cf: relays_for_the_known(cf) + OPTIONS + options + rules, start=False)
        add_users(made.state)
        return made.start()
    return make


def login(server, mechanism, password=PASSWORD):
    """None, or the code that the server answered."""
    with server.smtp() as client:
        client.ehlo()
        client.user, client.password = USER, password
        method = {'PLAIN': client.auth_plain, 'LOGIN': client.auth_login, 'CRAM-MD5': client.auth_cram_md5}[mechanism]
        try:
            client.auth(mechanism, method)
        except smtplib.SMTPAuthenticationError as e:
            return e.smtp_code
        client.sendmail('a@here.test', ['b@elsewhere.test'], 'Subject: x\n\ny\n')
        return None


def b64(text):
    return base64.b64encode(text.encode()).decode()


@pytest.mark.contract(125, 126, 180)
def test_whoever_has_the_password_may_relay_and_nobody_else(make_server):
    server = make_server()
    with server.smtp() as client:
        assert client.ehlo()[0] == 250 and client.esmtp_features['auth'].strip() == 'LOGIN PLAIN CRAM-MD5 DIGEST-MD5'
        client.mail('a@here.test')
        assert client.rcpt('b@elsewhere.test')[0] == 550
    for mechanism in ('PLAIN', 'LOGIN', 'CRAM-MD5'):
        assert login(server, mechanism) is None
        assert login(server, mechanism, 'wrong') == 535
    for line in (r': AUTH failure \(PLAIN\): authentication failure \(-13\) SASL\(-13\): authentication failure: .*, user=tester, '
                 r'relay=localhost \[127\.0\.0\.1\]',):
        assert re.search(line, server.log()), server.log()
    done = subprocess.run(['swaks', '--server', f'127.0.0.1:{server.port}', '--from', 'a@here.test', '--to', 'b@elsewhere.test',
                           '--auth', 'DIGEST-MD5,CRAM-MD5', '--auth-user', USER, '--auth-password', 'wrong', '--timeout', '60'],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode != 0 and '535 5.7.0 authentication failed' in done.stdout, done.stdout


@pytest.mark.contract(125, 180)
def test_the_message_tells_who_sent_it(make_server):
    server = make_server()
    with socket.create_connection(('127.0.0.1', server.port), timeout=120) as s:
        f = s.makefile('rw', newline='')

        def say(line, code):
            for part in re.findall('.{1,7}', line + '\r\n', re.S):       # in more than one packet
                f.write(part)
                f.flush()
            while (answer := f.readline())[3:4] == '-':
                pass
            assert answer.startswith(code), (line, answer)
        assert f.readline().startswith('220')
        say('EHLO client.test', '250')
        say('AUTH LOGIN', '334 VXNlcm5hbWU6')
        say(b64(USER), '334 UGFzc3dvcmQ6')
        say(b64(PASSWORD), '235 2.0.0 OK Authenticated')
        say('AUTH LOGIN', '503 5.5.0 Already Authenticated')
        say(f'MAIL From:<a@here.test> AUTH={USER}', '250')
        say('RCPT To:<b@elsewhere.test>', '250')
        say('RCPT To:<postmaster>', '250')
        say('DATA', '354')
        say('Subject: known\r\n\r\nx\r\n.', '250')
        say('QUIT', '221')
    log = wait_for(lambda: 'from=<a@here.test>' in server.log() and server.log(), what='the message in the log')
    assert re.search(r'AUTH=server, relay=localhost \[127\.0\.0\.1\], authid=tester, mech=LOGIN, bits=0$', log, re.M), log
    assert 'proto=ESMTPA' in log


@pytest.mark.contract(125)
def test_a_daemon_that_demands_authentication(make_server):
    server = make_server(rules=RULES + 'Ssrv_features\nR$*	$# l\n')
    with server.smtp() as client:
        client.ehlo()
        assert client.mail('a@here.test') == (530, b'5.7.0 Authentication required')
        assert client.docmd('AUTH PLAIN', b64(f'\0{USER}\0{PASSWORD}')) == (235, b'2.0.0 OK Authenticated')
        assert client.mail('a@here.test')[0] == 250


@pytest.mark.contract(55, 125)
def test_no_password_in_clear_where_a_layer_is_asked_for(make_server):
    server = make_server('O AuthOptions=A,p\n')
    with server.smtp() as client:
        client.ehlo()
        assert client.esmtp_features['auth'].strip() == 'CRAM-MD5 DIGEST-MD5'
        assert client.docmd('AUTH PLAIN', b64(f'\0{USER}\0{PASSWORD}'))[0] == 504
