divert(-1)
always_add_domain: local mail is qualified too

_define(`_ALWAYS_ADD_DOMAIN_', ifelse(len(X`'_ARG_), 1, ``*LOCAL*'', _ARG_` .'))
