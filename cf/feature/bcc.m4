divert(-1)
bcc: not built: the daemon does not add recipients

_error(`FEATURE(bcc) is not built: it needs the option AddBcc, with which the daemon adds recipients of its own')
