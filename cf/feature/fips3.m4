divert(-1)
fips3: where OpenSSL finds its modules

_into(21, `EOPENSSL_CONF=_ARG_`'ifelse(len(X`'_ARG2_), 1, `', `
EOPENSSL_MODULES=_ARG2_')')
