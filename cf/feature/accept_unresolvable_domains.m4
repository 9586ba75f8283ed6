divert(-1)
accept_unresolvable_domains: the domain of a sender need not exist

_define(`_ACCEPT_UNRESOLVABLE_', 1)
