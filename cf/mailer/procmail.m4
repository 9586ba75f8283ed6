divert(-1)
procmail as a mailer for tables: procmail:/etc/procmailrcs/x

_default(`PROCMAIL_MAILER_PATH', `/usr/local/bin/procmail')
_default(`PROCMAIL_MAILER_FLAGS', `SPhnu9')
_default(`PROCMAIL_MAILER_ARGS', `procmail -Y -m $h $f $u')

divert(7)dnl
Mprocmail,	P=PROCMAIL_MAILER_PATH, F=_F(`PROCMAIL', DFM`'PROCMAIL_MAILER_FLAGS), S=EnvFromSMTP/HdrFromSMTP, R=EnvToSMTP/HdrFromSMTP,_equate(`M', `PROCMAIL_MAILER_MAX')_equate(`Q', `PROCMAIL_MAILER_QGRP')
		T=DNS/RFC822/X-Unix,
		A=PROCMAIL_MAILER_ARGS

divert(-1)
