divert(-1)
The mailers that speak SMTP: smtp, esmtp, smtp8, dsmtp, relay.

_default(`SMTP_MAILER_FLAGS', `')
_default(`RELAY_MAILER_FLAGS', `SMTP_MAILER_FLAGS')
_default(`SMTP_MAILER_ARGS', `TCP $h')
_default(`ESMTP_MAILER_ARGS', `TCP $h')
_default(`SMTP8_MAILER_ARGS', `TCP $h')
_default(`DSMTP_MAILER_ARGS', `TCP $h')
_default(`RELAY_MAILER_ARGS', `TCP $h')
_default(`SMTP_MAILER_LL', `990')
_default(`RELAY_MAILER_LL', `2040')
_define(`_ALWAYS_', ifdef(`_def_smtp_flags_', `_def_smtp_flags_', `mDFMuX'))

_smtp_mailer(name, tabs, flag, arguments, queue group)
_define(`_smtp_mailer', `M$1,$2P=[IPC], F=_F(_upper(`$1'), _ALWAYS_`'$3`'SMTP_MAILER_FLAGS`'_MSP_FLAG_), S=EnvFromSMTP/HdrFromSMTP, R=EnvToSMTP`'_ALL_HDR_, E=\r\n, L=SMTP_MAILER_LL,_equate(`M', `SMTP_MAILER_MAX')_equate(`m', `SMTP_MAILER_MAXMSGS')_equate(`r', `SMTP_MAILER_MAXRCPTS')_equate(`C', `SMTP_MAILER_CHARSET')_equate(`Q', `$5')
		T=DNS/RFC822/SMTP,
		A=$4')

divert(7)dnl
_smtp_mailer(`smtp', `		', `', SMTP_MAILER_ARGS, `SMTP_MAILER_QGRP')
_smtp_mailer(`esmtp', `		', `a', ESMTP_MAILER_ARGS, `ESMTP_MAILER_QGRP')
_smtp_mailer(`smtp8', `		', `8', SMTP8_MAILER_ARGS, `SMTP8_MAILER_QGRP')
_smtp_mailer(`dsmtp', `		', `a%', DSMTP_MAILER_ARGS, `DSMTP_MAILER_QGRP')
Mrelay,		P=[IPC], F=_F(`RELAY', _ALWAYS_`'a8`'RELAY_MAILER_FLAGS`'_MSP_RELAY_FLAG_), S=EnvFromSMTP/HdrFromSMTP, R=MasqSMTP`'_ALL_HDR_RELAY_, E=\r\n, L=RELAY_MAILER_LL,_equate(`m', `RELAY_MAILER_MAXMSGS')_equate(`r', `SMTP_MAILER_MAXRCPTS')_equate(`C', `RELAY_MAILER_CHARSET')_equate(`Q', `RELAY_MAILER_QGRP')
		T=DNS/RFC822/SMTP,
		A=RELAY_MAILER_ARGS

# ---- addresses as SMTP mailers write them ----
SEnvFromSMTP
R$+			$: $>PseudoToReal $1
R$* : ; < @ >		$@ < @ >
R< @ >			$@ < @ >
R$*			$: $>MasqEnv $>MasqSMTP $1

SHdrFromSMTP
R$+			$: $>PseudoToReal $1
R$* : ; < @ >		$@ $1 : ; < @ >
R< @ $* >		$@ < @ $1 >			nobody
R$*			$: $>MasqHdr $>MasqSMTP $1

SEnvToSMTP
R$+			$: $>PseudoToReal $1
R$+			$: $>MasqSMTP $1
R$* < @ *LOCAL* > $*	$: $1 < @ $j . > $2

SMasqSMTP
R$* < @ $* > $*		$@ $1 < @ $2 > $3
R$+			$@ $1 < @ *LOCAL* >		a user here

SMasqRelay
R$+			$: $>MasqSMTP $1
R$+			$: $>MasqHdr $1

divert(-1)
