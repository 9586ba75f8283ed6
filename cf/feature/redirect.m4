divert(-1)
redirect: user@domain.REDIRECT is told to have moved

_define(`_REDIRECT_', 1)_into(21, `CPREDIRECT')
