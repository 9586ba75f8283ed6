divert(-1)
badmx: sender domains whose MX is no host

_into(22, `Kmxlist bestmx -z: -T<TEMP>
Kbadmx regex -a<BADMX> ^(([0-9]{1,3}\.){3}[0-9]){0,1}\.$
KdnsA dns -R A -a. -T<TEMP>
KBadMXIP regex -a<BADMXIP> ifelse(len(X`'_ARG_), 1, `^(127\.|10\.|0\.0\.0\.0)', `_ARG_')')
PUSHDIVERT(33)dnl
R<?> $+ < @ $+ >	$: <?> $1 < @ $2 > $| < $2 > < : $(mxlist $2 $: $) : >
R<?> $* $| < $+ > < : $* <TEMP> : >	$: <?> $1
R<?> $* $| < $+ > < $* : $+ . : $* >	$: <?> $1 $| < $2 > < $3 : $(badmx $4. $) : $5 >
R<?> $* $| < $+ > < $* <BADMX> $* >	$#error $@ 5.1.2 $: "550 Illegal MX record for host " $2
R<?> $* $| < $+ > < $* >	$: <?> $1 $| < $2 > < $3 @ >
R<?> $* $| < $+ > < : $- $* : $* @ $* >	$: <?> $1 $| < $2 > < : $5 @ $6 @ $(dnsA $3$4 $: $) >
R<?> $* $| < $+ > < $* @ $* @ $+ >	$: <?> $1 $| < $2 > < $3 @ $4 $(BadMXIP $5 $: $) >
R<?> $* $| < $+ > < $* <BADMXIP> $* >	$#error $@ 5.1.2 $: "550 Invalid MX record for host " $2
R<?> $* $| $*		$: <?> $1
POPDIVERT
