divert(-1)
smarttable: routing by the sender of the envelope

_define(`_SMARTTABLE_', 1)
_into(22, `Ksmarttable ifelse(len(X`'_ARG_), 1, `DATABASE_MAP_TYPE -o MAIL_SETTINGS_DIR`'smarttable', `_ARG_')')
