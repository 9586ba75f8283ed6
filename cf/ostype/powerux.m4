divert(-1)
powerux: Concurrent PowerUX; /usr/bin/rmail writes the mailboxes.

_define(`confEBINDIR', `/usr/local/lib')
_define(`LOCAL_MAILER_ARGS', `rmail $u')
_default(`LOCAL_MAILER_FLAGS', `mn9')
_define(`LOCAL_MAILER_PATH', `/usr/bin/rmail')
_define(`LOCAL_SHELL_FLAGS', `ehuP')
_define(`UUCP_MAILER_ARGS', `uux - -r -a$g -gmedium $h!rmail ($u)')
