divert(-1)
aix5: AIX 5; /bin/bellmail writes the mailboxes.

_define(`confEBINDIR', `/usr/lib')
_define(`confTIME_ZONE', `USE_TZ')
_default(`LOCAL_MAILER_ARGS', `mail -F $g $u')
_default(`LOCAL_MAILER_FLAGS', `mn9')
_default(`LOCAL_MAILER_PATH', `/bin/bellmail')
