divert(-1)
prefixmod: not built

_error(`FEATURE(prefixmod) is not built')
