divert(-1)
preserve_luser_host: the relay for unknown users gets the address with the host it came for

_define(`_PRESERVE_LUSER_HOST_', 1)
_at_the_end(`ifdef(`LUSER_RELAY', `', `_warning(`FEATURE(preserve_luser_host) has no effect without define(LUSER_RELAY, ...)')')')
