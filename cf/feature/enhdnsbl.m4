divert(-1)
enhdnsbl: the same, and its answers count

ifdef(`_EDNSBL_', `', `_define(`_EDNSBL_', 1)_into(22, `Kednsbl dns -R A -a. -T<TMP> -r`'ifdef(`EDNSBL_TO', `EDNSBL_TO', `5')')')
_define(`_dnsbl_message', ifelse(len(X`'_ARG2_), 1, ``"550 Rejected: " $`'&{client_addr} " listed at _ARG_"'', `_ARG2_'))
_define(`_ednsbl_rest', `ifelse(eval($# > 4), 1, `_ednsbl_value(`$4')_ednsbl_rest(shift($@))', `_ednsbl_value(`$4')')')
_define(`_ednsbl_value', `ifelse(`$1', `', `R<?> $`'+			_dnsbl_action
', `R<?> _with_dot(`$1')		_dnsbl_action
')')
_define(`_with_dot', `patsubst(`$1', `\.?$', `')`.'')
PUSHDIVERT(31)dnl
R$*			$: $&{client_addr}
R$- . $- . $- . $-	$: <?> $(ednsbl $4.$3.$2.$1._ARG_. $: OK $)
R<?> OK			$: OKSOFAR
ifelse(_ARG3_, `', `R<?> $+ <TMP>		$: TMPOK
', `R<?> $+ <TMP>		$#error $@ 4.4.3 $: _dnsbl_temp
')dnl
_ednsbl_rest(_ARGS_)`'dnl
POPDIVERT
