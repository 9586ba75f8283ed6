"""A configuration whose check rulesets write down what they were called with: workspace and macros, as lines of the log."""

MACROS = '''f s r _ u h g c j w m k n e p q z x {client_name} {client_addr} {client_ptr} {client_resolve} {client_flags} {client_connections}
{client_rate} {total_rate} {daemon_name} {daemon_addr} {daemon_family} {daemon_port} {daemon_info} {daemon_flags} {mail_mailer} {mail_host}
{mail_addr} {rcpt_mailer} {rcpt_host} {rcpt_addr} {msg_size} {nrcpts} {nbadrcpts} {ntries} {dsn_notify} {dsn_ret} {dsn_envid} {envid}
{bodytype} {addr_type} {currHeader} {hdr_name} {hdrlen} {if_addr} {if_name} {if_family} {if_addr_out} {deliveryMode} {opMode} {load_avg}
{auth_type} {auth_authen} {auth_author} {verify} {tls_version} {cipher} {server_name} {server_addr} {queue_interval} {quarantine} {time}
{mail_from} {rcpt_flags} {msg_id}'''.split()

SETS = ['check_relay', 'check_mail', 'check_rcpt', 'check_data', 'check_eoh', 'check_eom', 'check_vrfy', 'check_expn', 'check_etrn', 'check_other',
        'check_compat', 'queuegroup', 'srv_features', 'greet_pause', 'trust_auth', 'tls_client', 'clt_features', 'try_tls', 'tls_server',
        'tls_rcpt', 'authinfo', 'CheckSubject', 'CheckAll', 'CheckRcpt', 'CheckFrom', 'local_check', 'Local_check_mail', 'localaddr=5']

HEAD = '''V10/Berkeley
Cwmail.oracle.example localhost
DnMAILER-DAEMON
O OperatorChars=.:%@!^/[]+
O QueueDirectory=/var/spool/mqueue
O DefaultUser=mail:mail
O AliasFile=/etc/mail/aliases
O Timeout.ident=0
O LogLevel=9
O DaemonPortOptions=Name=MTA
O BlankSub=.
O PrivacyOptions=authwarnings
O MaxMessageSize=100000
O SmtpGreetingMessage=$j ready
Mlocal, P=/bin/true, F=lsDFMAw5:/|@qSPn9, S=S1/S2, R=S3/S4, T=DNS/RFC822/X-Unix, A=true -d $u
Mprog, P=/bin/sh, F=lsDFMoqeu9, D=$z:/, T=X-Unix/X-Unix/X-Unix, A=sh -c $u
Mesmtp, P=[IPC], F=mDFMuXa, E=\\r\\n, L=990, T=DNS/RFC822/SMTP, A=TCP $h
Kslog syslog -LNOTICE
HReceived: from $s by $j id $i; $b
HMessage-Id: <$t.$i@$j>
HDate: $a
HFrom: $f
HSubject: $>CheckSubject
HTo: $>+CheckRcpt
HX-From: $>CheckFrom
H*: $>CheckAll
'''
RULES = '''S3
R$@	$@ <@>
R$* < $* > $*	$: $2
R$* @ $+	$: $1 < @ $2 >
S0
R<@>	$#local $: <@>
R$* < @ error . test > $*	$#error $@ 5.1.2 $: "553 that host is bad"
R$* < @ later . test > $*	$#error $@ 4.1.2 $: "451 later"
R$+ < @ $=w > $*	$#local $: $1
R$+ < @ $+ > $*	$#esmtp $@ $2 $: $1 < @ $2 >
R$+	$#local $: $1
S4
R$* < @ > $*	$@
R$* < @ $+ > $*	$: $1 @ $2
S1
S2
SS1
SS2
SS3
SS4
'''


A_LINE = 9         # so many macros go into one line of the log


def ruleset(name, verdict=()):
    """Writes everything down, then decides: (text in the workspace, right side) pairs."""
    short = name.split('=')[0]
    lines = ['S' + name, 'R$*\t$: $1 $(slog %s WS <$1> $)' % short]
    for at in range(0, len(MACROS), A_LINE):
        values = ' ; '.join('%s <$&%s>' % (m.strip('{}'), m) for m in MACROS[at:at + A_LINE])
        lines.append('R$*\t$: $1 $(slog %s MAC %s $)' % (short, values))
    lines += ['R%s\t%s' % pair for pair in verdict]
    return '\n'.join(lines) + '\n'


def configuration(verdicts=None, sets=tuple(SETS)):
    verdicts = verdicts or {}
    return HEAD + RULES + ''.join(ruleset(name, verdicts.get(name.split('=')[0], ())) for name in sets)
