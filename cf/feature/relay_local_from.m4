divert(-1)
relay_local_from: senders with local names may relay (anybody can claim that)

_define(`_RELAY_LOCAL_FROM_', 1)
