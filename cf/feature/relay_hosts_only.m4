divert(-1)
relay_hosts_only: names mean hosts, not what is below them

_define(`_RELAY_HOSTS_ONLY_', 1)
