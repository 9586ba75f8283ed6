divert(-1)
bsd4.3: 4.3BSD; /bin/mail writes the mailboxes.

_default(`QUEUE_DIR', `/usr/spool/mqueue')
_default(`UUCP_MAILER_ARGS', `uux - -r -z -a$g $h!rmail ($u)')
