divert(-1)
greet_pause: clients that speak first are spammers

_number(`greet_pause', _ARG_)_define(`_GREET_PAUSE_', ifelse(_ARG_, `', `0', `_ARG_'))
