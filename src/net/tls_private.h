/* tls_private.h - between tls.c and tls_info.c: what a finished handshake says of the peer. */
#ifndef NET_TLS_PRIVATE_H
#define NET_TLS_PRIVATE_H

#include <openssl/ssl.h>

#include "net/tls.h"

/* was_asked: the peer was asked for a certificate. digest: of the fingerprint (CertFingerprintAlgorithm). Text lives in the arena. */
void tls_describe(SSL *ssl, bool was_asked, const char *digest, struct arena *a,
		  struct tls_info *out);

#endif
