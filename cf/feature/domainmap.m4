divert(-1)
domainmap: not built

_error(`FEATURE(domainmap) is not built')
