divert(-1)
delay_checks: client and sender are checked with the recipient

_define(`_DELAY_CHECKS_', 1)
_choice(`delay_checks', _ARG_, `friend hater n')
ifelse(_ARG_, `friend', `_needs_access(`delay_checks')_define(`_SPAM_FRIEND_', 1)', _ARG_, `hater', `_needs_access(`delay_checks')_define(`_SPAM_HATER_', 1)')
_choice(`delay_checks', _ARG2_, `n')_choice(`delay_checks', _ARG3_, `n')
