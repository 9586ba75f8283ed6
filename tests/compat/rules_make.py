"""Random configurations, addresses and lines for test mode. The same seed makes the same cases."""
import random
import re

WORDS = ['a', 'b', 'alice', 'bob', 'carol', 'root', 'postmaster', 'info', 'sales', 'list-request', 'nobody-there', 'x1', 'A', 'Bob',
         'ROOT', 'mailer-daemon', 'all', 'team', 'one', 'two', 'three', 'red', 'green', 'two.words', 'a.b.c', 'user+detail', 'x', 'y',
         'owner-list', 'key1', 'UPPER', 'decvax', 'foo', 'bar']
HOSTS = ['example.com', 'example.net', 'example.org', 'mail.oracle.example', 'oracle.example', 'sub.oracle.example', 'www.oracle.example',
         'wild.example', 'x.wild.example', 'virt.example', 'far.example', 'masq.example', 'hidden.example', 'mail', 'localhost',
         'nonexist.test', 'nullmx.test', 'EXAMPLE.COM', 'Mail.Oracle.Example', 'example.com.', 'special.example', 'err.example',
         'port.example', 'cname-chased.test', 'aonly.test', 'aaaaonly.test', 'uucphost', 'host.uucp', 'x.y.z.example.com', 'bar.example',
         'foo.example', 'local2.example', 'alias.example', 'lists.oracle.example', 'dec.bitnet', 'old.example.REDIRECT', 'mx-0.test']
LITERALS = ['[192.0.2.10]', '[192.0.2.1]', '[203.0.113.1]', '[IPv6:2001:db8::1]', '[example.com]', '[mail.oracle.example]', '[]', '[1.2.3]',
            '[127.0.0.1]', '[a b]']
ODD = ['', ' ', '  ', '\t', '@', '%', '!', '!!', '.', '..', '<', '>', '<>', '(', ')', '()', '(c)', '"', '""', '\\', '\\\\', ',', ';', ':', '::',
       '[', ']', '/', '+', '-', '=', '$', '$$', '#', '&', '*', '|', '$|', "'", '`', '{', '}', '~', '^', '?', '\xe9', '\xfc', 
       '\x01', '\x7f', '\r', '\\"', '\\@', '\\a', '$1', '${x}', '$=w', '$@', '$#', '$:', '$&j', '$?x', '$.']


class Random(random.Random):
    def one(self, *choices):
        return self.choice(choices)

    def often(self, share):
        return self.random() < share


def domain(r):
    return r.choice(HOSTS) if r.often(0.85) else r.choice(LITERALS)


def local(r):
    kind = r.randrange(12)
    if kind < 6:
        return r.choice(WORDS)
    if kind == 6:
        return r.choice(WORDS) + r.one('+', '.', '-', '_', '=', '/', '&') + r.choice(WORDS)
    if kind == 7:
        return '"%s"' % r.one('a b', 'a@b', 'a\\"b', '', 'a,b', '<a>', '(a)', '\xe9', 'a\\\\', '|prog', '/file', ':include:x')
    if kind == 8:
        return r.choice(WORDS) + '%' + domain(r)
    if kind == 9:
        return r.choice(HOSTS) + '!' + r.choice(WORDS)
    if kind == 10:
        return r.one('|/bin/prog arg', '/tmp/file', ':include:/tmp/list', '\\alice', '@', '*', '#x', "o'neil", '--', '|', '"|prog x"')
    return r.choice(WORDS) + r.choice(ODD) + r.choice(WORDS)


def plain_address(r):
    kind = r.randrange(10)
    if kind < 5:
        return local(r) + '@' + domain(r)
    if kind < 7:
        return local(r)
    if kind == 7:
        return '<' + local(r) + '@' + domain(r) + '>'
    if kind == 8:
        return local(r) + '@' + domain(r) + r.one('.', '@' + domain(r), '!', '%', ',', ';', '..')
    return '<@%s,@%s:%s@%s>' % (domain(r), domain(r), local(r), domain(r))


def address(r):
    a = plain_address(r)
    kind = r.randrange(14)
    if kind == 0:
        a = '%s <%s>' % (r.one('Full Name', '"Name, Full"', 'N. Name', '"a\\"b"', 'x:y', 'J\xe9r', '(c) N'), a)
    elif kind == 1:
        a += r.one(' (comment)', ' (a (nested) comment)', '(unbalanced', ' comment)', ' ()', ' (\\))')
    elif kind == 2:
        at = r.randrange(len(a) + 1)
        a = a[:at] + r.choice(ODD) + a[at:]
    elif kind == 3:
        a = ''.join(r.choice(ODD + WORDS) for _ in range(r.randrange(1, 9)))
    elif kind == 4:
        a = r.one('group: %s;', '%s, b@example.com', 'x:%s', '%s;', 'a b %s', '"%s"', ' %s ', '%s %s', '<<%s>>', '<%s') .replace('%s', a)
    return a.replace('\n', ' ')


# ---- configurations ----

HEAD = '''V{level}/Berkeley
DnMAILER-DAEMON
Djmail.oracle.example
O OperatorChars={chars}
O QueueDirectory=/var/spool/mqueue
O DefaultUser=mail:mail
{options}Mlocal, P=/bin/true, F={flags}, S=S1/S2, R=S3/S4, T=DNS/RFC822/X-Unix, A=true -d $u
Mprog, P=/bin/sh, F=lsDFMoqeu9, D=$z:/, T=X-Unix/X-Unix/X-Unix, A=sh -c $u
Msmtp, P=[IPC], F=mDFMu{more}, S=11/31, R=21, E=\\r\\n, L=990, T=DNS/RFC822/SMTP, A=TCP $h
Kmac macro
Karith arith
Kdeq dequote
Kdeqs dequote -s_
Kre regex -a@M ^([a-z]+)([0-9]*)$
Kresub regex -s1,2 ^(.*)-(.*)$
Knull null
Kseq sequence null re
'''
SETS = ['S1', 'S2', 'S3', 'S4', 'S5', 'S6', '11', '21', '31', 'Named=70', 'Long_name_of_a_ruleset', '1', '2', '4', '3', '0']
NAMES = [s.split('=')[0] for s in SETS]
MACROS = ['X', 'Y', '{Long}', '{Other}', 'j', '{Unset}', 'Z', '{E8}', '{Cond}', '{Nest}', 'n']
CLASSES = ['X', '{Multi}', '{Empty}', 'w', '{Caps}', 'm', '{Dots}']
DEFINES = '''DXsingle
DYtwo words
D{Long}a@b.c
D{Other}x.$X.y
D{E8}caf\xe9 x
D{Cond}$?X yes $?Z both $| one $. $| no $.end
D{Nest}<$&{Long}> $$5 ${Cond}
CXone two three red
C{Multi}a.b a.b.c x@y one alice@example.com "a b" example.com
C{Caps}Red GREEN Example.COM
C{Dots}. .. a. .b @
C{Dots}$=X $X
CwX.example $j
Cmexample.com oracle.example
'''


def pattern(r):
    """A left side and how many wildcards it has."""
    out, n = [], 0
    for _ in range(r.one(1, 1, 2, 2, 3, 3, 4, 5, 6)):
        kind = r.randrange(10)
        if kind < 5 and n < 9:
            out.append(r.one('$*', '$*', '$+', '$+', '$-', '$=' + r.choice(CLASSES), '$~' + r.choice(CLASSES), '$*', '$-'))
            n += 1
        elif kind == 5:
            out.append('$&' + r.choice(MACROS))
        elif kind == 6:
            out.append(r.one('$@', '$|', '$' + r.choice(MACROS), '$$', '"a b"', '\\$x', '$?X $| n $.', '$?Z y $| n $.', '\\#', '$#', '\xe9'))
        else:
            out.append(r.one('@', '.', '<', '>', '%', '!', ',', ':', ';', '+', '-', 'a', 'one', 'example', 'com', '< @', '. >', '[', ']', '/', '='))
    if n == 0:
        out.append('$*')
        n = 1
    return r.one(' ', ' ', '').join(out) if r.often(0.9) else ' '.join(out), n


def lookup(r, n):
    key = word(r, n)
    name = r.one('mac', 'arith', 'deq', 'deqs', 're', 'resub', 'null', 'seq', 'nosuch', 're', 'deq')
    if name == 'arith':
        key = r.one('+', '-', '*', '/', 'l', '=', '%', '|', '&', 'x')
        text = '$(arith %s $@ %s $@ %s' % (key, r.one('1', '12', '-3', '$1', '0', 'a'), r.one('5', '2', '0', '$1', '7x'))
    elif name == 'mac':
        text = '$(mac {%s} $@ %s' % (r.one('Stored', 'X', 'Long', 'T2'), word(r, n))
    else:
        text = '$(%s %s' % (name, key)
        for _ in range(r.one(0, 0, 0, 1, 2)):
            text += ' $@ ' + word(r, n)
    if r.often(0.5):
        text += ' $: ' + r.one(word(r, n), '', 'none', 'a b', '<>')
    return text + ' $)'


def word(r, n):
    return r.one('$%d' % r.randrange(1, n + 1), '$%d' % r.randrange(1, n + 1), 'x', 'a.b', '<$%d>' % r.randrange(1, n + 1),
                 '$&' + r.choice(MACROS), '$' + r.choice(MACROS), 'lit "q s"', '@', '$$', '$|', '$?X t $| f $.', '$&{Stored}', '"$1"', '%1')


def template(r, n, level):
    """A right side; rulesets that it calls come later in the list, so that most of them end."""
    parts = [word(r, n) for _ in range(r.one(0, 1, 1, 2, 3))]
    if r.often(0.25):
        parts.append(lookup(r, n))
    if r.often(0.08):
        parts.append('$[ %s%s $]' % (word(r, n), r.one('', ' $: none')))
    later = NAMES[level + 1:level + 5]
    if r.often(0.25) and later:
        parts.append('$>%s %s' % (r.one(r.choice(later), r.choice(later), 'nosuch', '98', '"%s"' % r.choice(later)), word(r, n)))
    elif r.often(0.04):
        parts.append('$>$&{Stored} ' + word(r, n))
    kind = r.randrange(12)
    if kind < 5:
        return '$: ' + ' '.join(parts)
    if kind < 8:
        return '$@ ' + ' '.join(parts)
    if kind == 8:
        return r.one('$#local $: $1', '$#smtp $@ $1 $: $1 a', '$#error $@ %s $: "%s"' % (
            r.one('5.1.1', 'nouser', '67', 'tempfail', '4.2.1', 'x', 'usage', 'quarantine', '5.7.1'),
            r.one('550 no', '450 later', 'text', '554 5.7.0 x $1', '')), '$#discard $: discard', '$# $1', '$#nosuch $@ h $: u', '$#local',
                     '$#prog $: "|x"', '$#local $: @ $1', '$#local $@ $1 $: |x', '$#local $: $1 @ $1', '$#LOCAL $: $1', '$#smtp $: $1',
                     '$#error $: $1')
    return ' '.join(parts)


def rules(r):
    out = []
    for i, name in enumerate(SETS):
        out.append('S' + name)
        for _ in range(r.randrange(1, 7)):
            lhs, n = pattern(r)
            rhs = template(r, n, i)
            # A rule that may be tried again on its own result could double it a hundred times.
            if not rhs.startswith(('$:', '$@', '$#')) and (rhs.count('$') > 1 or '$' not in lhs):
                rhs = r.one('$: ', '$@ ') + rhs
            out.append('R%s%s%s%s' % (lhs, r.one('\t', '\t\t', '\t\t\t'), rhs, r.one('', '', '\t\tcomment', '\t# comment')))
    return '\n'.join(out) + '\n'


def configuration(r):
    level = r.one(10, 10, 10, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1)
    head = HEAD.format(level=level, chars=r.one('.:%@!^/[]+', '.:%@!^/[]+', '.:@[]', '.:%@!^=/[]-+', '.'), more=r.one('', 'X', 'C', 'h', 'k', 'c'),
                       flags=r.one('lsDFMAw5:/|@qSPn9', 'lsDFMAw5:/|@qSPn9h', 'lsDFMrmn', 'lsDFMAw5:/|@quPn9'),
                       options=r.one('', '', 'O BlankSub=.\n', 'O MustQuoteChars=@,;:\\()[]x\n', 'O ColonOkInAddr=true\n', 'O BlankSub=_\n'))
    if r.often(0.5):
        head += 'HX-A: $>S1\nHX-B: $>+S2\nH*: $>S3\n'
    return head + DEFINES + rules(r)


# ---- lines of test mode ----

DEBUG = ['-d21.12', '-d21.2', '-d21.4', '-d21.3', '-d21.10', '-d21.1', '-d21.0', '-d35.9', '-d35.0', '-d60.5', '-d60.1', '-d60.0', '-d22.12',
         '-d22.36', '-d22.0', '-d12.1', '-d12.0', '-d39.1', '-d39.0', '-d21.36', '-d21.0-60.0', '-d22.11', '-d20.1', '-d20.0', '-d21.25',
         '-d0', '-dx', '-d', '-d999.1', '-d21-22.5', '-d60.1,21.0', '-d84.1', '-d84.0', '-d8.1', '-d8.0', '-d9.1', '-d9.0']
SAFE_DEBUG = [d for d in DEBUG if d not in ('-d',)]
ENDS = '-d0-99.0'


class Site:
    """What a configuration defines, to choose from."""

    def __init__(self, cf):
        self.sets = re.findall(r'(?m)^S([A-Za-z0-9_]+)', cf)
        self.maps = re.findall(r'(?m)^K(\w+)', cf)
        self.classes = re.findall(r'(?m)^[CF](\{\w+\}|[A-Za-z])', cf) + ['t', 'w', 'm', 'n', '{Unset}']
        self.macros = re.findall(r'(?m)^D(\{\w+\}|[A-Za-z])', cf) + ['w', 'm', 'k', 'v', 'V', 'Z', 'n', 'q', 'd', '{daemon_flags}', '{Unset}', '{bodytype}']
        self.mailers = re.findall(r'(?m)^M(\w+)', cf)


def state_line(r, site):
    kind = r.randrange(6)
    if kind == 0:
        return '.D%s%s' % (r.choice(site.macros + ['X', '{New}', '{', '{a-b}x', '', '{}x', '\xe9x']),
                           r.one('value', 'a.b', '', ' x ', '$j', '$&j', '${Other}', '$?X a $| b $.', 'caf\xe9', '$$', '$=w', '#x', 'a\\nb', '"q"'))
    if kind == 1:
        return '.C%s%s' % (r.choice(site.classes + ['X', '{New}', '{', '']), r.one('value', ' one two', '', 'a.b c.d', '$=w', '$j', '\xe9', '$={Unset}'))
    if kind == 2:
        return '/tryflags ' + r.one('HS', 'HR', 'ES', 'ER', 'e', 'h', 's', 'r', 'x', '', 'hs ', 'RE')
    if kind == 3:
        return r.choice(SAFE_DEBUG)
    return r.one('.', '.X', '.x', '.D', '.C', '-', '-x', '-d', '/', '/ ', '/x', '/quitx', '=', '=X', '=S', '=Q', '$', '$=', '#comment', '', ' ', '\t',
                 '$*', '$1', '$&x', '$?x', '${', '$={', '$={}', '${}', '${a', '$~x', '$|', '==', '=s3', '/MX example.com', '/Canon example.com')


def line(r, site):
    kind = r.randrange(24)
    a = address(r)
    sets = r.choice(site.sets + ['3', '0', '4'])
    if kind < 7:
        if r.often(0.3):
            sets = ','.join(r.choice(site.sets + ['3', '0', 'nosuch', '99', '100', '-1', '', '3x']) for _ in range(r.randrange(1, 5)))
        if r.often(0.2):
            a = r.one('%s $| %s', '<%s>$|%s', '$# %s', '%s $: %s', '$@ %s') .replace('%s', address(r))
        return '%s%s%s' % (sets, r.one(' ', ' ', ' ', '\t', '  '), a)
    if kind < 10:
        return '3,0 ' + a
    if kind < 13:
        return '/parse' + r.one(' ', ' ', '  ') + a
    if kind < 16:
        return '/try %s %s' % (r.choice(site.mailers + ['nosuch', 'LOCAL']), a)
    if kind == 16 and site.maps:
        return '/map %s %s' % (r.choice(site.maps + ['nosuch', 'host']), r.one(r.choice(WORDS), domain(r), a, '', ' x'))
    if kind == 17:
        return '$' + r.choice(site.macros)
    if kind == 18:
        return '$=' + r.choice(site.classes)
    if kind == 19:
        return '=S' + r.choice(site.sets + ['3', '99', 'nosuch', '', ' 3'])
    if kind == 20:
        return r.one('/mx ', '/canon ', '/mx ', '/canon ', '/header ', '/expand ') + r.one(domain(r), domain(r), domain(r), 'Subject: x', 'a b', '')
    if kind == 21:
        return r.one('=M', '?', '/header To: x', '/header x', '/header : x', '/mx', '/try', '/parse', '/map', '/canon', '/try local', '/map x')
    return state_line(r, site)


def lines(r, cf, n):
    site = Site(cf)
    return [line(r, site) for _ in range(n)]


# ---- broken lines ----

OPTION_LINES = '''O AliasFile=/etc/mail/aliases
O AliasFile=hash -o:/etc/mail/aliases, /etc/mail/b
O MinFreeBlocks=100
O MaxMessageSize=1000
O BlankSub=.
O HoldExpensive=true
O CheckpointInterval=10
O DeliveryMode=background
O AutoRebuildAliases=False
O ErrorHeader=/etc/mail/none
O ErrorMode=print
O TempFileMode=0600
O MatchGECOS
O MaxHopCount=25
O IgnoreDots=f
O ResolverOptions=+AAONLY -DNSRCH
O MeToo=True
O DaemonPortOptions=Name=MTA, Port=25, Addr=127.0.0.1
O ClientPortOptions=Family=inet, Address=0.0.0.0
O PrivacyOptions=authwarnings,novrfy
O PostmasterCopy=Postmaster
O QueueFactor=600000
O QueueSortOrder=host
O Timeout.initial=5m
O Timeout.queuereturn.urgent=2d
O Timeout.connect=1m
O TimeZoneSpec=
O DefaultUser=mail:mail
O UserDatabaseSpec=/etc/mail/userdb
O FallbackMXhost=fall.back.host
O TryNullMXList=true
O QueueLA=8
O RefuseLA=12
O DelayLA=5
O MaxDaemonChildren=40
O ConnectionRateThrottle=3
O RecipientFactor=30000
O ForkEachJob=false
O ClassFactor=1800
O RetryFactor=90000
O ConnectionCacheSize=2
O ConnectionCacheTimeout=5m
O UseErrorsTo=False
O LogLevel=9
O SmtpGreetingMessage=$j Sendmail
O UnixFromLine=From $g $d
O OperatorChars=.:%@!^/[]+
O DontInitGroups=False
O SingleLineFromHeader=False
O AllowBogusHELO=False
O MustQuoteChars=.
O RunAsUser=nobody:nogroup
O MaxRecipientsPerMessage=0
O DontBlameSendmail=safe,AssumeSafeChown
O TrustedUser=root
O MaxHeadersLength=32768
O MaxMimeHeaderLength=0/0
O AuthOptions=A
O QueueFileMode=0600
O EightBitMode=pass8
O NoRecipientAction=none
O MaxQueueRunSize=10
O ColonOkInAddr=false
O DoubleBounceAddress=postmaster
O DeliverByMin=1h
O MaxRunnersPerQueue=5
O NiceQueueRun=0
O SuperSafe=True
O FastSplit=1
O MailboxDatabase=pw
O InputMailFilters=a, b
O BadRcptThrottle=3
O RequiresDirfsync=true
O ConnectionRateWindowSize=60s
O HeloName=x.example
O ServiceSwitchFile=/etc/mail/service.switch
O HostsFile=/etc/hosts
O ForwardPath=$z/.forward
O DialDelay=10s
O MinQueueAge=5m
O DeadLetterDrop=/var/dead
OA/etc/mail/aliases
Odb
OL9
Or5m,mail=6m
O Timeout.queuewarn.normal=4x
O DeliveryMode=Background
O DontBlameSendmail=Group-Writable.x
O MaxHeadersLength=100
O ServerSSLOptions=ALL,,SSL_OP_ALL
O TLSSrvOptions=Vx, y
O ResolverOptions=true
O AliasFile=/x,,/y
O OperatorChars=.
OQ/var/spool/mqueue
Ou1:1
Og1
Or5m
OT5d/4h
OMXvalue
Ox8
OX12
O7true
Op authwarnings
OR f
OF0600'''.split('\n')
OTHER_LINES = '''Mfoo, P=/bin/foo, F=lsDFMu, S=S1/S2, R=S3, T=DNS/RFC822/X-Unix, M=1000, L=990, U=mail:mail, A=foo -d $u, E=\\r\\n, r=10, D=/tmp, N=10, C=iso-8859-1, Q=slow, W=1m, /=/tmp, m=5
Mbar, P=[IPC], F=mDFMuX, A=TCP $h
Mbaz, P=[FILE], A=FILE $u
Mrel, P=bin/x, A=x
Mtyp, P=/bin/x, T=DNS, U=8, r=0, M=-1, A=x
Mprog, P=/bin/sh, F=lsDFMm, A=sh -c $u
Ka hash -o -a.X /etc/mail/access
Kb btree /etc/mail/b
Kc text -z: -k0 -v1 /etc/passwd
Kd user -m
Ke regex -a@X ^a$$
Kf sequence a b
Kg dns -R MX -o
Kh macro
Ki arith
Kj program /bin/true
Kk null
Kl dequote
Km host -a.
Kn bestmx -T.TMP
Ko syslog -L NOTICE
Kp implicit /etc/mail/x
Kq userdb -o maildrop
Kr socket inet:1@127.0.0.1
Ks ldap -k (uid=%0) -v mail
Kt switch aliases
Ku stab
Qslow, P=/var/spool/mqueue, F=f, N=10, R=5, r=3, I=1h, J=5
Qfast, Path=/var/spool/mqueue, Flags=f
Xf1, S=inet:8891@localhost, F=R, T=S:4m;R:4m
Xf2, S=local:/var/run/f2.sock, F=T
Xf3, S=unix:/x, T=C:5m;S:10s;R:10s;E:5m
HSubject: $>S1
HX-A: $>+S1
H?P?Return-Path: <$g>
H?D?Date: $a
HReceived: $?sfrom $s $.by $j id $i; $b
H?${X}?X-Y: $w
H*: $>S1
H?<>?X: y
Pfirst-class=0
Pjunk=-100
Tdaemon root
ETZ
EFOO=bar
CXa b c
C{Long}a b
DXvalue $j
D{Long}$?X a $| b $.
FX/etc/passwd
FX-o /nonexistent %[^:]
F{Y}/etc/group %s
SSix=6
S7
Sseven
Ra	b
R$* $=w $+	$@ $1 $2 $3
R$- . $~X	$: $(a $1 $@ x $: $2 $)
R$* < @ $+ > $*	$#smtp $@ $2 $: $1 < @ $2 > $3
R$&{Long}	$>S1 $[ x $: y $]
V10/Berkeley'''.split('\n')


def mutated(r, text):
    """The line with one thing wrong."""
    at = r.randrange(len(text) + 1)
    kind = r.randrange(14)
    if kind == 0:
        return text[:at]
    if kind == 1:
        return text.replace('\t', ' ')
    if kind == 2:
        return text.replace('=', '', 1)
    if kind == 3:
        return r.choice('ABCDEFGHKLMNOPQRSTUVWXYZabz=$-0 \t') + text[1:]
    if kind == 4:
        return re.sub(r'\d+', r.one('', 'x', '-1', '99999999999', '0', '08', '1x', '0x10'), text, 1)
    if kind == 5:
        return text[:at] + r.one('$', '${', '${x', '$={', '$=', '$(', '$)', '$[', '$]', '$>', '$1', '$9', '$?', '$.', '$|', '$&', '$#', '$@', '$:', '"', ',',
                                 '=', ' ', '\t', '#', '\\', '/', ':', '<', '>', '(', '{', '}', '%', '|', '\xe9', '$={a-b}') + text[at:]
    if kind == 6:
        return text[:at] + text[at + 1:]
    if kind == 7:
        words = re.split(r'(\W+)', text)
        words[r.randrange(len(words))] = r.one('', 'x', 'nosuch', '1')
        return ''.join(words)
    if kind == 8:
        return re.sub(r'=[^,]*', r.one('=', '=x', '= ', '=-1', '=1:2:3', '=a/b/c', '=,'), text, 1)
    if kind == 9:
        parts = text.split(',')
        parts[r.randrange(len(parts))] = r.one('', ' ', ' Z=x', 'x', ' =x', ' P', ' P=', ' F=', ' S=', ' U=nosuch', ' T=x', ' E')
        return ','.join(parts)
    if kind == 10:
        return text + r.one(' x', ',', ', ', '=', '/', ':', '\\', '\n continued', '\n\tmore', '#', ' # comment', '$')
    if kind == 11:
        return text[0] + r.one(' ', '  ', '\t', '') + text[1:]
    if kind == 12:
        return re.sub(r'[A-Za-z]+', lambda m: r.one(m.group(0).lower(), m.group(0).upper(), m.group(0)[:4], m.group(0) + 's'), text, 1) if r.often(0.5) \
            else re.sub(r'(?<=^O )\w+', lambda m: m.group(0)[:r.randrange(1, len(m.group(0)))], text)
    return text + '\n' + text


def broken(r, corpus_lines):
    """A configuration of which a few lines are wrong, each in its own way."""
    lines = []
    for _ in range(r.randrange(3, 9)):
        pool = r.one(OPTION_LINES, OTHER_LINES, OTHER_LINES, corpus_lines)
        line = r.choice(pool)
        lines.append(mutated(r, line) if line and r.often(0.7) else line)
    head = HEAD.format(level=10, chars='.:%@!^/[]+', more='', flags='lsDFMAw5:/|@qSPn9', options='')
    return head + 'SS1\nR$*\t$: $1\n' + '\n'.join(lines) + '\n'
