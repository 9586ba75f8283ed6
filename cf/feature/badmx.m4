divert(-1)
badmx: sender domains whose MX is no host

The sender who passes is done: what stands behind this feature (rhsbl) does not see the address any more.

_into(22, `Kmxlist bestmx -z: -T<TEMP>
Kbadmx regex -a<BADMX> ^(([0-9]{1,3}\.){3}[0-9]){0,1}\.$
KdnsA dns -R A -a. -T<TEMP>
KBadMXIP regex -a<BADMXIP> ifelse(len(X`'_ARG_), 1, `^(127\.|10\.|0\.0\.0\.0)', `_ARG_')')
PUSHDIVERT(33)dnl
R<?> $+ < @ $+ >	$: $1 < @ $2 > $| <MX> < $2 > < : $(mxlist $2 $: $) : > < : >
R$* $| <MX> < $+ > < : $* <TEMP> : > $*	$#error $@ 4.1.2 $: "450 MX lookup failure for " $2
R$* $| <MX> < $+ > < : : > $*	$: $1 $| <MX> < $2 > < : $2 . : > $3
R$* $| <MX> $*		$: $1 $| <MX> $>BadMX $2
R$* $| <MX> $# $*	$# $2
POPDIVERT
PUSHDIVERT(9)dnl

# ---- BadMX: < domain > < : host : host : > < : address : >: each host must be a name, and have good addresses ----
SBadMX
R< $+ > < : $- $* : $* > < $* >	$: < $1 > < : $4 > < $5 > $(badmx $2$3 $: $) $| $2$3
R< $+ > < $* > < $* > $* <BADMX> $*	$#error $@ 5.1.2 $: "550 Illegal MX record for host " $1
R< $+ > < $* > < $* > $| $+	$: < $1 > < $2 > < $3 > $(dnsA $4 $: $4 $)
R< $+ > < $* > < $* > $+	$: < $1 > < $2 > < $3 $4 : > $(BadMXIP $4 $: $)
R< $+ > < $* > < $* > $* <BADMXIP> $*	$#error $@ 5.1.2 $: "550 Invalid MX record for host " $1
R< $+ > < : $+ > < $* >	$@ $>BadMX < $1 > < : $2 > < $3 >
POPDIVERT
