divert(-1)
relay_entire_domain: hosts in our domain may relay

_define(`_RELAY_ENTIRE_DOMAIN_', 1)
