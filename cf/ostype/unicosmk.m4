divert(-1)
unicosmk: UNICOS/mk; /bin/mail writes the mailboxes.

_define(`ALIAS_FILE', `/usr/lib/aliases')
_define(`HELP_FILE', `/usr/lib/sendmail.hf')
_define(`QUEUE_DIR', `/usr/spool/mqueue')
_define(`STATUS_FILE', `/usr/lib/sendmail.st')
_define(`confPID_FILE', `/etc/sendmail.pid')
_define(`LOCAL_SHELL_FLAGS', `lsDFMpxehuo')
MODIFY_MAILER_FLAGS(`SMTP', `+anpeLC')
