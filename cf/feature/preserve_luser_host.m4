divert(-1)
preserve_luser_host: the relay for unknown users learns the host

_define(`_PRESERVE_LUSER_HOST_', 1)
_warning(`FEATURE(preserve_luser_host) is not built and has no effect')
