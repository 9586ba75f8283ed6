divert(-1)
sunos3.5: SunOS 3.5; /bin/mail writes the mailboxes.

_define(`confEBINDIR', `/usr/lib')
