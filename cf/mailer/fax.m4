divert(-1)
fax: a program sends the message as a fax.

_default(`FAX_MAILER_PATH', `/usr/bin/faxmail')
_default(`FAX_MAILER_ARGS', `faxmail -d $u@$h $f')
_default(`FAX_MAILER_MAX', `100000')

divert(7)dnl
Mfax,		P=FAX_MAILER_PATH, F=_F(`FAX', DFMhu), S=14, R=24, M=FAX_MAILER_MAX,
		T=X-Phone/X-FAX/X-Unix,
		A=FAX_MAILER_ARGS

divert(-1)
