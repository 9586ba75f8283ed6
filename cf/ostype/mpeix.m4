divert(-1)
mpeix: HP MPE/iX; /bin/tsmail writes the mailboxes.

_define(`confTIME_ZONE', `USE_TZ')
_default(`confDEF_USER_ID', `SERVER.SENDMAIL')
_default(`confTRUSTED_USER', `SERVER.SENDMAIL')
_define(`confDONT_BLAME_SENDMAIL', `ForwardFileInGroupWritableDirPath')
_default(`LOCAL_MAILER_ARGS', `tsmail $u')
_default(`LOCAL_MAILER_FLAGS', `mu9')
_default(`LOCAL_MAILER_PATH', `/bin/tsmail')
_default(`LOCAL_SHELL_PATH', `/bin/sh')
