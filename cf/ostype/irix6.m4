divert(-1)
irix6: IRIX 6; /bin/mail writes the mailboxes.

_define(`confEBINDIR', `/usr/lib')
_default(`QUEUE_DIR', `/var/spool/mqueue')
_default(`STATUS_FILE', `/var/sendmail.st')
_define(`confTIME_ZONE', `USE_TZ')
_define(`confDEF_USER_ID', `998:998')
_default(`LOCAL_MAILER_ARGS', `mail -s -d $u')
_define(`LOCAL_MAILER_CHARSET', `iso-8859-1')
_default(`LOCAL_MAILER_FLAGS', `Ehmu9')
