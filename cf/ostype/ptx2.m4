divert(-1)
ptx2: DYNIX/ptx 2; /bin/mail writes the mailboxes.

_define(`confEBINDIR', `/usr/lib')
_default(`QUEUE_DIR', `/usr/spool/mqueue')
_default(`LOCAL_MAILER_FLAGS', `fmn9')
_define(`LOCAL_MAILER_PATH', `/bin/mail')
_define(`LOCAL_SHELL_FLAGS', `eu')
