divert(-1)
masquerade_entire_domain: hosts below the masquerade domains too

_define(`_MASQUERADE_ENTIRE_DOMAIN_', 1)
