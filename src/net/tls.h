/*
 * tls.h - TLS on a stream: contexts from the configured files, handshakes for both sides, what is known of the peer.
 *
 * A context is made once from the options and used by any number of threads. A handshake puts a layer on the stream: from
 * then on everything read and written through the stream is encrypted, with the same calls and deadlines. The layer goes with
 * the stream. After -EAGAIN from stream_fill_now nothing decrypted is left behind, so the connection may be parked.
 *
 * Nothing is refused here because of the peer's certificate: what was found is told (tls_info.verify), and the rule sets
 * decide. Whether key files are safe to use is the caller's question (os/safefile.h).
 *
 * Threads: a context any, a stream one at a time. Blocks: handshakes, up to the deadline. Errors: -errno; -EPROTO for what the
 * TLS library reports, in words in *out_why.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/arena.h"
#include "net/stream.h"

enum tls_role { TLS_SERVER, TLS_CLIENT };

struct tls_settings { /* paths NULL: none */
	const char *cert_file,
		*key_file; /* two of each, with a comma between, for two kinds of key */
	const char *ca_file, *ca_path;
	const char *crl_file, *crl_path;
	const char *cipher_list,
		*cipher_suites; /* NULL: the library's; suites are those of TLS 1.3 */
	uint64_t options_on,
		options_off; /* of tls_option; added to and removed from the usual ones */
	bool asks_client;    /* server: wants to see the client's certificate */
};

struct tls_context;

/* NULL, with the reason in *out_why. A server needs a certificate and its key. */
struct tls_context *tls_context_new(enum tls_role role, const struct tls_settings *s,
				    struct str *out_why);
void tls_context_free(struct tls_context *c); /* streams made from it may live on */
/* The bit of an option's name as ServerSSLOptions has it ("SSL_OP_NO_TLSv1_1"); false when unknown. */
bool tls_option(struct view name, uint64_t *out_bit);

/* ${verify} */
#define TLS_VERIFY_OK      "OK"      /* the certificate is good */
#define TLS_VERIFY_NO      "NO"      /* the peer showed none */
#define TLS_VERIFY_NOT     "NOT"     /* it was not asked for one */
#define TLS_VERIFY_FAIL    "FAIL"    /* it showed one that is not good */
#define TLS_VERIFY_TRUSTED "TRUSTED" /* good by its TLSA record */

struct tls_info {                    /* texts in the arena; none: not known */
	struct view version, cipher; /* "TLSv1.3", "TLS_AES_256_GCM_SHA384" */
	int bits, alg_bits;
	const char *verify;
	struct view verify_text; /* why it failed */
	struct view subject, issuer, cn_subject,
		cn_issuer; /* as they are: names of ${cert_subject} etc. before their encoding */
	struct view alt_names;   /* DNS names, separated by LF */
	struct view fingerprint; /* of the certificate, "AB:CD:..." */
	bool is_resumed;
};

struct tls_tlsa {
	uint8_t usage, selector, matching;
	struct view data;
};

struct tls_peer {         /* what a client says and expects */
	const char *name; /* SNI, and the name TLSA records were found for; NULL: none */
	const struct tls_tlsa *tlsa;
	size_t n_tlsa; /* 0: no DANE */
};

/* What was buffered in clear is dropped first: it may have been put there by anybody. digest: of the fingerprint, "md5",
 * "sha256"...; NULL: md5. */
int tls_accept(struct tls_context *c, struct stream *st, int64_t deadline, const char *digest,
	       struct arena *a, struct tls_info *out, struct str *out_why);
int tls_connect(struct tls_context *c, struct stream *st, const struct tls_peer *peer,
		int64_t deadline, const char *digest, struct arena *a, struct tls_info *out,
		struct str *out_why);

#endif
