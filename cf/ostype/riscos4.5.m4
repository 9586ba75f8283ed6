divert(-1)
riscos4.5: RISC/os 4.5; /bin/mail writes the mailboxes.

_define(`confEBINDIR', `/usr/lib')
_default(`QUEUE_DIR', `/usr/spool/mqueue')
_default(`LOCAL_MAILER_ARGS', `rmail -d $u')
