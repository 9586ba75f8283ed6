divert(-1)
check_other: commands must look like commands

_into(22, `KCheckOther regex -a<OK> ifelse(len(X`'_ARG_), 1, `^[[:print:]]+ *:', `_ARG_')')
PUSHDIVERT(9)dnl

Scheck_other
R$+ $| 5		$: $(CheckOther $1 $)
R$* <OK>		$#error $@ 4.7.0 $: "421 bad command"
POPDIVERT
