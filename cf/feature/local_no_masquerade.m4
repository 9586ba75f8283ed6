divert(-1)
local_no_masquerade: local mail shows the true names

_define(`_LOCAL_NO_MASQUERADE_', 1)
