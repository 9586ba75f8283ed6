divert(-1)
unicosmp: UNICOS/mp; /usr/bin/mail writes the mailboxes.

_define(`confEBINDIR', `/usr/lib')
_default(`QUEUE_DIR', `/var/spool/mqueue')
_default(`STATUS_FILE', `/var/log/sendmail.st')
_define(`confTIME_ZONE', `USE_TZ')
_default(`LOCAL_MAILER_ARGS', `mail -s -d $u')
_default(`LOCAL_MAILER_FLAGS', `Ehm9')
_define(`LOCAL_MAILER_PATH', `/usr/bin/mail')
