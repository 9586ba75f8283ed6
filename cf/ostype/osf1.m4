divert(-1)
osf1: OSF/1, Digital Unix; /bin/mail writes the mailboxes.

_define(`confEBINDIR', `/usr/lbin')
_default(`STATUS_FILE', `/usr/adm/sendmail/sendmail.st')
_define(`confDEF_USER_ID', `daemon')
