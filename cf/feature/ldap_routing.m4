divert(-1)
ldap_routing: not built

_error(`FEATURE(ldap_routing) is not built')
