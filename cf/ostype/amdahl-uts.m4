divert(-1)
amdahl-uts: Amdahl UTS; /bin/mail writes the mailboxes.

_define(`confEBINDIR', `/usr/lib')
_default(`LOCAL_MAILER_FLAGS', `fSn9')
