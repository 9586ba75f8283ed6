divert(-1)
uucpdomain: the table of that name

_define(`_UUDOMAIN_', 1)
_map(`uudomain', `uudomain', `uucpdomain')
