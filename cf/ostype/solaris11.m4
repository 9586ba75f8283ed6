divert(-1)
solaris11: Solaris 11; LMTP to /usr/lib/mail.local writes the mailboxes.

_define(`confEBINDIR', `/usr/lib')
_define(`confPID_FILE', `/system/volatile/sendmail.pid')
_define(`LOCAL_MAILER_ARGS', `mail.local -l')
_define(`LOCAL_MAILER_DSN_DIAGNOSTIC_CODE', `SMTP')
_define(`LOCAL_MAILER_FLAGS', `PSXmnz9')
_define(`LOCAL_MAILER_PATH', `/usr/lib/mail.local')
_default(`UUCP_MAILER_ARGS', `uux - -r -a$g $h!rmail ($u)')
_define(`_FIRST_DAEMONS_', `O DaemonPortOptions=Name=MTA-v4, Family=inet
O DaemonPortOptions=Name=MTA-v6, Family=inet6
')
_define(`_LOCAL_LMTP_', 1)
