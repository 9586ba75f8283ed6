divert(-1)
preserve_luser_host: the relay for unknown users learns the host

_define(`_PRESERVE_LUSER_HOST_', 1)
