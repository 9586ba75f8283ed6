divert(-1)
nullclient: everything goes to the hub

_define(`_NULL_CLIENT_', 1)
_define(`SMART_HOST', _ARG_)_define(`MAIL_HUB', _ARG_)
_define(`MASQUERADE_NAME', _ARG_)_default(`confFROM_HEADER', `<$g>')
_define(`_MASQUERADE_ENVELOPE_', 1)_define(`_ALL_MASQUERADE_', 1)_define(`_MASQUERADE_ENTIRE_DOMAIN_', 1)
_define(`_LOCAL_ALWAYS_', `lsDFM5q')
_undefine(`ALIAS_FILE')_define(`_NO_ALIASES_', 1)
_define(`confFORWARD_PATH', `')
MAILER(`local')MAILER(`smtp')
