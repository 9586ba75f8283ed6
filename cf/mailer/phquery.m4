divert(-1)
ph: the CCSO name server.

_default(`PH_MAILER_PATH', `/usr/local/etc/phquery')
_default(`PH_MAILER_FLAGS', `ehmu')
_default(`PH_MAILER_ARGS', `phquery -- $u')
ifdef(`_MODIFY_PH', `_MODIFY_PH')

divert(7)dnl
Mph,		P=PH_MAILER_PATH, F=nrDFM`'PH_MAILER_FLAGS, S=EnvFromL, R=EnvToL/HdrToL,_equate(`Q', `PH_MAILER_QGRP')
		T=DNS/RFC822/X-Unix,
		A=PH_MAILER_ARGS

divert(-1)
