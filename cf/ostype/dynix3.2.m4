divert(-1)
dynix3.2: Dynix 3.2; /bin/mail writes the mailboxes.

_define(`confEBINDIR', `/usr/lib')
_default(`QUEUE_DIR', `/usr/spool/mqueue')
