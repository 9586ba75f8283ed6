divert(-1)
mtamark: hosts whose owners have marked them in the name service as none that send mail

The mark is a text below the name of an address, PREFIX.4.3.2.1.in-addr.arpa: 1 for a mail host, 0 for any other. No mark, and any
other text, says nothing. Addresses of IPv6 are not asked for.

_define(`_mtamark_prefix', ifelse(len(X`'_ARG3_), 1, `_perm._smtp._srv', `_ARG3_'))
_define(`_mtamark_message', ifelse(len(X`'_ARG_), 1, ``"550 Rejected: " $`'&{client_addr} " not listed as MTA"'', `_ARG_'))
ifdef(`_MTAMARK_', `_error(`FEATURE(mtamark) a second time')', `_define(`_MTAMARK_', 1)_into(22, `Kmtamark dns -R TXT -a. -T<TMP> -r5')')
PUSHDIVERT(31)dnl
R$*			$: $&{client_addr}
R$- . $- . $- . $-	$: <?> $(mtamark _mtamark_prefix.$4.$3.$2.$1.in-addr.arpa. $: OK $)
R<?> 1 .		$: OKSOFAR			a mail host
R<?> 0 .		$`'#error $`'@ 5.7.1 $: _mtamark_message
ifelse(_ARG2_, `', `R<?> $+ <TMP>		$: TMPOK
', `R<?> $+ <TMP>		$`'#error $`'@ 4.4.3 $: ifelse(_ARG2_, `t', `"451 Temporary lookup failure of " _mtamark_prefix.$&{client_addr}', `_ARG2_')
')dnl
POPDIVERT
