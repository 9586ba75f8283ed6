divert(-1)
ultrix4: Ultrix 4; /bin/mail writes the mailboxes.

_define(`confEBINDIR', `/usr/lib')
