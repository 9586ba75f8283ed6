divert(-1)
cyrusv2: LMTP to Cyrus IMAP.

_default(`CYRUSV2_MAILER_FLAGS', `A@/:|m')
_default(`CYRUSV2_MAILER_ARGS', `FILE /var/run/cyrus/socket/lmtp')

divert(7)dnl
Mcyrusv2,	P=[IPC], F=_F(`CYRUSV2', lsDFMnqXz`'CYRUSV2_MAILER_FLAGS), S=EnvFromSMTP/HdrFromL, R=EnvToL/HdrToL, E=\r\n,_equate(`m', `CYRUSV2_MAILER_MAXMSGS')_equate(`r', `CYRUSV2_MAILER_MAXRCPTS')_equate(`C', `CYRUSV2_MAILER_CHARSET')_equate(`Q', `CYRUSV2_MAILER_QGRP')
		T=DNS/RFC822/SMTP,
		A=CYRUSV2_MAILER_ARGS

divert(-1)
