divert(-1)
unixware7: UnixWare 7; /etc/mail/slocal writes the mailboxes.

_define(`confEBINDIR', `/usr/lib')
_default(`QUEUE_DIR', `/var/spool/mqueue')
_define(`confTIME_ZONE', `USE_TZ')
_default(`LOCAL_MAILER_ARGS', `slocal -user $u')
_default(`LOCAL_MAILER_FLAGS', `Puho9')
_default(`LOCAL_MAILER_PATH', `/etc/mail/slocal')
_default(`LOCAL_SHELL_FLAGS', `Peu')
