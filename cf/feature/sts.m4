divert(-1)
sts: not built

_error(`FEATURE(sts) is not built')
