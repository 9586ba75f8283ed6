divert(-1)
lookupdotdomain: .domain in the access table means what is below it

_define(`_LOOKUP_DOT_DOMAIN_', 1)
