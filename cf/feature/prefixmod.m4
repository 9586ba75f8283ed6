divert(-1)
prefixmod: a prefix of a user part is taken off, and rules are told so by {rcpt_flags}

ifdef(`_PREFIXMOD_', `_error(`FEATURE(prefixmod) a second time')')
ifelse(len(X`'_ARG_), 1, `_error(`FEATURE(prefixmod): the prefix is empty')', len(X`'_ARG2_), 1, `_error(`FEATURE(prefixmod): the flags are empty')')
_define(`_PREFIXMOD_', _ARG_)_define(`_PREFIX_FLAGS_', _ARG2_)
