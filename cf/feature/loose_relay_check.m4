divert(-1)
loose_relay_check: addresses hidden behind relayed domains are not looked at

_define(`_LOOSE_RELAY_CHECK_', 1)
