divert(-1)
domainos: Apollo DomainOS; /bin/mail writes the mailboxes.

_define(`confEBINDIR', `/usr/lib')
_default(`QUEUE_DIR', `/usr/spool/mqueue')
