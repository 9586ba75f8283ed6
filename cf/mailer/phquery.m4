divert(-1)
ph: the CCSO name server.

_default(`PH_MAILER_PATH', `/usr/local/etc/phquery')
_default(`PH_MAILER_FLAGS', `ehmu')
_default(`PH_MAILER_ARGS', `phquery -- $u')

divert(7)dnl
Mph,		P=PH_MAILER_PATH, F=_F(`PH', nrDFM`'PH_MAILER_FLAGS), S=EnvFromL, R=EnvToL/HdrToL,_equate(`Q', `PH_MAILER_QGRP')
		T=DNS/RFC822/X-Unix,
		A=PH_MAILER_ARGS

divert(-1)
