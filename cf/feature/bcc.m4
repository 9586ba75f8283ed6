divert(-1)
bcc: not built

_error(`FEATURE(bcc) is not built')
