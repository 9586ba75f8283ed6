divert(-1)
irix4: IRIX 4; /bin/mail writes the mailboxes.

_define(`confEBINDIR', `/usr/lib')
_default(`QUEUE_DIR', `/usr/spool/mqueue')
_default(`LOCAL_MAILER_FLAGS', `Ehm9')
