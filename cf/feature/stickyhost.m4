divert(-1)
stickyhost: user@this-host is not the same as user

_define(`_STICKY_HOST_', 1)
