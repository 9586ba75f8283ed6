divert(-1)
nextstep: NEXTSTEP; /bin/mail writes the mailboxes.

_define(`confEBINDIR', `/usr/lib')
_default(`QUEUE_DIR', `/usr/spool/mqueue')
_default(`LOCAL_SHELL_FLAGS', `euP')
_default(`UUCP_MAILER_PATH', `/usr/bin/uux')
