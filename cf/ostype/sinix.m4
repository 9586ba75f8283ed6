divert(-1)
sinix: SINIX; /bin/mail.local writes the mailboxes.

_define(`confEBINDIR', `/usr/ucblib')
_default(`QUEUE_DIR', `/var/spool/mqueue')
_default(`STATUS_FILE', `/var/sendmail.st')
_define(`LOCAL_MAILER_PATH', `/bin/mail.local')
