divert(-1)
compat_check: the access table judges pairs of sender and recipient

_needs_access(`compat_check')_define(`_COMPAT_', 1)
