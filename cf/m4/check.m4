
ifdef(`_EARLY_', `dnl
# ---- check_relay: what does not wait for the recipient ----
Scheck_relay
ifdef(`_RATE_NODELAY_', `_limit_early(`Rate')')dnl
ifdef(`_CONN_NODELAY_', `_limit_early(`Conn')')dnl

')dnl
# ---- check_relay: may this client talk to us? name and address of it ----
SLocal_check_relay
Scheck`'_DELAYED_`'relay
R$*			$: $1 $| $>"Local_check_relay" $1
R$* $| $* $| $# $*	$# $3
ifdef(`_DELAY_CHECKS_', `', `dnl
ifdef(`_RATE_NODELAY_', `_limit_call2(`Rate')')dnl
ifdef(`_CONN_NODELAY_', `_limit_call2(`Conn')')dnl
')dnl
R$* $| $* $| $*		$@ $>"Basic_check_relay" $1 $| $2

SBasic_check_relay
undivert(30)dnl
ifdef(`_ACCESS_', `dnl
ifdef(`_USE_CLIENT_PTR_', `R$+ $| $+		$: $&{client_ptr} $| $2
R$@ $| $+		$: ? $| $1
')dnl
R$+ $| $+		$: $1 $| $2 $| $>SearchList < + Connect > $| < D : $1 > < A : $2 > < . >
R$* $| $* $| < $* >	$: $1 $| $2 $| $>Verdict < $3 >
R$* $| $* $| $# $*	$# $3
R$* $| $* $| $*		$: $1 $| $2
')dnl
ifdef(`_RATE_CONTROL_', `ifdef(`_RATE_NODELAY_', `', `_limit_call(`Rate')')')dnl
ifdef(`_CONN_CONTROL_', `ifdef(`_CONN_NODELAY_', `', `_limit_call(`Conn')')')dnl
undivert(31)dnl
undivert(8)dnl
ifdef(`_REQUIRE_RDNS_', `dnl
R$*			$: < $&{client_addr} > < $&{client_resolve} >
R< $=R $* > < $* >	$: OK				relayed nets need no name
R< $* > < FAIL >	$#error $@ 5.7.1 $: "550 Fix reverse DNS for " $1
R< $* > < TEMP >	$#error $@ 4.1.8 $: "451 Client IP address " $1 " does not resolve"
R< $* > < OK >		$: OK
R< $* > < FORGED >	$#error $@ 4.1.8 $: "451 Possibly forged hostname for " $1
')dnl

ifdef(`_RATE_CONTROL_', `_limit_rules(`Rate', `client_rate', `Connection rate limit exceeded.')')dnl
ifdef(`_CONN_CONTROL_', `_limit_rules(`Conn', `client_connections', `Too many open connections.')')dnl
ifdef(`_GREET_PAUSE_', `dnl
# ---- greet_pause: how long to wait before the greeting, in milliseconds ----
SLocal_greet_pause
Sgreet_pause
R$*			$: < $1 > < $>"Local_greet_pause" $1
R< $* > < $# $*		$# $2
R< $* > < $*		$: $1
R$+ $| 127.0.0.1	$@ OK
R$+ $| 0		$@ OK
R$+ $| IPv6:0:0:0:0:0:0:0:1	$@ OK
R$+ $| IPv6:::1		$@ OK
ifdef(`_ACCESS_', `dnl
R$+ $| $+		$: $>SearchList < ! GreetPause > $| < D : $1 > < A : $2 > < . >
R< <TMPF> >		$: < ? >
R< ? >			$: < _GREET_PAUSE_ >
R< $- $* >		$: < $1 >
', `dnl
R$+ $| $+		$: < _GREET_PAUSE_ >
')dnl
R< 0 >			$@ OK
R< $- >			$# $1

')dnl
# ---- check_mail: may this sender send? ----
SLocal_check_mail
Scheck`'_DELAYED_`'mail
R$*			$: $1 $| $>"Local_check_mail" $1
R$* $| $# $*		$# $2
R$* $| $*		$@ $>"Basic_check_mail" $1

SBasic_check_mail
R$*			$: $1 $| $>"TLS_of_client"
R$* $| $# $*		$# $2
R$* $| $*		$: $1
R<>			$@ < OK >			bounces are welcome
R$+			$: <=> $1
ifdef(`_ACCEPT_UNQUALIFIED_', `', `dnl
R<=> < $* @ localhost >	$: <> $1 @ localhost		only this machine calls itself so
R<=> $* @ localhost	$: <> $1 @ localhost
R<=> < $* @ localhost . $m >	$: <> $1 @ localhost . $m
R<=> $* @ localhost . $m	$: <> $1 @ localhost . $m
R<=> < $* @ [ 127.0.0.1 ] >	$: <> $1 @ [ 127.0.0.1 ]
R<=> $* @ [ 127.0.0.1 ]	$: <> $1 @ [ 127.0.0.1 ]
R<=> $*			$: $&{daemon_flags} $| <=> $1	and some daemons want whole names
R$* f $* $| <=> < $+ @ $- >	$: <> $3 @ $4
R$* f $* $| <=> < $* >	$: <=> < $3 >
R$* f $* $| <=> $+ @ $-	$: <> $3 @ $4
R$* $| <=> $*		$: <=> $2
R<> $*			$: <> $&{daemon_flags} $| $1
R<> $* u $* $| $*	$: <=> $3			or takes any
R<> $* $| $*		$: <> < $&{client_addr} > < $&{client_name} > $2
R<> < > < $* > $*	$: <=> $2
R<> < $* > < $=w > $*	$: <=> $3
R<> $*			$#error $@ 5.5.4 $: "553 Real domain name required for sender address"
')dnl
R<=> $+			$: <?> $>CanonAddr $1
R<?> $+ < @ $+ . >	<?> $1 < @ $2 >
ifdef(`_ACCESS_', `dnl
R<?> $+ + $* < @ $+ >	$: @ $1 + $2 < @ $3 > $| $>SearchList < + From > $| < U : $1+$2@$3 > < U : $1@$3 > < U : $1+$2@ > < U : $1@ > < D : $3 > < . >
R<?> $+ < @ $+ >	$: @ $1 < @ $2 > $| $>SearchList < + From > $| < U : $1@$2 > < U : $1@ > < D : $2 > < . >
R<?> $+			$: @ $1 $| $>SearchList < + From > $| < U : $1@ > < . >
R@ $* $| < $={Accept} >	$# $2
R@ $* $| $*		$: @ $1 $| $>Verdict $2
R@ $* $| $# $*		$# $2
R@ $* $| $*		$: <?> $1
')dnl
undivert(32)dnl
R<?> $+ < @ $+ >	$: <=> $1 < @ $2 >
ifdef(`_ACCEPT_UNQUALIFIED_', `R<?> $+			$@ @ $1
', `dnl
R<?> $+			$: $&{daemon_flags} $| $&{client_addr} $| $1
R$* u $* $| $* $| $*	$@ @ $4				this daemon takes users without domain
R$* $| $| $*		$@ < OKR >			from this machine
R$* $| $* $| $*		$#error $@ 5.5.4 $: "553 Domain name required for sender address " $&f
')dnl
R<=> $*			$: <?> $1
ifdef(`_ACCEPT_UNRESOLVABLE_', `', `dnl
R<?> $+ < @ $* $=P >	$: <L> $1 < @ $2 $3 >		other networks have names of their own
R<?> $+ < @ $+ >	$: < $(resolve $2 $: $2 <PERM> $) > $1 < @ $2 >
R< $* <OKR> > $*	$: <?> $2
R< $* <TEMP> > $*	$#error $@ 4.1.8 $: "451 Domain of sender address " $&f " does not resolve"
R< $* <PERM> > $*	$#error $@ 5.1.8 $: "553 Domain of sender address " $&f " does not exist"
R<L> $*			$: <?> $1
')dnl
undivert(33)dnl
R<?> $*			$@ @ $1

# ---- TLS_of_client: is the connection good enough for mail? ----
STLS_of_client
R$*			$: $>"tls_client" $&{verify} $| MAIL
R$# $*			$# $1
R$*			$@ $>"TLS_failed" $1

ifdef(`_DELAY_CHECKS_', `dnl
# ---- check_rcpt: recipient, sender and client, in this order ----
Scheck_rcpt
R$+			$: $1 $| $>checkrcpt $1
R$* $| $# error $*	$# error $2
R$* $| $# discard $*	$# discard $2
R$* $| $# $*		$@ $>"TLS_of_mail" $1
ifdef(`_SPAM_FRIEND_', `_spam_rules(`FRIEND')', `ifdef(`_SPAM_HATER_', `_spam_rules(`HATER')', `R$* $| $*		$: $1
')')dnl
R$*			$: $1 $| $>checkmail < $&f >
R$* $| $# error $*	$# error $2
R$* $| $# discard $*	$# discard $2
R$* $| $# $*		$: $| $2 $| $>"TLS_of_mail" OK
R$| $* $| $# $*		$# $2
R$| $* $| $*		$# $1
R$* $| $*		$: $1
R$*			$: $1 $| $>checkrelay $&{client_name} $| $&{client_addr}
R$* $| $# $*		$# $2
R$* $| $*		$: $1
ifdef(`_BAD_HELO_', `dnl
R$*			$: $1 $| $>CheckHelo $1
R$* $| $# $*		$# $2
R$* $| $*		$: $1
')dnl
R$*			$@ $>"TLS_of_mail" $1

ifdef(`_SPAM_FRIEND_', `_define(`_SPAM_WORD_')')ifdef(`_SPAM_HATER_', `_define(`_SPAM_WORD_')')dnl
ifdef(`_SPAM_WORD_', `dnl
# ---- SpamWord: what the table says of a recipient: FRIEND or HATER ----
SSpamWord
R$+ + $* < @ $+ >	$@ $>SearchList < ! Spam > $| < U : $1+$2@$3 > < U : $1@$3 > < U : $1+$2@ > < U : $1@ > < D : $3 > < . >
R$+ < @ $+ >		$@ $>SearchList < ! Spam > $| < U : $1@$2 > < U : $1@ > < D : $2 > < . >
R$+ + $*		$@ $>SearchList < ! Spam > $| < U : $1+$2@ > < U : $1@ > < . >
R$+			$@ $>SearchList < ! Spam > $| < U : $1@ > < . >

')dnl
STLS_of_mail
R$*			$: $1 $| $>"TLS_of_client"
R$* $| $# $*		$# $2
R$* $| $*		$@ $1

')dnl
ifdef(`_BAD_HELO_', `dnl
# ---- CheckHelo: strangers may not say our name, nor one without a domain ----
SCheckHelo
R$*			$: < $&{auth_type} > < $&{client_addr} > < $&s >
R< $+ > < $* > < $* >	$@ OK				known by name and password
R< > < > < $* >		$@ OK
R< > < $=R $* > < $* >	$@ OK
R< > < $* > < $* >	$: < $2 >
R< $=w >		$#error $@ 5.7.1 $: "550 bogus HELO name used: " $&s
R< $- . $- . $- . $- >	$: < $1 . $2 . $3 . $4 > < [ $1 . $2 . $3 . $4 ] >
R< $+ > < $=w >		$#error $@ 5.7.1 $: "550 bogus HELO name used: " $&s
R< $+ > < $+ >		$: < $1 >
R< [ $* ] >		$@ OK
R< $* . $+ >		$@ OK
R< $* >			$#error $@ 5.7.1 $: "550 bogus HELO name used: " $&s

')dnl
# ---- check_rcpt: may mail go there? ----
SLocal_check_rcpt
Scheck`'_DELAYED_`'rcpt
R$*			$: $1 $| $>"Local_check_rcpt" $1
R$* $| $# $*		$# $2
R$* $| $*		$@ $>"Basic_check_rcpt" $1

SBasic_check_rcpt
R< >			$#error $@ nouser $: "553 User address required"
R$@			$#error $@ nouser $: "553 User address required"
ifdef(`_BLOCKLIST_RCPT_', `dnl
R$*			$: $1 $| <?> $>ParseRecipient $1
ifdef(`_BESTMX_IS_LOCAL_', `ifdef(`_BESTMX_DOMAINS_', `dnl
R$* $| <?> $+ < @ $* $={BestMX} >	$: $1 $| < $(bestmx $3 $4 $: $) > $2 < @ $3 $4 >
', `dnl
R$* $| <?> $+ < @ $+ >	$: $1 $| < $(bestmx $3 $: $) > $2 < @ $3 >
')dnl
R$* $| < $=w . > $+ < @ $+ >	$: $1 $| <?> $3 < @ $2 >	the domain is ours under this name
R$* $| < $=w > $+ < @ $+ >	$: $1 $| <?> $3 < @ $2 >
R$* $| < $* > $+ < @ $+ >	$: $1 $| <?> $3 < @ $4 >
')dnl
R$* $| <?> $+ + $* < @ $=w >	$: $1 $| $>SearchList < + To > $| < U : $2+$3@$4 > < U : $2@$4 > < U : $2+$3@ > < U : $2@ > < D : $4 > < . >
R$* $| <?> $+ < @ $=w >	$: $1 $| $>SearchList < + To > $| < U : $2@$3 > < U : $2@ > < D : $3 > < . >
R$* $| <?> $+ + $* < @ $+ >	$: $1 $| $>SearchList < + To > $| < U : $2+$3@$4 > < U : $2@$4 > < D : $4 > < . >
R$* $| <?> $+ < @ $+ >	$: $1 $| $>SearchList < + To > $| < U : $2@$3 > < D : $3 > < . >
R$* $| <?> $+ + $*	$: $1 $| $>SearchList < + To > $| < U : $2+$3@ > < U : $2@ > < . >
R$* $| <?> $+		$: $1 $| $>SearchList < + To > $| < U : $2@ > < . >
R$* $| < REJECT >	$#error $@ 5.2.1 $: "550 Mailbox disabled for this recipient"
R$* $| < $={Accept} >	$: $1
R$* $| $*		$: $1 $| $>Verdict $2
R$* $| $# $*		$# $2
R$* $| $*		$: $1
')dnl
undivert(34)dnl
R$*			$: $1 $| $>CanonAddr $1
R$* $| $# error $*	$# error $2			that is no address
R$* $| $*		$: $1
ifdef(`_PROMISCUOUS_', `R$*			$@ RELAY			everybody may relay everything
', `dnl
R$*			$: $1 $| $>"Relay_auth"	who has said who it is may;
R$* $| $# $*		$# $2
R$* $| RELAY		$@ RELAY
R$* $| $*		$: $1 $| $>"Rcpt_ok" $1		the recipient decides,
R$* $| $# error $*	$# error $2
R$* $| RELAY		$@ RELAY
R$* $| $# TEMP $*	$: $1 $| TEMP $2
R$* $| $* $| $*		$: $1				or the client
R$*			$: $1 $| $>"Relay_ok"
R$* $| $# TEMP $*	$# error $2
R$* $| $# $*		$# $2
R$* $| RELAY		$@ RELAY
R$* $| TEMP $* $| $*	$# error $2
R$*			$#error $@ 5.7.1 $: ifdef(`_TRUST_AUTH_MECH_', `ifdef(`_RELAY_SAID_', `confRELAY_MSG', `"550 Relaying denied. Proper authentication required."')', `confRELAY_MSG')
')dnl

# ---- ParseRecipient: the recipient as it would go; a user part that hides another address is opened ----
SParseRecipient
R$*			$: <?> $>CanonAddr $1
R<?> $* < @ $* . >	<?> $1 < @ $2 >
R<?> $- < @ $* >	$: <?> $(dequote $1 $) < @ $2 >
R<?> $* $=O $* < @ $=w >	$@ $>ParseRecipient $1 $2 $3
ifdef(`_RELAY_ENTIRE_DOMAIN_', `R<?> $* $=O $* < @ $* $=m >	$: <R> $1 $2 $3 < @ $4 $5 >
')dnl
R<?> $* $=O $* < @ $* $=R >	$: <R> $1 $2 $3 < @ $4 $5 >
ifdef(`_LOOSE_RELAY_CHECK_', `R<R> $* < @ $* >	$: <?> $1 < @ $2 >
', `R<R> $* < @ $* >	$@ $>ParseRecipient $1		may not hide one behind a relayed domain either
')dnl
R<?> $*			$@ $1

ifdef(`_PROMISCUOUS_', `', `dnl
# ---- Rcpt_ok: recipients for whom we relay: ours ----
ifdef(`_RELAY_MX_', `Kmxserved bestmx -z: -T<TEMP>
')dnl
SRcpt_ok
R$*			$: $>ParseRecipient $1
ifdef(`_PERCENT_REJECT_', `R$* % $*		$@ NO
')dnl
ifdef(`_UUCP_REJECT_', `R$* ! $*		$@ NO
')dnl
R$+ < @ $=w >		$@ RELAY
R$+ < @ *LOCAL* >	$@ RELAY
ifdef(`_RELAY_ENTIRE_DOMAIN_', `R$+ < @ $* $=m >	$@ RELAY
')dnl
ifdef(`_RELAY_HOSTS_ONLY_', `R$+ < @ $=R >		$@ RELAY
', `R$+ < @ $* $=R >		$@ RELAY
')dnl
ifdef(`_ACCESS_', `dnl
R$+ < @ $+ >		$: $1 < @ $2 > $| $>SearchList < + To > $| ifdef(`_RELAY_FULL_ADDR_', `< U : $1@$2 > ')< _RELAY_KIND_ : $2 > < . >
ifdef(`_LOOSE_RELAY_CHECK_', `', `R$* $=O $* < @ $+ > $| < RELAY >	$@ $>Rcpt_ok $1 $2 $3	may hide another address
')dnl
R$* $| < RELAY >	$@ RELAY
R$* $| < <TMPF> >	$#error $@ 4.3.0 $: "451 Temporary system failure. Please try again later."
R$* $| $*		$: $1
')dnl
ifdef(`_BESTMX_IS_LOCAL_', `ifdef(`_BESTMX_DOMAINS_', `dnl
R$+ < @ $* $={BestMX} >	$: < $(bestmx $2 $3 $: $) > $1 < @ $2 $3 >
', `dnl
R$+ < @ $+ >		$: < $(bestmx $2 $: $) > $1 < @ $2 >	are we its first MX?
')dnl
R< $=w . > $* $=O $* < @ $+ >	$@ $>Rcpt_ok $2 $3 $4	may hide another address
R< $=w > $* $=O $* < @ $+ >	$@ $>Rcpt_ok $2 $3 $4
R< $=w . > $+		$@ RELAY
R< $=w > $+		$@ RELAY
R< $* > $+		$: $2
')dnl
ifdef(`_RELAY_MX_', `dnl
R$+ < @ $+ >		$: < : $(mxserved $2 $: $) : > $1 < @ $2 >
R< : $* <TEMP> : > $*	$# TEMP $@ 4.4.0 $: "450 Can not check MX records for recipient host " $1
R< $* : $=w . : $* > $* $=O $* < @ $+ >	$@ $>Rcpt_ok $4 $5 $6	may hide another address
R< $* : $=w . : $* > $*	$@ RELAY
R< : $* : > $*		$: $2
')dnl
R$+ < @ $+ >		$@ $1 < @ $2 >
R<@>			$@ RELAY
R$+			$@ RELAY			a user here

# ---- Relay_auth: clients that have shown who they are ----
SLocal_Relay_Auth
SRelay_auth
R$*			$: $1 $| $>"Local_Relay_Auth" $1
R$* $| $# $*		$# $2
R$* $| no		$@ NO
R$*			$: < $&{auth_type} >
ifdef(`_TRUST_AUTH_MECH_', `R< $={TrustAuthMech} >	$# RELAY			by name and password,
')dnl
R$*			$@ $>RelayTLS			or by certificate

# ---- Relay_ok: clients that may relay ----
SRelay_ok
R$*			$: < $&{client_addr} >
R< >			$@ RELAY			from this machine
R< 0 >			$@ RELAY
R< 127.0.0.1 >		$@ RELAY
R< IPv6 : 0 : 0 : 0 : 0 : 0 : 0 : 0 : 1 >	$@ RELAY
R< IPv6 : : : 1 >	$@ RELAY
R< $=R $* >		$@ RELAY
R< $+ >			$: < [ $1 ] > $1
R< $=w > $*		$@ RELAY			one of our own addresses
R< $+ > $+		$: $2
ifdef(`_ACCESS_', `dnl
R$+			$: $1 $| $>SearchList < + Connect > $| < A : $1 > < . >
R$* $| < RELAY >	$@ RELAY
R$* $| < <TMPF> >	$#error $@ 4.3.0 $: "451 Temporary system failure. Please try again later."
R$* $| $*		$: $1
')dnl
ifdef(`_RELAY_MAIL_FROM_', `dnl
R$*			$: < $>FullAddr $&f
R< $+ < @ $+ > $*	$: $>SearchList < + From > $| < U : $1@$2 > ifdef(`_RELAY_MAIL_FROM_DOMAIN_', `< D : $2 > ')< . >
R< RELAY >		$@ RELAY
R< <TMPF> >		$#error $@ 4.3.0 $: "451 Temporary system failure. Please try again later."
')dnl
ifdef(`_RELAY_LOCAL_FROM_', `dnl
R$*			$: < $>FullAddr $&f
R< $+ < @ $=w > $*	$@ RELAY
')dnl
R$*			$: < $&{client_resolve} >
R< TEMP >		$# TEMP $@ 4.4.0 $: "450 Relaying temporarily denied. Cannot resolve PTR record for " $&{client_addr}
R< FORGED >		$#error $@ 5.7.1 $: "550 Relaying denied. IP name possibly forged " $&{client_name}
R< FAIL >		$#error $@ 5.7.1 $: "550 Relaying denied. IP name lookup failed " $&{client_name}
R$*			$: $&{client_name}
R$+ .			$1
R$=w			$@ RELAY
ifdef(`_RELAY_ENTIRE_DOMAIN_', `R$* $=m			$@ RELAY
')dnl
ifdef(`_RELAY_HOSTS_ONLY_', `R$=R			$@ RELAY
', `R$* $=R			$@ RELAY
')dnl
ifdef(`_ACCESS_', `dnl
R$+			$: $1 $| $>SearchList < + Connect > $| < _RELAY_KIND_ : $1 > < . >
R$* $| < RELAY >	$@ RELAY
R$* $| < <TMPF> >	$#error $@ 4.3.0 $: "451 Temporary system failure. Please try again later."
R$* $| $*		$: $1
')dnl
undivert(36)dnl

')dnl
# ---- CanonAddr, FullAddr: user < @ domain >, no dot at its end ----
SCanonAddr
R$*			$: $>Parse0 $>canonify $1
R$# $*			$@ $1
SFullAddr
R$*			$: $>CanonAddr $1
R$+ < @ $+ . >		$@ $1 < @ $2 >
ifdef(`_QUEUE_GROUP_', `dnl

# ---- queuegroup: the table names the queue of a recipient ----
Squeuegroup
R< $+ >			$1
R$+ + $* @ $+		$: $>SearchList < ! QGRP > $| < U : $1+$2@$3 > < U : $1@$3 > < D : $3 > < . >
R$+ @ $+		$: $>SearchList < ! QGRP > $| < U : $1@$2 > < D : $2 > < . >
R< ? >			ifelse(_QUEUE_GROUP_, `', `$@ NO', `$# _QUEUE_GROUP_')
R< <TMPF> >		ifelse(_QUEUE_GROUP_, `', `$@ NO', `$# _QUEUE_GROUP_')
R< $+ >			$# $1
')dnl
ifdef(`_COMPAT_', `dnl

# ---- check_compat: the table judges a sender together with a recipient ----
Scheck_compat
R< $* > $| < $* >	$: $1 $| $2
R$* $| < $* >		$: $1 $| $2
R< $* > $| $*		$: $1 $| $2
R$* $| $*		$: < $(access Compat:$1<@>$2 $: ? $) >
R< $* <TMPF> >		$@ OK
R< DISCARD >		$# discard $: discard
R< TEMP : $+ >		$# error $@ 4.3.0 $: $1
R< ERROR : $+ >		$# error $@ 5.3.0 $: $1
')dnl
