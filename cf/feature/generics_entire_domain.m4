divert(-1)
generics_entire_domain: hosts below the generics domains too

_define(`_GENERICS_ENTIRE_DOMAIN_', 1)
