divert(-1)
access_db: the access table

ifdef(`_ACCESS_', `_error(`FEATURE(access_db) a second time')')
_define(`_ACCESS_', 1)
_access_words(_ARGS_)
ifelse(len(X`'_ARG_), 1, `', _ARG_, `LDAP', `', index(_ARG_, `-T'), -1, `_warning(`FEATURE(access_db): -T<TMPF> is added to the map, so that a table that cannot be read puts mail off')
_define(`_ARG_', regexp(_ARG_, `^\([^ ]*\)\(.*\)$', `\1 -T<TMPF>\2'))')
_map(`access', `access', `access', `-T<TMPF> ')
