divert(-1)
uucp: uux takes the message to a neighbour.

_default(`UUCP_MAILER_PATH', `/usr/bin/uux')
_default(`UUCP_MAILER_FLAGS', `')
_default(`UUCP_MAILER_ARGS', `uux - -r -a$g -gC $h!rmail ($u)')
_default(`UUCP_MAILER_MAX', `100000')

_uucp_mailer, of a name, flags, rulesets for senders and for recipients.
_define(`_uucp_mailer', `M$1,	P=UUCP_MAILER_PATH, F=_F(`UUCP', $2`'UUCP_MAILER_FLAGS), S=$3, R=$4, M=UUCP_MAILER_MAX,_equate(`C', `UUCP_MAILER_CHARSET')_equate(`Q', `UUCP_MAILER_QGRP')
		T=X-UUCP/X-UUCP/X-Unix,
		A=UUCP_MAILER_ARGS')

divert(7)dnl
_uucp_mailer(`uucp', `DFMhuUd', `FromU', `EnvToU/HdrToU')
_uucp_mailer(`uucp-old', `DFMhuUd', `FromU', `EnvToU/HdrToU')
_uucp_mailer(`suucp', `mDFMhuUd', `FromU', `EnvToU/HdrToU')
_uucp_mailer(`uucp-new', `mDFMhuUd', `FromU', `EnvToU/HdrToU')
ifdef(`_MAILER_smtp_', `_uucp_mailer(`uucp-dom', `mDFMhud', `EnvFromUD/HdrFromSMTP', `EnvToSMTP'ifdef(`_ALL_MASQUERADE_', `/HdrFromSMTP'))
_uucp_mailer(`uucp-uudom', `mDFMhud', `EnvFromUUD/HdrFromSMTP', `EnvToSMTP'ifdef(`_ALL_MASQUERADE_', `/HdrFromSMTP'))
')
# ---- addresses as UUCP neighbours write them ----
SFromU
R< @ >			$n
R< @ $=w . >		$@				nobody
R$* : ; < @ >		$@ $1 : ; < @ >
R$* < @ *LOCAL* > $*	$1 < @ $j . > $2
R$* < @ $- . UUCP . >	$2 ! $1
R$* < @ $=w . >		$j ! $1
R$* < @ $+ . >		$2 ! $1
R$* < @ $+ >		$2 ! $1
R$&j ! $+		$@ $j ! $1
R$+			$: $j ! $1			the way back leads through us

SEnvToU
R$* < @ $=w . >		$@ $1				here it needs no way
R$* < @ *LOCAL* > $*	$@ $j ! $1
R$* < @ $- . UUCP . >	$@ $2 ! $1
R$* < @ $+ . >		$@ $2 ! $1
R$* < @ $+ >		$@ $2 ! $1

SHdrToU
R< @ >			$n
R< @ $=w . >		$@
R$* < @ $=w . >		$j ! $1
R$* < @ *LOCAL* > $*	$1 < @ $j . > $2
R$* < @ $- . UUCP . >	$2 ! $1
R$* < @ $+ . >		$2 ! $1
R$* < @ $+ >		$2 ! $1
R$&j ! $+		$@ $j ! $1
R$+			$: $j ! $1

SEnvFromUD
R< @ >			$n
R$+			$: $>EnvFromSMTP $1

SEnvFromUUD
R< @ >			$n
R$+			$: $>EnvFromSMTP $1
R$* < @ $+ . >		$@ $2 ! $1
R$* < @ $+ >		$@ $2 ! $1

divert(-1)
