divert(-1)
maxion: Concurrent Maxion; /usr/bin/mail writes the mailboxes.

_define(`confEBINDIR', `/usr/ucblib')
_define(`QUEUE_DIR', `/var/spool/mqueue')
_define(`STATUS_FILE', `/var/adm/log/sendmail.st')
_define(`LOCAL_MAILER_ARGS', `mail $u')
_define(`LOCAL_MAILER_PATH', `/usr/bin/mail')
_define(`LOCAL_SHELL_FLAGS', `ehuP')
_define(`UUCP_MAILER_ARGS', `uux - -r -a$g -gmedium $h!rmail ($u)')
