divert(-1)
blocklist_recipients: the access table is asked about recipients

_define(`_BLOCKLIST_RCPT_', 1)
_needs_access(`blocklist_recipients')
