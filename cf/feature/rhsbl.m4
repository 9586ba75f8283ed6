divert(-1)
rhsbl: a list of sender domains in the name service

ifdef(`_RHSBL_', `', `_define(`_RHSBL_', 1)_into(22, `Krhsbl dns -R A -T<TMP>')')
_define(`_rhsbl_message', ifelse(len(X`'_ARG2_), 1, ``"550 Mail from " $`'&f " refused by list at _ARG_"'', `_ARG2_'))
PUSHDIVERT(33)dnl
R<?> $* < @ $+ >	$: <?> $1 < @ $2 > $| <?> $(rhsbl $2._ARG_. $: OK $)
R<?> $* $| <?> OK	$: <?> $1
R<?> $* $| <?> $+ <TMP>	$: <?> $1
R<?> $* $| <?> $+	$#error $@ 5.7.1 $: _rhsbl_message
POPDIVERT
