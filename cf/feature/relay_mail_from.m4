divert(-1)
relay_mail_from: the access table says which senders may relay

_needs_access(`relay_mail_from')_define(`_RELAY_MAIL_FROM_', 1)
_choice(`relay_mail_from', _ARG_, `domain')ifelse(_ARG_, `domain', `_define(`_RELAY_MAIL_FROM_DOMAIN_', 1)')
