divert(-1)
nocanonify: names are not looked up

_define(`_NO_CANONIFY_', 1)
_choice(`nocanonify', _ARG_, `canonify_hosts')
_in(_ARG_, `canonify_hosts', `_has_arg(`_define(`_CANONIFY_HOSTS_', 1)')')
