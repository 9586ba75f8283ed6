divert(-1)
relay_based_on_MX: domains that have us as MX are relayed

_define(`_RELAY_MX_', 1)
