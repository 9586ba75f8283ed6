divert(-1)
fax: a program sends the message as a fax.

_default(`FAX_MAILER_PATH', `/usr/bin/faxmail')
_default(`FAX_MAILER_ARGS', `faxmail -d $u@$h $f')
_default(`FAX_MAILER_MAX', `100000')
ifdef(`_MODIFY_FAX', `_MODIFY_FAX')

divert(7)dnl
Mfax,		P=FAX_MAILER_PATH, F=DFMhu, S=EnvFromFax, R=EnvToFax, M=FAX_MAILER_MAX,
		T=X-Phone/X-FAX/X-Unix,
		A=FAX_MAILER_ARGS

SEnvFromFax
R$+			$: $>EnvFromSMTP $1
SEnvToFax
R$+ < @ $* >		$@ $1 < @ $2 >
R$+			$@ $1 < @ $j >

divert(-1)
