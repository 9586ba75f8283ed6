divert(-1)
solaris2.ml: Solaris 2 with mail.local; /usr/lib/mail.local writes the mailboxes.

_define(`confEBINDIR', `/usr/lib')
_default(`LOCAL_MAILER_ARGS', `mail.local -d $u')
_default(`LOCAL_MAILER_FLAGS', `fSmn9')
_default(`LOCAL_MAILER_PATH', `/usr/lib/mail.local')
_default(`UUCP_MAILER_ARGS', `uux - -r -a$g $h!rmail ($u)')
