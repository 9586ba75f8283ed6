divert(-1)
access_db: the access table

ifdef(`_ACCESS_', `_error(`FEATURE(access_db) a second time')')
_define(`_ACCESS_', 1)
_access_words(_ARGS_)
_define(`_map_text', `ifelse(len(X`'_ARG_), 1, `DATABASE_MAP_TYPE -T<TMPF> MAIL_SETTINGS_DIR`'access', `_map_spec(`access')')')
_into(22, `Kaccess _map_text')
