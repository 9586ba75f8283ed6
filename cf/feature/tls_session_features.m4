divert(-1)
tls_session_features: certificates by client and server

_define(`_TLS_SESSION_', 1)
