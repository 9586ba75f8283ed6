divert(-1)
mailertable: the table of that name

_define(`_MAILER_TABLE_', 1)
_map(`mailertable', `mailertable', `mailer')
