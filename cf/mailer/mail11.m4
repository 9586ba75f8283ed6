divert(-1)
mail11: DECnet mail.

_default(`MAIL11_MAILER_PATH', `/usr/etc/mail11')
_default(`MAIL11_MAILER_FLAGS', `nsFx')
_default(`MAIL11_MAILER_ARGS', `mail11 $g $x $h $u')

divert(7)dnl
Mmail11,	P=MAIL11_MAILER_PATH, F=_F(`MAIL11', MAIL11_MAILER_FLAGS), S=Mail11From, R=Mail11To,_equate(`Q', `MAIL11_MAILER_QGRP')
		T=DNS/X-DECnet/X-Unix,
		A=MAIL11_MAILER_ARGS

# ---- addresses as DECnet writes them: users here have no domain ----
SMail11From
R$* : ; < @ >		$@ $1 : ; < @ >
R$+ < @ *LOCAL* >	$@ $1
R$+ < @ $=w . >		$@ $1

SMail11To
R$+ < @ *LOCAL* >	$@ $1
R$+ < @ $=w . >		$@ $1

divert(-1)
