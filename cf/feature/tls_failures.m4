divert(-1)
tls_failures: what confTLS_FALLBACK_TO_CLEAR does now

_error(`FEATURE(tls_failures) is replaced by define(confTLS_FALLBACK_TO_CLEAR, True)')
