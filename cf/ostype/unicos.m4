divert(-1)
unicos: UNICOS; /bin/mail writes the mailboxes.

_define(`ALIAS_FILE', `/usr/lib/aliases')
_define(`HELP_FILE', `/usr/lib/sendmail.hf')
_define(`QUEUE_DIR', `/usr/spool/mqueue')
_define(`STATUS_FILE', `/usr/lib/sendmail.st')
_define(`confPID_FILE', `/etc/sendmail.pid')
_define(`LOCAL_SHELL_FLAGS', `pxehu')
MODIFY_MAILER_FLAGS(`LOCAL', `+aSPpmnxXu')
MODIFY_MAILER_FLAGS(`SMTP', `+anpeLC')
