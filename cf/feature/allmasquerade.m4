divert(-1)
allmasquerade: recipients are masqueraded too

_define(`_ALL_MASQUERADE_', 1)
