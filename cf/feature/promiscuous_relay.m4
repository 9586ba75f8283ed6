divert(-1)
promiscuous_relay: anybody may relay to anywhere

_define(`_PROMISCUOUS_', 1)
_warning(`FEATURE(promiscuous_relay): this is an open relay')
