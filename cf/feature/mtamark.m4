divert(-1)
mtamark: not built

_error(`FEATURE(mtamark) is not built')
