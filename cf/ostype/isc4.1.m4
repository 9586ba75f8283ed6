divert(-1)
isc4.1: ISC Unix 4.1; /bin/lmail writes the mailboxes.

_define(`confEBINDIR', `/usr/lib')
_default(`QUEUE_DIR', `/usr/spool/mqueue')
_define(`confTIME_ZONE', `USE_TZ')
_default(`LOCAL_MAILER_ARGS', `lmail -s $u')
_default(`LOCAL_MAILER_FLAGS', `humS9')
_default(`LOCAL_MAILER_PATH', `/bin/lmail')
_default(`UUCP_MAILER_ARGS', `uux - -r -gC $h!rmail ($u)')
_default(`UUCP_MAILER_PATH', `/usr/bin/uux')
