divert(-1)
vnet: not built

_error(`FEATURE(vnet) is not built')
