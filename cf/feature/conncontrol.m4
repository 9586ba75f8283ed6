divert(-1)
conncontrol: limits of connections at a time

_needs_access(`conncontrol')_choice(`conncontrol', _ARG_, `nodelay')_choice(`conncontrol', _ARG2_, `terminate')
_define(`_CONN_CONTROL_', 1)ifelse(_ARG_, `nodelay', `_define(`_CONN_NODELAY_', 1)')_define(`_CONN_CODE_', ifelse(_ARG2_, `terminate', `421', `452'))
