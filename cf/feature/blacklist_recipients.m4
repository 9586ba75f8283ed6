divert(-1)
blacklist_recipients: the old name of blocklist_recipients

_part(`feature', `blocklist_recipients', `FEATURE')
