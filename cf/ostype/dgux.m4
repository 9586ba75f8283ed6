divert(-1)
dgux: DG/UX; /bin/mail writes the mailboxes.

_define(`confEBINDIR', `/usr/lib')
_define(`confTIME_ZONE', `USE_TZ')
_default(`LOCAL_MAILER_FLAGS', `m9')
_into(21, `E_FORCE_MAIL_LOCAL_=yes')
