divert(-1)
accept_unqualified_senders: senders without a domain are taken

_define(`_ACCEPT_UNQUALIFIED_', 1)
