divert(-1)
drac: clients that have read their mail a short time ago may relay; a daemon keeps their addresses in a table

_define(`_DRAC_', 1)
_map(`drac', `drac', `drac')
PUSHDIVERT(36)dnl
R$*			$: < $(drac $&{client_addr} $: ? $) > $1
R< ? > $*		$: $1
R< $+ > $*		$@ RELAY
POPDIVERT
