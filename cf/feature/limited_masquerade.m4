divert(-1)
limited_masquerade: only the masquerade domains, not the local names

_define(`_LIMITED_MASQUERADE_', 1)
