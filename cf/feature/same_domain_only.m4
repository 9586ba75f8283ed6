divert(-1)
same_domain_only: not built

_error(`FEATURE(same_domain_only) is not built')
