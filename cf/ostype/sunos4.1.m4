divert(-1)
sunos4.1: SunOS 4.1; /bin/mail writes the mailboxes.

_define(`confEBINDIR', `/usr/lib')
