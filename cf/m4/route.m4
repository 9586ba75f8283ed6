
# ---- ruleset 0: where an address goes ----
Sparse=0
R$*			$: $>Parse0 $1			is it an address at all?
R< @ >			$#local $: < @ >		the null address is ours
R$*			$: $>ParseLocal $1		rules of the site
R$*			$@ $>Parse1 $1

# ---- Parse0: what can be no address; the user part of our own addresses ----
SParse0
ifdef(`_PREFIXMOD_', `dnl
R$*			$: $>WholeParse0 $1
R$# $*			$@ $# $1
R`'_PREFIXMOD_ < @ $* >	$#error $@ 5.1.3 $: "553 User address required"
R`'_PREFIXMOD_ $+		$: $(macro {rcpt_flags} $@ _PREFIX_FLAGS_ $) $1	without the prefix that asks for these flags

SWholeParse0
')dnl
R< @ >			$@ < @ >
R$* : ; < @ >		$#error $@ 5.1.3 $: "553 List:; syntax illegal for recipient addresses"
R@ < @ $* >		$#error $@ 5.1.3 $: "553 User address required"
R< @ $+ >		$#error $@ 5.1.3 $: "553 User address required"
R$+ < @ >		$#error $@ 5.1.3 $: "553 Hostname required"
R$* < @ $* @ $* >	$#error $@ 5.1.2 $: "553 Invalid route address"
R$* < @ $~[ $* : $* >	$#error $@ 5.1.3 $: "553 Colon illegal in host name part"
R$* < @ . $* >		$#error $@ 5.1.2 $: "553 Invalid host name"
R$* < @ $* . . $* >	$#error $@ 5.1.2 $: "553 Invalid host name"
R$* < @ [ $* ] $+ >	$#error $@ 5.1.2 $: "553 Invalid address"
R$* , $*		$#error $@ 5.1.3 $: "553 Invalid route address"
R$* @ $* < @ $* >	$#error $@ 5.1.3 $: "553 Invalid route address"
R$* < @ [ $* ] >	$@ $1 < @ [ $2 ] >		colons belong to literals
R$* < @ [ $* >		$@ $1 < @ [ $2 >
R$* < @ $* : $* >	$#error $@ 5.1.3 $: "553 Colon illegal in host name part"
R$+ < @ *LOCAL* >	$: $1 < @ $j . >
R$+ < @ $=w . >		$: < $2 > $1			ours: does the user part say more?
R< $+ > $+ $=O $+	$@ $>_PARSE0_ $>canonify $2 $3 $4
R< $+ > $-		$: < $1 > $(dequote $2 $)	without needless quotes
R< $+ >			$#error $@ 5.1.3 $: "553 User address required"
R< $+ > $+ $=O $+	$@ $>_PARSE0_ $>canonify $2 $3 $4
R< $+ > $+		$@ $2 < @ $1 . >
R$+ < @ $+ >		$@ $1 < @ $2 >
R$-			$: < > $(dequote $1 $)		a user without domain
R< >			$#error $@ 5.1.3 $: "553 User address required"
R< > $+ $=O $+		$@ $>_PARSE0_ $>canonify $1 $2 $3
R< > $+			$@ $1

# ---- ParseLocal: the site goes first ----
SParseLocal=98
undivert(3)dnl

ifdef(`_DOMAIN_MAP_', `dnl
# ---- DomainMapped: < value > user < @ domain . >: where the table of the domain says ----
SDomainMapped
R< $* <TEMP> > $*	$#error $@ 4.3.0 $: "451 Temporary system failure. Please try again later."
R< ? > $*		$#error $@ 5.1.1 $: "550 email address lookup in domain map failed"
R< $+ > $+ < @ $+ . >	$: $(macro {DomainMapped} $@ $1 $) < $1 > < $2 @ $3 >
R< $+ > < $&{DomainMapped} >	$#confLOCAL_MAILER $: $1		its own value: a user here
R< $+ > < $* >		$@ $>Recurse $1			another address, wherever it may be

')dnl
# ---- Parse1: the tables and relays in their order ----
SParse1
ifdef(`_VIRTUSER_TABLE_', `dnl
R$+ < @ $=w . >		$: $1 < @ $2 . @V >		virtual users: our names
ifdef(`_VIRTHOSTS_', `dnl
ifdef(`_VIRTUSER_ENTIRE_DOMAIN_', `dnl
R$+ < @ $* $={VirtHost} . >	$: $1 < @ $2 $3 . @V >
R$+ < @ $* $={VirtHost} >	$: $1 < @ $2 $3 . @V >
', `dnl
R$+ < @ $={VirtHost} . >	$: $1 < @ $2 . @V >
R$+ < @ $={VirtHost} >	$: $1 < @ $2 . @V >
')')dnl
R$+ < @ $+ . @V >	$: < > $1 < @ $2 . >
R< > $+ < @ $+ . >	$: < $(virtuser $1 @ $2 $@ $1 $: @ $) > $1 < @ $2 . >
R< @ > $+ + $+ < @ $+ . >	$: < $(virtuser $1 + + @ $3 $@ $1 $@ $2 $@ +$2 $: @ $) > $1 + $2 < @ $3 . >
R< @ > $+ + $* < @ $+ . >	$: < $(virtuser $1 + * @ $3 $@ $1 $@ $2 $@ +$2 $: @ $) > $1 + $2 < @ $3 . >
R< @ > $+ + $* < @ $+ . >	$: < $(virtuser $1 @ $3 $@ $1 $@ $2 $@ +$2 $: @ $) > $1 + $2 < @ $3 . >
R< @ > $+ + $+ < @ $+ . >	$: < $(virtuser + + @ $3 $@ $1 $@ $2 $@ +$2 $: @ $) > $1 + $2 < @ $3 . >
R< @ > $+ + $* < @ $+ . >	$: < $(virtuser + * @ $3 $@ $1 $@ $2 $@ +$2 $: @ $) > $1 + $2 < @ $3 . >
R< @ > $+ + $* < @ $+ . >	$: < $(virtuser @ $3 $@ $1 $@ $2 $@ +$2 $: @ $) > $1 + $2 < @ $3 . >
R< @ > $+ < @ $+ . >	$: < $(virtuser @ $2 $@ $1 $: @ $) > $1 < @ $2 . >
R< @ > $+		$: $1				nobody virtual
R< error : $- . $- . $- : $+ > $*	$#error $@ $1.$2.$3 $: $4
R< error : $- $+ > $*	$#error $@ $1 $: $2
R< $+ > $+ < @ $+ >	$: $>Recurse $1			where the table says
R$# $*			$@ $# $1
')dnl
ifdef(`_STICKY_HOST_', `dnl
ifdef(`MAIL_HUB', `dnl
R$+ < @ $=w . >		$: $>MailerToTriple < MAIL_HUB > $1 < @ $2 . >	names with our domain go to the hub
R$# $*			$@ $# $1
', `R$+ < @ $=w . >		$: <S> $1 < @ $2 . >
R<S> $+ + $* < @ $+ >	$: $1 + $2 < @ $3 >
R<S> $+ < @ $+ >	$#confLOCAL_MAILER $: @ $1		and not to the relay
')')dnl
ifdef(`_LOCAL_USERS_', `dnl
R$=L < @ $=w . >	$#confLOCAL_MAILER $: @ $1		users that are always here
R$=L			$#confLOCAL_MAILER $: @ $1
')dnl
ifdef(`_LDAP_ROUTING_', `dnl
R$+ < @ $={LDAPRoute} . >	$: $>LDAPExpand < $1@$2 > < $1 > < $2 > < > < $1 < @ $2 . > >
R$# $*			$@ $# $1
ifdef(`_LDAP_EQUIVALENT_', `dnl
R$+ < @ $={LDAPRouteEquiv} . >	$: $>LDAPExpand < $1@$M > < $1 > < $M > < > < $1 < @ $2 . > >
R$# $*			$@ $# $1
')')dnl
R$+ < @ $=w . >		$: $1				ours: the user decides
R$+ < @ *LOCAL* >	$: $1
R$+ < @ [ $+ ] >	$: $>ParseLiteral $1 < @ [ $2 ] >
R$# $*			$@ $# $1
ifdef(`_BESTMX_IS_LOCAL_', `ifdef(`_BESTMX_DOMAINS_', `dnl
R$+ < @ $* $={BestMX} . >	$: < $(bestmx $2 $3 $: $) > $1 < @ $2 $3 . >
', `dnl
R$+ < @ $+ . >		$: < $(bestmx $2 $: $) > $1 < @ $2 . >	are we its first MX?
')dnl
R< $=w . > $+ $=O $+ < @ $+ >	$@ $>Recurse $2 $3 $4		whose user part hides another address?
R< $=w > $+ $=O $+ < @ $+ >	$@ $>Recurse $2 $3 $4
R< $=w . > $+ < @ $+ >	$#confLOCAL_MAILER $@ $(dequote "" $) $: $2
R< $=w > $+ < @ $+ >	$#confLOCAL_MAILER $@ $(dequote "" $) $: $2
R< $* > $+		$: $2
')dnl
ifdef(`_REDIRECT_', `dnl
R$+ < @ $+ . REDIRECT . >	$: $1 < @ $2 . REDIRECT . > < $&{opMode} >
R$+ < @ $+ . REDIRECT . > < i >	$: $1 < @ $2 . REDIRECT . >
R$+ < @ $+ . REDIRECT . > < $* >	$#error $@ 5.1.1 $: "551 User has moved; please try " < $1 @ $2 >
R$+ < @ $+ . REDIRECT >	$#error $@ 5.1.1 $: "551 User has moved; please try " < $1 @ $2 >
')dnl
undivert(4)dnl
ifdef(`_MAILER_TABLE_', `dnl
R$+ < @ $+ >		$: < $2 > $1 < @ $2 >		the table of domains
R< $+ > $+		$: $>Mailertable < $1 > $2
R$# $*			$@ $# $1
')dnl
ifdef(`_SMARTTABLE_', `dnl
R$+ < @ $+ >		$: $>SmartTable $1 < @ $2 >	and that of senders
R$# $*			$@ $# $1
')dnl
ifdef(`_MAILER_uucp_', `ifelse(_UUCP_CLASSES_, `', `', `dnl
R$+ < @ $* $=U . UUCP . >	$#confUUCP_MAILER $@ $3 $: $1 < @ $2 $3 . UUCP . >
')ifdef(`_CLASS_V_', `R$+ < @ $=V . UUCP . >	$#uucp-new $@ _host_V $: $1 < @ $2 . UUCP . >
')ifdef(`_CLASS_W_', `R$+ < @ $=W . UUCP . >	$#uucp-new $@ _host_W $: $1 < @ $2 . UUCP . >
')ifdef(`_CLASS_X_', `R$+ < @ $=X . UUCP . >	$#uucp-new $@ _host_X $: $1 < @ $2 . UUCP . >
')')dnl
ifdef(`UUCP_RELAY', `dnl
R$+ < @ $* . UUCP . >	$: $>MailerToTriple < UUCP_RELAY > $1 < @ $2 . UUCP . >
R$# $*			$@ $# $1
', `ifdef(`_MAILER_uucp_', `dnl
R$+ < @ $+ . UUCP . >	$#confUUCP_MAILER $@ $2 $: $1 < @ $2 . UUCP . >
')')dnl
ifdef(`_VNET_', `dnl
R$+ < @ $- . vnet . >	$#relay $@ $A $: $1 < @ $2 . VNET . >	the gateway of the net
R$+ < @ $+ . ibm . com . >	$#relay $@ $2 . ibm . com $: $1 < @ $2 . ibm . com >
R$+ < @ $+ . ibm . com >	$#relay $@ $2 . ibm . com $: $1 < @ $2 . ibm . com >
')dnl
ifdef(`BITNET_RELAY', `dnl
R$+ < @ $+ . BITNET . >	$: $>MailerToTriple < BITNET_RELAY > $1 < @ $2 . BITNET . >
R$# $*			$@ $# $1
')dnl
ifdef(`_MAILER_mail11_', `dnl
R$+ < @ $+ . DECNET . >	$#mail11 $@ $2 $: $1
')dnl
ifdef(`DECNET_RELAY', `dnl
R$+ < @ $+ . DECNET . >	$: $>MailerToTriple < DECNET_RELAY > $1 < @ $2 . DECNET . >
R$# $*			$@ $# $1
')dnl
ifdef(`_MAILER_pop_', `dnl
R$+ < @ POP . >		$#pop $: $1
')dnl
ifdef(`_MAILER_fax_', `dnl
R$+ < @ $+ . FAX . >	$#fax $@ $2 $: $1
', `ifdef(`FAX_RELAY', `dnl
R$+ < @ $+ . FAX . >	$: $>MailerToTriple < FAX_RELAY > $1 < @ $2 . FAX . >
R$# $*			$@ $# $1
')')dnl
ifdef(`_MAILER_usenet_', `dnl
R$+ . USENET		$#usenet $@ usenet $: $1	a news group
')dnl
undivert(1)dnl
ifdef(`_HAS_SMTP_', `', `R$+ < @ *LOCAL* >	$: $1
')dnl
R$+ < @ $+ >		$: $>MailerToTriple < $S > $1 < @ $2 >	a relay for the rest
R$# $*			$@ $# $1
ifdef(`_HAS_SMTP_', `R$+ < @ $+ >		$#confSMTP_MAILER $@ $2 $: $1 < @ $2 >
', `R$+ < @ $+ >		$#error $@ 5.1.2 $: "553 Unrecognized host name " $2
')dnl
ifdef(`_MAILER_usenet_', `', `')dnl
R$+			$#confLOCAL_MAILER $: $1	a user here

# ---- ParseLiteral: user@[address] ----
SParseLiteral
R$+ < @ [ $+ ] >	$: < $S > $1 < @ [ $2 ] >
ifdef(`_HAS_SMTP_', `dnl
R< > $+ < @ [ $+ ] >	$#confSMTP_MAILER $@ [ $2 ] $: $1 < @ [ $2 ] >
R< $- : $* > $+		$# $1 $@ $2 $: $3		by the relay
R< $+ > $+		$#confSMTP_MAILER $@ $1 $: $2
', `dnl
R< $* > $+ < @ [ $+ ] >	$: $2 < @ [ $3 ] >
R$+ < @ [ $+ ] >	$#error $@ 5.1.2 $: "553 Unrecognized host name " [ $2 ]
')dnl

# ---- MailerToTriple: < mailer:host > address, as tables and relays are written ----
SMailerToTriple=95
R< > $*			$@ $1
R< error : $- . $- . $- : $+ > $*	$#error $@ $1.$2.$3 $: $4
R< error : $- : $+ > $*	$#error $@ $1 $: $2
R< error : $+ > $*	$#error $: $1
R< local : $+ @ $+ > $* < @ $* >	$: < local : $1 > $3 < @ $4 >	the user alone counts
R< local : $* > $* < @ $* >	$: $>CanonLocal < $1 > $2 < @ $3 >
R$# $*			$@ $# $1
R< $~[ : $+ @ $+ > $* < $* >	$# $1 $@ $3 $: $2 < @ $3 >
R< $~[ : $+ > $*	$# $1 $@ $2 $: $3
R< $=w > $*		$@ $2				a loop to ourselves
R< $+ > $*		$#confRELAY_MAILER $@ $1 $: $2

# ---- CanonLocal: < user > of local:user in tables; the address as it came is the host ----
SCanonLocal
R< $* > $* $=O $* < @ $+ >	$@ $>Recurse $2 $3 $4	the user part is an address itself
R< $* > $* < @ $+ . >	$: < $1 > $2 < @ $3 >
R< $* > $* < @ *LOCAL* >	$: < $1 > $2 < @ $j >
R< > $* < @ $+ >	$#confLOCAL_MAILER $@ $1 @ $2 $: $1
R< $+ > $* < @ $+ >	$#confLOCAL_MAILER $@ $2 @ $3 $: $1
R< > $+			$#confLOCAL_MAILER $@ $1 $: $1
R< $+ > $*		$#confLOCAL_MAILER $@ $2 $: $1

ifdef(`_LDAP_ROUTING_', `dnl
# ---- LDAPExpand: < key > < user > < domain > < +detail > < address >: where the directory says the mail goes ----
SLDAPExpand
R< $+ > < $* > < $+ > < $* > < $+ >	$: $(ldapmra $1 $: $) $| $(ldapmh $1 $: $) $| < $2 > < $3 > < $4 > < $5 >
ifdef(`_LDAP_TEMPFAIL_', `R$* <TMPF> $*		$#error $@ 4.3.0 $: "451 Temporary system failure. Please try again later."
')dnl
ifdef(`_LDAP_PRESERVE_', `R$+ @ $+ $| $* $| < $* > < $+ > < + $* > $*	$: $1 + $6 @ $2 $| $3 $| < $4 > < $5 > < > $7
R$+ $| $* $| < $* > < $+ > < + $* > $*	$: $1 + $5 $| $2 $| < $3 > < $4 > < > $6
')dnl
R$+ $| $| $*		$@ $>Recurse $1 $(macro {LDAPFound} $@ $1 $)	another address, wherever it may be
R$+ $| $=w $| $*	$@ $>Recurse $1			this host is its host
R$+ $| $+ $| $*		$@ $>LDAPRelay < $2 > $>canonify $1
R$| $=w $| < $* > < $+ > < $* > < $+ >	$@ $5
R$| $+ $| < $* > < $+ > < $* > < $+ >	$#confRELAY_MAILER $@ $1 $: $5
ifelse(_LDAP_DETAIL_, `', `', `R$| $| < $+ + $* > < $+ > < > < $+ >	$@ $>LDAPExpand < $1@$3 > < $1 > < $3 > < + $2 > < $4 >
')dnl
ifdef(`_LDAP_NODOMAIN_', `', `R$| $| < $+ > < $+ > < $* > < $+ >	$@ $>LDAPExpand < @$2 > < > < $2 > < $3 > < $4 >
')dnl
ifdef(`_LDAP_BOUNCE_', `R$| $| < $* > < $+ > < $* > < $+ < @ $+ . > >	$: < $4@$5 > $4 < @ $5 . >
R< $&{LDAPFound} > $*	$@ $1				what the directory said is good enough
R< $+ > $*		$#error $@ nouser $: "550 User unknown"
', `R$| $| < $* > < $+ > < $* > < $+ >	$@ $4
')dnl

SLDAPRelay
R< $+ > $*		$#confRELAY_MAILER $@ $1 $: $2

')dnl
ifdef(`_MAILER_TABLE_', `dnl
# ---- Mailertable: < domain > address: the whole name, then each parent, then the dot ----
SMailertable=90
R< [ $* > $*		$@ $2				literals are not in it
R< $+ . > $*		$: < $1 > $2
R< $+ > $*		$: < $(mailertable $1 $: $) > < > < $1 > $2
R$*			$@ $>TableValue $1

# ---- TableValue: < value > < labels before > < domain > address: a value with a mailer counts, else the parent is asked ----
STableValue
R< $- : $* > < $* > < $* > $*	$@ $>MailerToTriple < $1 : $2 > $5
R< $* > < $* > < $- . $+ > $*	$@ $>TableValue < $(mailertable . $4 $@ $2 $3 $: $) > < $2 $3 . > < $4 > $5
R< $* > < $* > < $+ > $*	$: < $(mailertable . $@ $2 $3 $: $) > < > < > $4
R< $- : $* > < $* > < $* > $*	$@ $>MailerToTriple < $1 : $2 > $5
R< $* > < $* > < $* > $*	$@ $4

')dnl
# ---- ruleset 5: local users that no alias knows ----
SLocal_localaddr
Slocaladdr=5
R$*			$: $1 $| $>Local_localaddr $1
R$* $| $# $*		$# $2
R$* $| $*		$: $1
ifdef(`_MSP_', `dnl
R$+			$: $>canonify $1
R$+ < @ $+ . >		$: $1 < @ $2 >
R$+ < @ $+ >		$#confRELAY_MAILER $@ ${MTAHost} $: $1 < @ $2 >	the daemon knows users and aliases
R$+			$#confRELAY_MAILER $@ ${MTAHost} $: $1 < @ $j >
', `dnl
ifdef(`_PRESERVE_LOCAL_PLUS_DETAIL_', `', `dnl
R$+ + *			$#confLOCAL_MAILER $@ $&h $: $1	user+* was no alias either
R$+ + $*		$#confLOCAL_MAILER $@ + $2 $: $1 + *	user+detail: is there an alias user+* ?
')dnl
ifdef(`LUSER_RELAY', `dnl
R$+			$: < $L > $(user $1 $)		is the user known here?
ifdef(`_PRESERVE_LOCAL_PLUS_DETAIL_', `R< $* > $+ + $*	$: < $1 > $(user $2 $) + $3
')dnl
R< $* > $+ < > $*	$: $2 $3
ifdef(`_PRESERVE_LUSER_HOST_', `R< $+ > $+		$: < $1 > $2 $| $&h
R< $+ > $+ $|		$: < $1 > $2
R< error : $+ > $* $| $*	$@ $>MailerToTriple < error : $1 > $2
R< $+ > $+ $| $+	$@ $>MailerToTriple < $1 > $2 < @ $3 >
')dnl
R< $+ > $+		$@ $>ToRelay < $1 > $2
R< > $+			$: $1
')dnl
ifdef(`MAIL_HUB', `R$+			$@ $>ToRelay < MAIL_HUB > $1
', `ifdef(`LOCAL_RELAY', `ifelse(len(X`'LOCAL_RELAY), 1, `', `R$+			$@ $>ToRelay < LOCAL_RELAY > $1
')')')')dnl

# ---- ToRelay: < value of a relay > user: the host of the relay is the domain ----
SToRelay
R< local : $* > $*	$@ $>CanonLocal < $1 > $2
R< $- : $* @ $* > $*	$@ $>MailerToTriple < $1 : $2 @ $3 > $4 < @ $3 >
R< $- : $* > $*		$@ $>MailerToTriple < $1 : $2 > $3 < @ $2 >
R< $+ > $*		$@ $>MailerToTriple < $1 > $2 < @ $1 >
