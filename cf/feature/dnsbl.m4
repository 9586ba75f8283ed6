divert(-1)
dnsbl: a list of addresses in the name service

ifdef(`_DNSBL_', `', `_define(`_DNSBL_', 1)_into(22, `Kdnsbl ifdef(`DNSBL_MAP', `DNSBL_MAP', `dns -R A') ifdef(`DNSBL_MAP_OPT', `DNSBL_MAP_OPT ')-T<TMP>')')
_define(`_dnsbl_message', ifelse(len(X`'_ARG2_), 1, ``"550 Rejected: " $`'&{client_addr} " listed at _ARG_"'', `_ARG2_'))
PUSHDIVERT(31)dnl
R$*			$: $&{client_addr}
R$- . $- . $- . $-	$: <?> $(dnsbl $4.$3.$2.$1._ARG_. $: OK $)
R<?> OK			$: OKSOFAR
ifelse(_ARG3_, `', `R<?> $+ <TMP>		$: TMPOK
', `R<?> $+ <TMP>		$#error $@ 4.4.3 $: _dnsbl_temp
')dnl
R<?> $+			_dnsbl_action
POPDIVERT
