divert(-1)
cyrus: the delivery program of Cyrus IMAP; cyrusbb for bulletin boards.

_default(`CYRUS_MAILER_PATH', `/usr/sbin/cyrdeliver')
_default(`CYRUS_MAILER_FLAGS', `Ah5@/:|')
_default(`CYRUS_MAILER_ARGS', `cyrdeliver -e -m $h -- $u')
_default(`CYRUS_MAILER_USER', `cyrus:mail')

divert(7)dnl
Mcyrus,		P=CYRUS_MAILER_PATH, F=_F(`CYRUS', lsDFMnPq`'CYRUS_MAILER_FLAGS), S=EnvFromL, R=EnvToL/HdrToL, U=CYRUS_MAILER_USER,_equate(`M', `CYRUS_MAILER_MAX')_equate(`Q', `CYRUS_MAILER_QGRP')
		T=DNS/RFC822/X-Unix,
		A=CYRUS_MAILER_ARGS
Mcyrusbb,	P=CYRUS_MAILER_PATH, F=_F(`CYRUS', lsDFMnP`'ifdef(`CYRUS_BB_MAILER_FLAGS', `CYRUS_BB_MAILER_FLAGS', `u')), S=EnvFromL, R=EnvToL/HdrToL, U=CYRUS_MAILER_USER,_equate(`M', `CYRUS_MAILER_MAX')
		T=DNS/RFC822/X-Unix,
		A=ifdef(`CYRUS_BB_MAILER_ARGS', `CYRUS_BB_MAILER_ARGS', `cyrdeliver -e -m $u')

divert(-1)
