divert(-1)
svr4: System V Release 4; /usr/ucblib/binmail writes the mailboxes.

_define(`confEBINDIR', `/usr/ucblib')
_define(`LOCAL_MAILER_PATH', `/usr/ucblib/binmail')
_define(`LOCAL_SHELL_FLAGS', `ehuP')
_define(`UUCP_MAILER_ARGS', `uux - -r -a$g -gmedium $h!rmail ($u)')
