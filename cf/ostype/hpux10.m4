divert(-1)
hpux10: HP-UX 10; /usr/bin/rmail writes the mailboxes.

_default(`QUEUE_DIR', `/var/spool/mqueue')
_define(`confTIME_ZONE', `USE_TZ')
_default(`LOCAL_MAILER_ARGS', `rmail -d $u')
_default(`LOCAL_MAILER_FLAGS', `m9')
_default(`LOCAL_MAILER_PATH', `/usr/bin/rmail')
_default(`LOCAL_SHELL_PATH', `/usr/bin/sh')
_default(`UUCP_MAILER_ARGS', `uux - -r -a$g -gC $h!rmail ($u)')
