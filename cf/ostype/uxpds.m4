divert(-1)
uxpds: UXP/DS; /usr/ucblib/binmail writes the mailboxes.

_define(`confEBINDIR', `/usr/ucblib')
_define(`LOCAL_MAILER_PATH', `/usr/ucblib/binmail')
_define(`LOCAL_SHELL_FLAGS', `ehuP')
_define(`UUCP_MAILER_ARGS', `uux - -r -a$f -gmedium $h!rmail ($u)')
