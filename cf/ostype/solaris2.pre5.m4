divert(-1)
solaris2.pre5: Solaris 2 before 2.5; /bin/mail writes the mailboxes.

_define(`confEBINDIR', `/usr/lib')
_default(`LOCAL_MAILER_ARGS', `mail -f $g -d $u')
_default(`LOCAL_MAILER_FLAGS', `SnE9')
_default(`UUCP_MAILER_ARGS', `uux - -r -a$g $h!rmail ($u)')
