divert(-1)
bitdomain: the table of that name

_define(`_BITDOMAIN_', 1)
_map(`bitdomain', `bitdomain', `bitdomain')
