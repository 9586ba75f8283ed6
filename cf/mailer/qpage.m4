divert(-1)
qpage: a pager.

_default(`QPAGE_MAILER_PATH', `/usr/local/bin/qpage')
_default(`QPAGE_MAILER_FLAGS', `mDFMs')
_default(`QPAGE_MAILER_ARGS', `qpage -l0 -m -P$u')
_default(`QPAGE_MAILER_MAX', `4096')

divert(7)dnl
Mqpage,		P=QPAGE_MAILER_PATH, F=_F(`QPAGE', QPAGE_MAILER_FLAGS), M=QPAGE_MAILER_MAX,_equate(`Q', `QPAGE_MAILER_QGRP')
		T=DNS/RFC822/X-Unix,
		A=QPAGE_MAILER_ARGS

divert(-1)
