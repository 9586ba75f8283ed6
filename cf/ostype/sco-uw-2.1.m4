divert(-1)
sco-uw-2.1: SCO UnixWare 2.1; /usr/bin/rmail writes the mailboxes.

_define(`confEBINDIR', `/usr/lib')
_define(`confTIME_ZONE', `USE_TZ')
_define(`LOCAL_MAILER_ARGS', `rmail $u')
_default(`LOCAL_MAILER_FLAGS', `fhCEn9')
_define(`LOCAL_MAILER_PATH', `/usr/bin/rmail')
_define(`LOCAL_SHELL_FLAGS', `ehuP')
_define(`UUCP_MAILER_ARGS', `uux - -r -a$g -gmedium $h!rmail ($u)')
