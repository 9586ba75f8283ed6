divert(-1)
mklinux: MkLinux; /usr/bin/procmail writes the mailboxes.

_define(`confEBINDIR', `/usr/sbin')
_default(`STATUS_FILE', `/var/log/sendmail.st')
_define(`LOCAL_MAILER_ARGS', `procmail -a $h -d $u')
_define(`LOCAL_MAILER_FLAGS', `SPfhn9')
_default(`LOCAL_MAILER_PATH', `/usr/bin/procmail')
_default(`PROCMAIL_MAILER_PATH', `/usr/bin/procmail')
