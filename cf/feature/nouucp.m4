divert(-1)
nouucp: ! is a letter like others

_define(`_NO_UUCP_', 1)
_choice(`nouucp', _ARG_, `reject nospecial')
ifelse(_ARG_, `', `_error(`FEATURE(nouucp) needs reject or nospecial')')
ifelse(_ARG_, `reject', `_define(`_UUCP_REJECT_', 1)')
