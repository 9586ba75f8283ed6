divert(-1)
mail11: DECnet mail.

_default(`MAIL11_MAILER_PATH', `/usr/etc/mail11')
_default(`MAIL11_MAILER_FLAGS', `nsFx')
_default(`MAIL11_MAILER_ARGS', `mail11 $g $x $h $u')
ifdef(`_MODIFY_MAIL11', `_MODIFY_MAIL11')

divert(7)dnl
Mmail11,	P=MAIL11_MAILER_PATH, F=MAIL11_MAILER_FLAGS, S=EnvFromSMTP/HdrFromSMTP, R=EnvToSMTP,_equate(`Q', `MAIL11_MAILER_QGRP')
		T=DNS/X-DECnet/X-Unix,
		A=MAIL11_MAILER_ARGS

divert(-1)
