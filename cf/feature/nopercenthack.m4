divert(-1)
nopercenthack: % is a letter like others

_define(`_NO_PERCENTHACK_', 1)
_choice(`nopercenthack', _ARG_, `reject nospecial')
ifelse(_ARG_, `', `_error(`FEATURE(nopercenthack) needs reject or nospecial')')
ifelse(_ARG_, `reject', `_define(`_PERCENT_REJECT_', 1)')
