divert(-1)
hpux9: HP-UX 9; /bin/rmail writes the mailboxes.

_define(`confEBINDIR', `/usr/lib')
_default(`QUEUE_DIR', `/usr/spool/mqueue')
_define(`confTIME_ZONE', `USE_TZ')
_default(`LOCAL_MAILER_ARGS', `rmail -d $u')
_default(`LOCAL_MAILER_FLAGS', `m9')
_default(`LOCAL_MAILER_PATH', `/bin/rmail')
_default(`UUCP_MAILER_ARGS', `uux - -r -a$g -gC $h!rmail ($u)')
