divert(-1)
check_cert_altnames: not built

_error(`FEATURE(check_cert_altnames) is not built')
