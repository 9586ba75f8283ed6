
ifdef(`_HAS_SMTP_', `dnl
# ---- PseudoToReal: names of other networks become those of their gateways ----
SPseudoToReal
ifdef(`BITNET_RELAY', `R$* < @ $+ . BITNET . >	$: $1 % $2 .BITNET < @ _host_of(BITNET_RELAY) >
')dnl
ifdef(`_NO_UUCP_', `', `R$* < @ $+ . UUCP . >	$: $2 ! $1 < @ ifdef(`UUCP_RELAY', `_host_of(UUCP_RELAY)', `*LOCAL*') >
')dnl

')dnl
# ---- MasqHdr, MasqEnv: the domain that others see ----
SMasqHdr=93
ifdef(`_GENERICS_TABLE_', `dnl
ifdef(`_GENERICS_ENTIRE_DOMAIN_', `dnl
R$+ < @ $* $=G . >	$: < $1@$2$3 > $1 < @ $2 $3 . > @
', `dnl
R$+ < @ $=G . >		$: < $1@$2 > $1 < @ $2 . > @
')dnl
R$+ < @ *LOCAL* >	$: < $1@$j > $1 < @ *LOCAL* > @
R< $+ > $+ < $* > @	$: < $(generics $1 $: @ $1 $) > $2 < $3 >
R< @ $+ + $* @ $+ > $+ < $* >	$: < $(generics $1+*@$3 $@ $2 $: @ $1 + $2 @ $3 $) > $4 < $5 >
R< @ $+ + $* @ $+ > $+ < $* >	$: < $(generics $1@$3 $: @ $1 + $2 @ $3 $) > $4 < $5 >
R< @ $+ > $+ < $* >	$: < $(generics $2 $: @ $1 $) > $2 < $3 >
R< @ $+ + $* @ $+ > $+ < $* >	$: < $(generics $1+* $@ $2 $: @ $1 + $2 @ $3 $) > $4 < $5 >
R< @ $+ + $* @ $+ > $+ < $* >	$: < $(generics $1 $: @ $1 + $2 @ $3 $) > $4 < $5 >
R< @ $+ @ $+ > $+ < $* >	$: < $(generics @$2 $@ $1 $: @ $1 @ $2 $) > $3 < $4 >
R< @ $+ > $+		$: $2				not in the table
R< $* @ $* > $* < $* >	$@ $>canonify $1 @ $2		a whole address
R< $+ > $* < $* >	$: $>canonify $1 @ *LOCAL*	another user
')dnl
ifdef(`MASQUERADE_NAME', `dnl
R$=E < @ *LOCAL* >	$@ $1 < @ $j . >		these users show where they are
R$=E < @ $=w . >	$@ $1 < @ $2 . >
ifdef(`_MASQ_CLASS_', `R$=E < @ $=M . >	$@ $1 < @ $2 . >
')dnl
ifdef(`_MASQUERADE_ENTIRE_DOMAIN_', `ifdef(`_NOT_MASQUERADED_', `R$=E < @ $* $=M . >	$@ $1 < @ $2 $3 . >
')')dnl
ifdef(`_NOT_MASQUERADED_', `R$* < @ $* $=N . > $*	$@ $1 < @ $2 $3 . > $4		and these domains
R$* < @ $* $=N > $*	$@ $1 < @ $2 $3 > $4
')dnl
ifdef(`_MASQUERADE_ENTIRE_DOMAIN_', `R$* < @ $* $=M . > $*	$: $1 < @ $2 $3 . @M > $4
R$* < @ $* $=M > $*	$: $1 < @ $2 $3 . @M > $4
', `R$* < @ $=M . > $*	$: $1 < @ $2 . @M > $3
R$* < @ $=M > $*	$: $1 < @ $2 . @M > $3
')dnl
ifdef(`_LIMITED_MASQUERADE_', `', `R$* < @ $=w . > $*	$: $1 < @ $2 . @M > $3
')dnl
R$* < @ *LOCAL* > $*	$: $1 < @ $j . @M > $2
R$* < @ $+ @M > $*	$: $1 < @ $M . > $3
', `dnl
R$* < @ *LOCAL* > $*	$: $1 < @ $j . > $2
')dnl

SMasqEnv=94
ifdef(`_MASQUERADE_ENVELOPE_', `R$+			$@ $>MasqHdr $1
', `R$* < @ *LOCAL* > $*	$: $1 < @ $j . > $2
')dnl
