divert(-1)
pop: a mailbox for POP.

_default(`POP_MAILER_PATH', `/usr/lib/mh/spop')
_default(`POP_MAILER_FLAGS', `Penu')
_default(`POP_MAILER_ARGS', `pop $u')

divert(7)dnl
Mpop,		P=POP_MAILER_PATH, F=_F(`POP', lsDFMq`'POP_MAILER_FLAGS), S=EnvFromL, R=EnvToL/HdrToL,_equate(`Q', `POP_MAILER_QGRP')
		T=DNS/RFC822/X-Unix,
		A=POP_MAILER_ARGS

divert(-1)
