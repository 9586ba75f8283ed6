divert(-1)
block_bad_helo: clients that say our name or no domain

_define(`_BAD_HELO_', 1)
ifdef(`_DELAY_CHECKS_', `', `_error(`FEATURE(block_bad_helo) needs FEATURE(delay_checks) before it')')
_into(21, `CR127.0.0.1 IPv6:0:0:0:0:0:0:0:1 IPv6:::1
Cw[127.0.0.1] [IPv6:0:0:0:0:0:0:0:1] [IPv6:::1]')
