divert(-1)
sts: not built: there is no TLS towards other servers

_error(`FEATURE(sts) is not built: it needs the option StrictTransportSecurity and TLS towards other servers')
