divert(-1)
check_cert_altnames: a name that TLS_* requires may be any of the names in the certificate

_define(`_ALTNAMES_', 1)_define(`_CERT_NAMES_OPTION_', 1)
