divert(-1)
domainmap: the users of one domain are those of a table

Each domain has a table of its own, called domain_ and the domain with _ for what no name of a map may hold. The rules stand
among those that the site has for ruleset 0, and the value goes through all rules again, unless it is the address itself: that one is a user here.

_define(`_dm_name', `domain_'translit(_ARG_, `-.', `__'))
_define(`_DOMAIN_MAP_', 1)
ifelse(regexp(_ARG_, `^[A-Za-z0-9_-]+\(\.[A-Za-z0-9_-]+\)*$'), -1, `_error(`FEATURE(domainmap): '_ARG_` is not a domain')',
	len(X`'_ARG2_), 1, `_error(`FEATURE(domainmap): the table is empty')')
_into(21, `C{MappedDomain}_ARG_')
_into(22, `K`'_dm_name _ARG2_ -T<TEMP>')
PUSHDIVERT(3)dnl
R$+ < @ _ARG_ . >	$: <M> < $1 > $1 < @ _ARG_ . >
R<M> < $+ + $* > $+	$: <M> < $1 > $3		a detail does not count
R<M> < $+ > $+		$: <M> < $(_dm_name $1 $: ? $) > $2
R<M> $+			$: $>DomainMapped $1
R$# $*			$@ $# $1
POPDIVERT
