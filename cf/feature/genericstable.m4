divert(-1)
genericstable: the table of that name

_define(`_GENERICS_TABLE_', 1)
_map(`generics', `genericstable', `generics')
