divert(-1)
domaintable: the table of that name

_define(`_DOMAIN_TABLE_', 1)
_map(`domaintable', `domaintable', `domain')
