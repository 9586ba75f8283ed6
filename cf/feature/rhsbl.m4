divert(-1)
rhsbl: a list of sender domains in the name service; asked with the client when checks are delayed, else with the sender

ifdef(`_RHSBL_', `', `_define(`_RHSBL_', 1)_into(22, `Krhsbl dns -R A -T<TMP>')')
_define(`_rhsbl_message', ifelse(len(X`'_ARG2_), 1, ``"550 Mail from " $`'&f " refused by list at _ARG_"'', `_ARG2_'))
PUSHDIVERT(ifdef(`_DELAY_CHECKS_', 31, 33))dnl
R$*			$: $1 $| <S> $>CanonAddr $&f
R$* $| <S> $* < @ $+ . >	$: $1 $| <S> $2 < @ $3 >
R$* $| <S> $* < @ $+ > $*	$: $1 $| <S> $(rhsbl $3._ARG_. $: OK $)
R$* $| <S> $+ <TMP>	$: $1
R$* $| <S> OK		$: $1
R$* $| <S> $- . $- . $- . $- $*	$#error $@ 5.7.1 $: _rhsbl_message
R$* $| <S> $*		$: $1
POPDIVERT
