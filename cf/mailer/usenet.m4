divert(-1)
usenet: inews posts the message.

_default(`USENET_MAILER_PATH', `/usr/lib/news/inews')
_default(`USENET_MAILER_FLAGS', `rsDFMmn')
_default(`USENET_MAILER_ARGS', `inews -m -h -n $u')

divert(7)dnl
Musenet,	P=USENET_MAILER_PATH, F=_F(`USENET', USENET_MAILER_FLAGS), S=EnvFromL, R=EnvToL,_equate(`M', `USENET_MAILER_MAX')_equate(`Q', `USENET_MAILER_QGRP')
		T=X-Usenet/X-Usenet/X-Unix,
		A=USENET_MAILER_ARGS

divert(-1)
