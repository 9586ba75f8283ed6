divert(-1)
ratecontrol: limits of connections in time

_needs_access(`ratecontrol')_choice(`ratecontrol', _ARG_, `nodelay')_choice(`ratecontrol', _ARG2_, `terminate')
_define(`_RATE_CONTROL_', 1)ifelse(_ARG_, `nodelay', `_define(`_RATE_NODELAY_', 1)')_define(`_RATE_CODE_', ifelse(_ARG2_, `terminate', `421', `452'))
