divert(-1)
darwin: Darwin, macOS; /usr/libexec/mail.local writes the mailboxes.

_default(`STATUS_FILE', `/var/log/sendmail.st')
_define(`confDONT_BLAME_SENDMAIL', `AssumeSafeChown,GroupWritableDirPathSafe')
_default(`LOCAL_MAILER_PATH', `/usr/libexec/mail.local')
_default(`UUCP_MAILER_ARGS', `uux - -r -z -a$g $h!rmail ($u)')
MODIFY_MAILER_FLAGS(`LOCAL', `+S')
