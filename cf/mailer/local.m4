divert(-1)
The local mailer, and that for programs.

_default(`LOCAL_MAILER_PATH', `/bin/mail')
_default(`LOCAL_MAILER_ARGS', `mail -d $u')
_default(`LOCAL_MAILER_FLAGS', `Prmn9')
_default(`LOCAL_SHELL_PATH', `/bin/sh')
_default(`LOCAL_SHELL_ARGS', `sh -c $u')
_default(`LOCAL_SHELL_FLAGS', `eu9')
_default(`LOCAL_SHELL_DIR', `$z:/')
_default(`LOCAL_MAILER_DSN_DIAGNOSTIC_CODE', `X-Unix')
_default(`_LOCAL_ALWAYS_', `lsDFMAw5:/|@q')
_default(`_PROG_ALWAYS_', `lsDFMoq')

divert(7)dnl
Mlocal,		P=LOCAL_MAILER_PATH, F=_F(`LOCAL', _LOCAL_ALWAYS_`'LOCAL_MAILER_FLAGS), S=ifdef(`_LOCAL_LMTP_', `EnvFromSMTP', `EnvFromL')/HdrFromL, R=EnvToL/HdrToL,_equate(`E', `LOCAL_MAILER_EOL')_equate(`M', `LOCAL_MAILER_MAX')_equate(`m', `LOCAL_MAILER_MAXMSGS')_equate(`C', `LOCAL_MAILER_CHARSET')_equate(`Q', `LOCAL_MAILER_QGRP')
		T=DNS/RFC822/LOCAL_MAILER_DSN_DIAGNOSTIC_CODE,
		A=LOCAL_MAILER_ARGS
Mprog,		P=LOCAL_SHELL_PATH, F=_F(`SHELL', _PROG_ALWAYS_`'LOCAL_SHELL_FLAGS), S=EnvFromL/HdrFromL, R=EnvToL/HdrToL, D=LOCAL_SHELL_DIR,_equate(`M', `LOCAL_MAILER_MAX')_equate(`Q', `LOCAL_PROG_QGRP')
		T=X-Unix/X-Unix/X-Unix,
		A=LOCAL_SHELL_ARGS

# ---- addresses as local mailers write them ----
SEnvFromL
R< @ >			$n				bounces have a name here
R@ < @ $* >		$n
ifdef(`_ALWAYS_ADD_DOMAIN_', `R$*			$: $>AddDomain $1
')dnl
ifdef(`_LOCAL_NO_MASQUERADE_', `R$* < @ *LOCAL* > $*	$: $1 < @ $j . > $2
', `R$* < @ $* > $*	$: $>MasqEnv $1 < @ $2 > $3
')dnl

SEnvToL
R$+ < @ $* >		$: $1				only the user

SHdrFromL
R< @ >			$n
R@ < @ $* >		$n
ifdef(`_ALWAYS_ADD_DOMAIN_', `R$*			$: $>AddDomain $1
')dnl
ifdef(`_LOCAL_NO_MASQUERADE_', `R$* < @ *LOCAL* > $*	$: $1 < @ $j . > $2
', `R$* < @ $* > $*	$: $>MasqHdr $1 < @ $2 > $3
')dnl

SHdrToL
ifdef(`_ALWAYS_ADD_DOMAIN_', `R$*			$: $>AddDomain $1
')dnl
ifdef(`_ALL_MASQUERADE_', `R$* < @ $* > $*	$: $>MasqHdr $1 < @ $2 > $3
', `R$* < @ *LOCAL* > $*	$: $1 < @ $j . > $2
')dnl
ifdef(`_ALWAYS_ADD_DOMAIN_', `dnl

SAddDomain
R< @ >			$@ < @ >
R$* < @ $* > $*		$@ $1 < @ $2 > $3
R$+			$@ $1 < @ _ALWAYS_ADD_DOMAIN_ >
')dnl

divert(-1)
