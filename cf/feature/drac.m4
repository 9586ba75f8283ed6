divert(-1)
drac: not built

_error(`FEATURE(drac) is not built')
