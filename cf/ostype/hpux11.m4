divert(-1)
hpux11: HP-UX 11; /usr/bin/rmail writes the mailboxes.

_define(`confTIME_ZONE', `USE_TZ')
_default(`LOCAL_MAILER_ARGS', `rmail -d $u')
_default(`LOCAL_MAILER_FLAGS', `m9')
_default(`LOCAL_MAILER_PATH', `/usr/bin/rmail')
_default(`LOCAL_SHELL_PATH', `/usr/bin/sh')
_default(`UUCP_MAILER_ARGS', `uux - -r -a$g -gC $h!rmail ($u)')
