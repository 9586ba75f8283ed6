divert(-1)
authinfo: credentials in a table of their own

_define(`_AUTHINFO_', 1)
_map(`authinfo', `authinfo', `authinfo')
