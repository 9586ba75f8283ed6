"""Random sites for the comparison of cf trees: an .mc file, its tables, and what to ask. The same seed makes the same site."""
import random

USERS = ['alice', 'bob', 'carol', 'dave', 'Erin', 'root', 'postmaster', 'ghost', 'info', 'sales']
DETAILS = ['', '', '', '', '+detail', '+x', '+', '+a+b']
OURS = ['mail.oracle.example', 'localhost', 'local.example', 'www.oracle.example', '[192.0.2.10]', 'mail', '[127.0.0.1]']
VIRTUAL = ['virt.example', 'other-virt.example', 'a.virt.example']
MASQ = ['masq.example', 'h.masq.example', 'hidden.example', 'list.oracle.example', 'oracle.example']
FOREIGN = ['example.com', 'example.net', 'host.example.com', 'www.example.com', 'far.example', 'x.far.example', 'wild.example',
           'host.wild.example', 'deep.sub.wild.example', 'corp.example', 'inside.corp.example', 'relayed.example',
           'sub.relayed.example', 'bad.example', 'x.bad.example', 'nonexist.test', 'unresolv.example', 'nullmx.test', 'smart.example',
           'servfail.test', '[203.0.113.5]', '[IPv6:2001:db8:aaaa::1]', 'cname-to-a.test', 'example.com.', 'EXAMPLE.NET', 'single',
           'mx-loop.test', 'old.example', 'sub.old.example']
OTHER = ['u.UUCP', 'node.uucp', 'h.BITNET', 'x.bitnet', 'd.DECNET', '555.FAX', 'old.example.REDIRECT', 'mail.oracle.example.REDIRECT',
         'pop', 'node.sub.UUCP', 'u.x.BITNET']
CLIENTS = [('198.51.100.1', 'client.example.org', 'OK'), ('198.51.100.7', 'friendly.example.net', 'OK'),
           ('198.51.100.8', 'spammer.bad.example', 'OK'), ('198.51.100.4', '[198.51.100.4]', 'FAIL'),
           ('198.51.100.2', '[198.51.100.2]', 'FORGED'), ('198.51.100.5', '[198.51.100.5]', 'TEMP'),
           ('10.9.0.1', 'inside.corp.example', 'OK'), ('127.0.0.1', 'localhost', 'OK'), ('192.0.2.10', 'mail.oracle.example', 'OK'),
           ('IPv6:2001:db8:aaaa::c1', 'client6.example.org', 'OK'), ('198.51.100.10', 'listed.example.org', 'OK'),
           ('IPv6:0:0:0:0:0:0:0:1', 'localhost', 'OK'), ('198.51.100.9', 'a.client.example.org', 'OK'),
           ('203.0.113.3', 'mail.example.net', 'OK'), ('0', 'alice@localhost', 'OK')]
SERVERS = [('203.0.113.1', 'mx1.example.com'), ('203.0.113.3', 'mail.example.net'), ('203.0.113.30', 'smart.example'),
           ('IPv6:2001:db8:aaaa::1', 'mx1.example.com')]
VERIFY = ['OK', 'TRUSTED', 'NONE', 'NO', 'FAIL', 'TEMP', 'NOT', 'SOFTWARE', 'PROTOCOL', 'CONFIG', 'CLEAR', 'DANE_FAIL', '']
VERDICTS = ['OK', 'RELAY', 'REJECT', 'DISCARD', 'SKIP', 'ERROR:550 5.7.1 not here', 'ERROR:5.7.1:550 go away', 'ERROR:"551 quoted text"',
            'QUARANTINE:looked odd', '550 5.7.0 old style', '451 later', 'ERROR:4.2.1:450 try later', 'ERROR:D.S.N:550 odd', 'Junk']
RELAYS = ['smart.example', 'relay:smart.example', 'smtp:[203.0.113.5]', 'esmtp:gateway.example', '[203.0.113.31]', 'local:carol',
          'smtp8:backup.example', 'error:5.3.0:550 closed', 'smart.example.', 'local:', 'dsmtp:smart.example:backup.example',
          'relay:bob@smart.example', 'error:nohost gone', 'mail.oracle.example', 'uucp-dom:smart.example', '%1.smart.example']


class Site:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.name = 'site-%d' % seed
        self.defines, self.features, self.lists, self.mailers, self.tail = [], [], [], ['local', 'smtp'], []
        self.files, self.maps, self.has, self.lines, self.dialogs = {}, [], set(), [], []

    def chance(self, p):
        return self.r.random() < p

    def one(self, *of):
        return self.r.choice(of[0] if len(of) == 1 else of)

    def some(self, of, most):
        return self.r.sample(of, self.r.randint(1, min(most, len(of))))

    def feature(self, name, *args):
        self.has.add(name)
        self.features.append('FEATURE(%s)' % ', '.join('`%s\'' % a for a in (name, *args)))

    def table(self, name, rows):
        self.files['/etc/mail/' + name] = ''.join('%s\t%s\n' % row for row in dict(rows).items())
        self.maps.append(['hash', '/etc/mail/' + name])

    def mc(self):
        lists = [x if ')' in x else x for x in self.lists]
        return '\n'.join(['VERSIONID(`%s\')' % self.name, 'OSTYPE(`linux\')', *self.defines, *self.features, *lists,
                          *('MAILER(`%s\')' % m for m in self.mailers), *self.tail, ''])

    # ---- addresses ----
    def user(self):
        return self.one(USERS) + self.one(DETAILS)

    def domain(self):
        return self.one(self.one(OURS, OURS, VIRTUAL, MASQ, FOREIGN, FOREIGN, OTHER))

    def address(self):
        u, d = self.user(), self.domain()
        return self.one([f'{u}@{d}'] * 14 + [
            u, f'{u}%{self.domain()}@{d}', f'{d}!{u}', f'node!{u}@{d}', f'@{d}:{u}@{self.domain()}', f'"{u}"@{d}', f'node!{u}',
            f'"{u}@{self.domain()}"@{d}', f'{u}@{d}@{self.domain()}', f'{u}@', f'a!b!{u}', f'{u}%{d}', f'"a b"@{d}', f'node::{u}',
            f'<{u}@{d}>', f'{u}@{d} (x)', f'Full Name <{u}@{d}>', f'@{d}', 'list:;', f'{u}@.{d}', f'{u}@{d}..', f'news.group.USENET'])

    # ---- the parts of a site ----
    def options(self):
        pool = [('confREJECT_MSG', '550 No'), ('confRELAY_MSG', '550 5.7.9 no relay'), ('confSMTP_MAILER', 'smtp8'),
                ('confRELAY_MAILER', 'esmtp'), ('confLOCAL_MAILER', 'cyrus' if 'cyrus' in self.mailers else 'local'),
                ('confDOMAIN_NAME', 'mail.oracle.example'), ('confMAILER_NAME', 'Mailer'), ('confCF_VERSION', 'site-1'),
                ('confFROM_HEADER', '$?x"$x" <$g>$|<$g>$.'), ('confTO_QUEUEWARN', '2h'), ('confMAX_MESSAGE_SIZE', '1000000'),
                ('confPRIVACY_FLAGS', 'goaway,restrictmailq'), ('confTIME_ZONE', 'USE_TZ'), ('confDELIVERY_MODE', 'q'),
                ('confBIND_OPTS', '+AAONLY'), ('confEIGHT_BIT_HANDLING', 'm'), ('confTRUSTED_USERS', 'alice bob'), ('confDEF_USER_ID', '8:8'),
                ('confSAFE_QUEUE', 'interactive'), ('confUSERDB_SPEC', '/etc/mail/userdb'), ('confOPERATORS', '.:%@!^/[]+='),
                ('confMAX_RCPTS_PER_MESSAGE', '20'), ('confDOUBLE_BOUNCE_ADDRESS', 'root'), ('confMESSAGEID_HEADER', '<$i.$t@$j>'),
                ('confDEQUOTE_OPTS', ''), ('confCR_FILE', '-o /etc/mail/relay-domains %[^\\#]'), ('confTRY_NULL_MX_LIST', 'True'),
                ('confRECEIVED_HEADER', 'by $j id $i; $b'), ('confSMTP_LOGIN_MSG', '$j ready'), ('confTLS_FALLBACK_TO_CLEAR', 'true')]
        for name, value in self.some(pool, 5):
            self.defines.append('define(`%s\', `%s\')' % (name, value))
        for name in ('SMART_HOST', 'MAIL_HUB', 'LOCAL_RELAY', 'LUSER_RELAY', 'UUCP_RELAY', 'BITNET_RELAY', 'DECNET_RELAY', 'FAX_RELAY'):
            if self.chance(0.13):
                value = self.one([x for x in RELAYS if 'uucp' not in x or 'uucp' in self.mailers][:11 if name != 'LUSER_RELAY' else 13])
                self.defines.append('define(`%s\', `%s\')' % (name, value))
                self.has.add(name)

    def masquerade(self):
        if self.chance(0.5):
            self.lists.append('MASQUERADE_AS(`%s\')' % self.one('oracle.example', 'masq.example', 'seen.example', 'example.com.'))
            for name, p in (('MASQUERADE_DOMAIN', 0.4), ('MASQUERADE_EXCEPTION', 0.3), ('EXPOSED_USER', 0.4)):
                if self.chance(p):
                    values = self.some(['root', 'bob'], 2) if name == 'EXPOSED_USER' else self.some([*MASQ, 'example.com'], 3)
                    if self.chance(0.2):
                        self.lists.append('%s_FILE(`/etc/mail/%s\')' % (name, name.lower()))
                        self.files['/etc/mail/' + name.lower()] = '\n'.join(values) + '\n'
                    else:
                        self.lists.append('%s(`%s\')' % (name, ' '.join(values)))
        for name in ('masquerade_envelope', 'masquerade_entire_domain', 'limited_masquerade', 'allmasquerade', 'local_no_masquerade'):
            if self.chance(0.2):
                self.feature(name)

    def tables(self):
        r = self.r
        if self.chance(0.4):
            self.feature('genericstable')
            rows = [(k, self.one('alice.a@seen.example', 'bob.b', 'x%1@seen.example', 'carol@virt.example', '%1@g.example', 'd%2@seen.example'))
                    for k in r.sample(['alice', 'bob', 'carol@mail.oracle.example', 'dave+detail', 'dave+*', 'erin@masq.example',
                                       'root+x@masq.example', '@hidden.example', 'info+*@local.example', 'sales', 'dave'], 5)]
            self.table('genericstable', rows)
            if self.chance(0.7):
                self.lists.append('GENERICS_DOMAIN(`%s\')' % ' '.join(self.some([*MASQ, *OURS[:3]], 4)))
            if self.chance(0.3):
                self.feature('generics_entire_domain')
        if self.chance(0.45):
            self.feature('virtusertable')
            values = ['alice', 'bob@example.com', 'error:nouser 550 gone', 'error:5.7.0:550 no', '%1@example.net', '%1%3@far.example',
                      'x+%2', 'carol%3', 'error:5.1.6 551 moved', 'error:550 bare', '%1', 'local-list', 'dave@virt.example', '!info',
                      'error:tempfail 451 later', 'error:5.2.2:552 full up']
            keys = ['info@virt.example', 'sales@virt.example', '@virt.example', 'info+*@virt.example', '@other-virt.example',
                    '+*@other-virt.example', '++@virt.example', 'alice++@other-virt.example', 'bob@a.virt.example', '@a.virt.example',
                    'carol@mail.oracle.example', 'ghost@local.example', '@oracle.example', 'dave+detail@virt.example', 'root@', 'root@virt.example']
            self.table('virtusertable', [(k, self.one(values)) for k in r.sample(keys, 9)])
            if self.chance(0.8):
                self.lists.append('VIRTUSER_DOMAIN(`%s\')' % ' '.join(self.some([*VIRTUAL, 'oracle.example'], 3)))
            if self.chance(0.3):
                self.feature('virtuser_entire_domain')
        if self.chance(0.4):
            self.feature('mailertable')
            keys = ['far.example', '.far.example', '.wild.example', 'host.wild.example', 'example.net', '.example.com', 'nonexist.test', '.',
                    '.bad.example', 'bad.example', 'single', '.bitnet', 'h.bitnet', '.oracle.example']
            self.table('mailertable', [(k, self.one(RELAYS)) for k in r.sample(keys, 7)])
        if self.chance(0.25):
            self.feature('domaintable')
            self.table('domaintable', [('old.example', self.one('example.com', 'mail.oracle.example')), ('sub.old.example', 'virt.example'),
                                       ('single', 'example.net')])
        if self.chance(0.2):
            self.feature('bitdomain')
            self.table('bitdomain', [('h', 'h.example.com'), ('u.x', 'example.net')])
        if self.chance(0.2):
            self.feature('uucpdomain')
            self.table('uudomain', [('node', 'node.example.com'), ('u', 'mail.oracle.example')])

    def access(self):
        r = self.r
        if not self.chance(0.7):
            return
        extra = [x for x in ('lookupdotdomain', 'relaytofulladdress') if self.chance(0.15)]
        self.feature('access_db', *(['hash -T<TMPF> /etc/mail/access', *extra] if extra or self.chance(0.4) else []))
        where = ['example.com', 'bad.example', 'x.bad.example', '.bad.example', 'relayed.example', 'example', 'alice@example.com', 'alice@',
                 'far.example', 'mail.oracle.example', 'alice@mail.oracle.example', 'bob+detail@example.com', 'ghost@', 'nonexist.test',
                 '[203.0.113.5]', 'sub.relayed.example', '.example.com', 'alice@local.example', 'masq.example']
        hosts = ['198.51.100.1', '198.51.100', '198.51.100.8', '10.9', '10', 'client.example.org', 'bad.example', 'example.org',
                 '[198.51.100.4]', 'IPv6:2001:db8:aaaa::c1', 'IPv6:2001:db8', 'friendly.example.net', '.example.org', '127.0.0.1', '203.0.113.3']
        rows = [('From:' + w, self.one(VERDICTS)) for w in r.sample(where, 4)]
        rows += [('To:' + w, self.one(VERDICTS)) for w in r.sample(where, 5)]
        rows += [('Connect:' + w, self.one(VERDICTS)) for w in r.sample(hosts, 4)]
        rows += [(w, self.one(VERDICTS)) for w in r.sample(where + hosts, 4)]
        rows += [('Spam:' + w, self.one('FRIEND', 'HATER')) for w in r.sample(where, 4)]
        rows += [('GreetPause:' + w, self.one('0', '10', '50')) for w in r.sample(hosts + [''], 3)]
        rows += [(t + w, self.one('0', '1', '2', '30')) for t in ('ClientRate:', 'ClientConn:') for w in r.sample(hosts + ['', ''], 3)]
        rows += [('Try_TLS:' + w, self.one('NO', 'YES')) for w in r.sample(['mail.example.net', '203.0.113.1', 'example.com', ''], 2)]
        rows += [(t + w, self.one('VERIFY', 'ENCR:112', 'VERIFY:256', 'TEMP+VERIFY', 'PERM+ENCR:128', 'VERIFY:128+CN:host.example',
                                  'PERM+VERIFY+CN', 'ENCR:0', 'TEMP+ENCR:256+CN:client.example.org++CS:/CN=x', 'VERIFY:0+CITag:MyTag',
                                  'OK', 'VERIFY+CI:/O=Test', 'VERIFY:112+CN++CI:/O=Test'))
                 for t in ('TLS_Srv:', 'TLS_Clt:', 'TLS_Rcpt:') for w in r.sample(where + hosts + ['', 'mx1.example.com', '203.0.113.3'], 5)]
        rows += [(t + w, self.one('S', 's v', 'A p', 'l', 'V', 'c')) for t in ('Srv_Features:', 'Clt_Features:')
                 for w in r.sample(hosts + ['', 'mx1.example.com', '203.0.113.3'], 3)]
        rows += [(t + w, self.one('CertFile=/x; KeyFile=/y', 'Options=1')) for t in ('TLS_Srv_features:', 'TLS_Clt_features:')
                 for w in r.sample(hosts + ['', 'mx1.example.com', '203.0.113.3'], 3)]
        rows += [('AuthInfo:' + w, self.one('"U:me" "P:x"', '"U:b" "I:i" "P:p" "M:PLAIN"'))
                 for w in r.sample(['smart.example', 'example.com', '203.0.113.3', '', 'mx1.example.com'], 2)]
        rows += [('Compat:a@example.com<@>alice@mail.oracle.example', self.one('DISCARD', 'TEMP:450 x', 'ERROR:550 y', 'OK')),
                 ('Compat:<@>bob', 'DISCARD')]
        rows += [('QGRP:' + w, 'slow') for w in r.sample(where, 3)]
        rows += [('CERTISSUER:/O=Test/CN=CA', self.one('RELAY', 'SUBJECT')), ('CERTSUBJECT:/CN=host', 'RELAY'), ('MyTag:/O=Test/CN=CA', 'OK')]
        self.table('access', rows)
        for name, p, args in (('blocklist_recipients', 0.5, [[]]), ('delay_checks', 0.45, [[], ['friend'], ['hater']]),
                              ('ratecontrol', 0.25, [[], ['nodelay'], ['nodelay', 'terminate'], ['', 'terminate']]),
                              ('conncontrol', 0.25, [[], ['nodelay'], ['nodelay', 'terminate'], ['', 'terminate']]),
                              ('greet_pause', 0.3, [['20'], []]), ('compat_check', 0.3, [[]]), ('queuegroup', 0.25, [[], ['slow']]),
                              ('relay_mail_from', 0.15, [[], ['domain']]), ('tls_session_features', 0.2, [[]])):
            if self.chance(p):
                self.feature(name, *self.one(args))
        if 'queuegroup' in self.has:
            self.lists.append('QUEUE_GROUP(`slow\', `P=/var/spool/mqueue\')')
        if 'delay_checks' in self.has and self.chance(0.3):
            self.feature('block_bad_helo')

    def checks(self):
        for name, p, args in (('accept_unqualified_senders', 0.2, [[]]), ('accept_unresolvable_domains', 0.3, [[]]),
                              ('relay_entire_domain', 0.2, [[]]), ('relay_hosts_only', 0.2, [[]]), ('relay_local_from', 0.1, [[]]),
                              ('relay_based_on_MX', 0.15, [[]]), ('promiscuous_relay', 0.05, [[]]), ('loose_relay_check', 0.15, [[]]),
                              ('require_rdns', 0.2, [[]]), ('use_client_ptr', 0.15, [[]]), ('lookupdotdomain', 0.1, [[]]),
                              ('dnsbl', 0.2, [['bl.test'], ['bl.test', '"550 listed "$&{client_name}'], ['bl.test', '', 't'], ['bl.test', 'discard'],
                                              ['bl.test', 'quarantine'], ['bl.test', '', '451 dns trouble']]),
                              ('enhdnsbl', 0.2, [['bl.test'], ['bl.test', '"554 "$&{client_addr}', 't', '127.0.0.2.'],
                                                 ['bl.test', '', '', '127.0.0.4.', '127.0.0.9.']]),
                              ('badmx', 0.12, [[]]), ('rhsbl', 0.12, [['rhsbl.test'], ['rhsbl.test', '"550 5.7.1 by list"']]),
                              ('check_other', 0.1, [[]]),
                              ('always_add_domain', 0.2, [[], ['added.example']]), ('bestmx_is_local', 0.12, [[], ['virt.example corp.example']]),
                              ('nocanonify', 0.2, [[], ['canonify_hosts']]), ('nopercenthack', 0.12, [['reject'], ['nospecial']]),
                              ('nouucp', 0.3, [['reject'], ['nospecial']]), ('redirect', 0.2, [[]]), ('stickyhost', 0.2, [[]]),
                              ('preserve_local_plus_detail', 0.15, [[]]), ('preserve_luser_host', 0.15, [[]]), ('use_cw_file', 0.5, [[]]),
                              ('use_ct_file', 0.2, [[]]), ('no_default_msa', 0.3, [[]]), ('authinfo', 0.15, [[]]), ('smrsh', 0.1, [[], ['/bin/smrsh']]),
                              ('local_procmail', 0.1, [[], ['/usr/bin/procmail'], ['/usr/bin/procmail', 'procmail -a $h -d $u', 'w']]),
                              ('local_lmtp', 0.1, [[], ['/bin/lmtp', 'lmtp -x']])):
            if self.chance(p):
                self.feature(name, *self.one(args))
        if 'authinfo' in self.has:
            self.table('authinfo', [('AuthInfo:smart.example', '"U:x" "P:y"'), ('AuthInfo:', '"U:all"')])
        if 'use_cw_file' in self.has:
            self.files['/etc/mail/local-host-names'] = '\n'.join(self.some(['local.example', 'oracle.example', 'hidden.example'], 3)) + '\n'
        if 'nouucp' not in self.has and self.chance(0.3):
            self.mailers.append('uucp')
        for m in ('fax', 'pop', 'procmail', 'usenet', 'cyrus', 'cyrusv2', 'mail11', 'phquery', 'qpage'):
            if self.chance(0.07):
                self.mailers.append(m)
        if self.chance(0.04):
            self.mailers = ['local']
        if self.chance(0.4):
            self.lists.append('RELAY_DOMAIN(`%s\')' % ' '.join(self.some(['relayed.example', '10.9', '198.51.100.7', 'example.org', 'far.example',
                                                                        'IPv6:2001:db8:aaaa'], 4)))
        if self.chance(0.2):
            self.lists.append('LOCAL_USER(`%s\')' % self.one('root', 'alice root'))
        if self.chance(0.2):
            self.lists.append('LOCAL_DOMAIN(`local.example\')')
        if self.chance(0.2):
            self.lists.append('CANONIFY_DOMAIN(`%s\')' % self.one('example.com', 'wild.example'))
        if self.chance(0.3):
            self.lists.append('TRUST_AUTH_MECH(`%s\')' % self.one('PLAIN', 'PLAIN LOGIN'))
        if self.chance(0.15):
            self.lists.append('DAEMON_OPTIONS(`Name=MTA%s\')' % self.one('', ', M=f', ', Port=smtp, M=Cu', ', M=c', ', Family=inet'))
        if self.chance(0.15):
            self.lists.append('CLIENT_OPTIONS(`Addr=192.0.2.10\')')
        if self.chance(0.1):
            self.lists.append('INPUT_MAIL_FILTER(`f1\', `S=local:/run/f1.sock, F=T, T=S:1s;R:1s\')')
            if self.chance(0.5):
                self.lists.append('MAIL_FILTER(`f2\', `S=inet:8899@127.0.0.1\')\ndefine(`confINPUT_MAIL_FILTERS\', `f2, f1\')')
        if self.chance(0.2):
            name = self.one([m.upper() for m in self.mailers if m in ('local', 'smtp', 'uucp', 'cyrus')])
            self.lists.append('MODIFY_MAILER_FLAGS(`%s\', `%s\')' % (name, self.one('+e', '-m', 'mx', '+%')))

    def sections(self):
        pool = ['LOCAL_RULE_0\nR$+ < @ special.example . >\t$#error $@ 5.1.1 $: "550 special"\nRgreen\t$#local $: bob',
                'LOCAL_RULE_1\nR$* x $*\t$1 y $2', 'LOCAL_RULE_2\nR$* z $*\t$1 w $2',
                'LOCAL_RULE_3\nR$* < @ alias.example > $*\t$: $1 < @ example.com > $2',
                'LOCAL_NET_CONFIG\nR$* < @ $* far.example . > $*\t$#esmtp $@ gateway.example $: $1 < @ $2 far.example . > $3',
                'LOCAL_CONFIG\nCwextra.example\nKmine hash -o /etc/mail/mine\nD{Mine}value',
                'LOCAL_RULESETS\nSLocal_check_mail\nR$* blocked $*\t$#error $@ 5.7.1 $: "550 blocked here"',
                'LOCAL_RULESETS\nSLocal_check_rcpt\nR$* full $*\t$#error $@ 4.2.2 $: "452 full"\nSLocal_check_relay\nR$* $| 198.51.100.7\t$#error $: "554 you"',
                'LOCAL_RULESETS\nSLocal_Relay_Auth\nRyes\t$@ yes\nR$*\t$@ no',
                'LOCAL_RULESETS\nSMyCheck\nR$*\t$: $>SearchList <+ From> $| <F:$1> <D:$1> <>\nR$+ @ $+\t$: $>CanonAddr $1 @ $2'
                '\nSLocal_localaddr\nRghost\t$#error $@ 5.1.1 $: "550 no ghost"',
                'LOCAL_TRY_TLS\nR$*\t$: $>MyTry $1\nLOCAL_RULESETS\nSMyTry\nR$*\t$@ $1', 'LOCAL_SRV_FEATURES\nR$* \t$: $1',
                'LOCAL_TLS_RCPT\nRnever $*\t$#error $@ 4.7.0 $: "454 never"', 'LOCAL_TLS_CLIENT\nRODD $*\t$#error $@ 4.7.0 $: "454 odd"',
                'LOCAL_TLS_SERVER\nRODD $*\t$#error $@ 4.7.0 $: "454 odd"', 'LOCAL_CLT_FEATURES\nR$*\t$: $1']
        if self.chance(0.5):
            self.tail += self.some(pool, 3)

    # ---- what to ask ----
    def client(self, which=None):
        addr, name, resolve = which or self.one(CLIENTS)
        self.lines += ['.D{client_addr}' + addr, '.D{client_name}' + name, '.D{client_resolve}' + resolve, '.D{client_ptr}' + name]

    def questions(self, n):
        add = self.lines.append
        late = 'delay_checks' in self.has
        for line in ('$=w', '$=R', '$=M', '$=E', '$=G', '$=L', '$=P', '$={VirtHost}', '$={TrustAuthMech}', '$=O', '$=N', '$=t', '$M', '$S', '$Z', '$n', '$=m', '=M'):
            add(line)
        for _ in range(n):
            add('3,0 ' + self.address())
        for flags in ('HS', 'HR', 'ES', 'ER'):
            add('/tryflags ' + flags)
            for _ in range(n // 6):
                add('/try %s %s' % (self.one('esmtp', 'relay', 'local', 'smtp8', 'esmtp', 'local', 'prog', *(
                    ['uucp', 'uucp-dom', 'uucp-uudom', 'uucp-old'] if 'uucp' in self.mailers else ['smtp'])), self.address()))
        for _ in range(6):
            self.client()
            add('.D{auth_type}' + self.one('', '', 'PLAIN', 'CRAM-MD5'))
            add('.D{verify}' + self.one(VERIFY))
            add('.D{cert_issuer}' + self.one('', '/O=Test/CN=CA'))
            add('.D{cert_subject}' + self.one('', '/CN=host'))
            add('.D{cn_subject}' + self.one('', 'host.example', 'client.example.org'))
            add('.D{cipher_bits}' + self.one('', '0', '128', '256'))
            add('.D{client_rate}' + self.one('1', '3', '40'))
            add('.D{client_connections}' + self.one('1', '3', '40'))
            add('.Ds' + self.one('client.example.org', 'localhost', 'mail.oracle.example', 'single', '[198.51.100.1]', '198.51.100.1', ''))
            add('.D{daemon_flags}' + self.one('', '', 'c', 'u', 'CC f'))
            addr, name, _ = self.one(CLIENTS[:-1])
            add('check_relay %s $| %s' % (name, addr))
            add('greet_pause %s $| %s' % (name, addr))
            for _ in range(3):
                sender = self.one(self.address(), self.address(), '', 'user@' + self.one(FOREIGN))
                add('.Df' + sender)
                add('check_mail <%s>' % sender)
                add('%s <%s>' % ('checkmail' if late else 'Basic_check_mail', sender))
                for _ in range(3):
                    rcpt = self.address()
                    add('check_rcpt <%s>' % rcpt)
                    add('%s <%s>' % ('checkrcpt' if late else 'Basic_check_rcpt', rcpt))
                add('check_compat <%s> $| <%s>' % (self.one('a@example.com', self.address()), self.one('alice@mail.oracle.example', 'bob')))
            saddr, sname = self.one(SERVERS)
            self.lines += ['.D{server_addr}' + saddr, '.D{server_name}' + sname]
            self.lines += ['srv_features x', 'try_tls ' + sname, 'authinfo ' + sname, 'trust_auth alice',
                           'tls_client %s $| MAIL' % self.one(VERIFY), 'tls_client %s $| STARTTLS' % self.one(VERIFY),
                           'tls_server ' + self.one(VERIFY), 'tls_rcpt ' + self.one(self.address(), 'alice@example.com'),
                           'tls_srv_features %s $| %s' % (name, addr), 'tls_clt_features %s $| %s' % (sname, saddr),
                           'queuegroup ' + self.address(), 'check_other X-junk $| 5']
        for _ in range(8):
            add('%s %s' % (self.one('Recurse', 'canonify', 'final', 'MasqHdr', 'MasqEnv', 'localaddr', 'Canonify2', '1', '2', 'CanonAddr',
                                    'ParseRecipient', 'MailerToTriple', 'CanonLocal'), self.address()))
        for _ in range(3):
            add('localaddr ' + self.user())


def make(seed, questions=60):
    s = Site(seed)
    s.access()
    s.checks()
    s.options()
    s.masquerade()
    s.tables()
    s.sections()
    s.r.shuffle(s.lists)
    s.questions(questions)
    return s
