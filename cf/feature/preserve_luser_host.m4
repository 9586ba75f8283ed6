divert(-1)
preserve_luser_host: the relay for unknown users gets the address with the host it came for

_define(`_PRESERVE_LUSER_HOST_', 1)
ifdef(`LUSER_RELAY', `', `_error(`FEATURE(preserve_luser_host) needs define(LUSER_RELAY, ...) before it')')
