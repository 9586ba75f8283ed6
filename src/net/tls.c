/*
 * tls.c - see tls.h: contexts, and the layer.
 *
 *   stream buffers <-> SSL <-> BIO of ours <-> stream_raw_recv, stream_raw_send
 *
 * The BIO works until the deadline of the call that is under way, so the library hardly ever sees "try again"; when it
 * does, the deadline has passed and tls.error says so.
 */
#include "net/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/mem.h"
#include "net/tls_private.h"

#define GATHER_MAX 16384 /* one record */

struct tls_context {
	SSL_CTX *ctx;
	enum tls_role role;
	bool asks_client;
};

struct tls {
	SSL *ssl;
	struct stream *stream;
	int64_t deadline;
	int error; /* of the last raw call: 0, or -errno */
};

/* ---- words ---- */

/* The library's oldest complaint of this thread, or the system's. */
static void say_why(struct str *out, const char *what)
{
	unsigned long code = ERR_peek_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	str_clear(out);
	str_addf(out, "%s: %s", what, reason ? reason : code ? "unknown error" : "no reason given");
	ERR_clear_error();
}

/* ---- contexts ---- */

static const struct {
	const char *name;
	uint64_t bit;
} options[] = {
	{"SSL_OP_ALL",				     SSL_OP_ALL                        },
	{ "SSL_OP_CIPHER_SERVER_PREFERENCE",               SSL_OP_CIPHER_SERVER_PREFERENCE   },
	{ "SSL_OP_COOKIE_EXCHANGE",                        SSL_OP_COOKIE_EXCHANGE            },
	{ "SSL_OP_CRYPTOPRO_TLSEXT_BUG",                   SSL_OP_CRYPTOPRO_TLSEXT_BUG       },
	{ "SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS",            SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS},
	{ "SSL_OP_LEGACY_SERVER_CONNECT",                  SSL_OP_LEGACY_SERVER_CONNECT      },
	{ "SSL_OP_NO_COMPRESSION",                         SSL_OP_NO_COMPRESSION             },
	{ "SSL_OP_NO_ENCRYPT_THEN_MAC",                    SSL_OP_NO_ENCRYPT_THEN_MAC        },
	{ "SSL_OP_NO_EXTENDED_MASTER_SECRET",              SSL_OP_NO_EXTENDED_MASTER_SECRET  },
	{ "SSL_OP_NO_QUERY_MTU",                           SSL_OP_NO_QUERY_MTU               },
	{ "SSL_OP_NO_RENEGOTIATION",                       SSL_OP_NO_RENEGOTIATION           },
	{ "SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION",
         SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION                                       },
	{ "SSL_OP_NO_SSLv2",			       0				 },
	{ "SSL_OP_NO_SSLv3",			       SSL_OP_NO_SSLv3                   },
	{ "SSL_OP_NO_TICKET",			      SSL_OP_NO_TICKET                  },
	{ "SSL_OP_NO_TLSv1",			       SSL_OP_NO_TLSv1                   },
	{ "SSL_OP_NO_TLSv1_1",                             SSL_OP_NO_TLSv1_1                 },
	{ "SSL_OP_NO_TLSv1_2",                             SSL_OP_NO_TLSv1_2                 },
	{ "SSL_OP_NO_TLSv1_3",                             SSL_OP_NO_TLSv1_3                 },
	{ "SSL_OP_PRIORITIZE_CHACHA",                      SSL_OP_PRIORITIZE_CHACHA          },
	{ "SSL_OP_SINGLE_DH_USE",                          0                                 },
	{ "SSL_OP_SINGLE_ECDH_USE",                        0                                 },
	{ "SSL_OP_TLS_ROLLBACK_BUG",                       SSL_OP_TLS_ROLLBACK_BUG           },
	{ "SSL_OP_TLSEXT_PADDING",                         SSL_OP_TLSEXT_PADDING             },
};

bool tls_option(struct view name, uint64_t *out_bit)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (view_eq_nocase(name, view_of(options[i].name))) {
			*out_bit = options[i].bit;
			return true;
		}
	}
	return false;
}

/* Loads "cert[,cert2]" with "key[,key2]", pair by pair. */
static bool load_keys(SSL_CTX *ctx, const struct tls_settings *s, struct str *why)
{
	struct view certs = view_of(s->cert_file), keys = view_of(s->key_file), cert, key;

	while (view_cut(&certs, ',', &cert)) {
		char cert_path[4096], key_path[4096];

		if (!view_cut(&keys, ',', &key))
			key = cert;
		snprintf(cert_path, sizeof(cert_path), VIEW_FMT, VIEW_ARG(view_trim(cert)));
		snprintf(key_path, sizeof(key_path), VIEW_FMT, VIEW_ARG(view_trim(key)));
		if (SSL_CTX_use_certificate_chain_file(ctx, cert_path) != 1) {
			say_why(why, cert_path);
			return false;
		}
		if (SSL_CTX_use_PrivateKey_file(ctx, key_path, SSL_FILETYPE_PEM) != 1 ||
		    SSL_CTX_check_private_key(ctx) != 1) {
			say_why(why, key_path);
			return false;
		}
	}
	return true;
}

static bool load_authorities(SSL_CTX *ctx, enum tls_role role, const struct tls_settings *s,
			     struct str *why)
{
	X509_STORE *store = SSL_CTX_get_cert_store(ctx);

	if ((s->ca_file || s->ca_path) &&
	    SSL_CTX_load_verify_locations(ctx, s->ca_file, s->ca_path) != 1) {
		say_why(why, s->ca_file ? s->ca_file : s->ca_path);
		return false;
	}
	if (role == TLS_SERVER && s->ca_file && s->asks_client)
		SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(s->ca_file));
	if (!s->crl_file && !s->crl_path)
		return true;
	if ((s->crl_file && X509_STORE_load_file(store, s->crl_file) != 1) ||
	    (s->crl_path && X509_STORE_load_path(store, s->crl_path) != 1)) {
		say_why(why, s->crl_file ? s->crl_file : s->crl_path);
		return false;
	}
	X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
	return true;
}

static bool set_ciphers(SSL_CTX *ctx, const struct tls_settings *s, struct str *why)
{
	if (s->cipher_list && SSL_CTX_set_cipher_list(ctx, s->cipher_list) != 1) {
		say_why(why, "CipherList");
		return false;
	}
	if (s->cipher_suites && SSL_CTX_set_ciphersuites(ctx, s->cipher_suites) != 1) {
		say_why(why, "CipherSuites");
		return false;
	}
	return true;
}

/* The handshake goes on whatever is found; the rule sets judge by ${verify}. */
static int look_but_accept(int is_good __attribute__((unused)),
			   X509_STORE_CTX *store __attribute__((unused)))
{
	return 1;
}

static bool set_up(struct tls_context *c, const struct tls_settings *s, struct str *why)
{
	static const unsigned char session_id[] = "postrider";
	SSL_CTX *ctx = c->ctx;

	SSL_CTX_set_options(ctx, SSL_OP_ALL | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
					 s->options_on);
	SSL_CTX_clear_options(ctx, s->options_off);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				      SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_id_context(ctx, session_id, sizeof(session_id) - 1);
	SSL_CTX_set_dh_auto(ctx, 1);
	SSL_CTX_dane_enable(ctx);
	if (c->role == TLS_CLIENT || s->asks_client)
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, look_but_accept);
	if (c->role == TLS_SERVER && (!s->cert_file || !s->key_file)) {
		str_clear(why);
		str_addz(why, "a server needs a certificate and its key");
		return false;
	}
	return (!s->cert_file || load_keys(ctx, s, why)) &&
	       load_authorities(ctx, c->role, s, why) && set_ciphers(ctx, s, why);
}

struct tls_context *tls_context_new(enum tls_role role, const struct tls_settings *s,
				    struct str *out_why)
{
	struct tls_context *c = MEM_NEW(struct tls_context);

	c->role = role;
	c->asks_client = s->asks_client;
	ERR_clear_error();
	c->ctx = SSL_CTX_new(role == TLS_SERVER ? TLS_server_method() : TLS_client_method());
	if (c->ctx && set_up(c, s, out_why))
		return c;
	if (!c->ctx)
		say_why(out_why, "cannot make a TLS context");
	tls_context_free(c);
	return NULL;
}

void tls_context_free(struct tls_context *c)
{
	if (!c)
		return;
	SSL_CTX_free(c->ctx);
	free(c);
}

/* ---- the BIO ---- */

static int bio_result(BIO *b, struct tls *t, ssize_t n, bool is_read)
{
	BIO_clear_retry_flags(b);
	t->error = n < 0 ? (int)n : 0;
	if (n == -EAGAIN || n == -ETIMEDOUT) {
		if (is_read)
			BIO_set_retry_read(b);
		else
			BIO_set_retry_write(b);
	}
	return n < 0 ? -1 : (int)n;
}

static int bio_read(BIO *b, char *buf, int n)
{
	struct tls *t = BIO_get_data(b);

	return bio_result(b, t, stream_raw_recv(t->stream, buf, (size_t)n, t->deadline), true);
}

static int bio_write(BIO *b, const char *buf, int n)
{
	struct tls *t = BIO_get_data(b);
	struct iovec iov = { (void *)(uintptr_t)buf, (size_t)n };

	return bio_result(b, t, stream_raw_send(t->stream, &iov, 1, t->deadline), false);
}

static long bio_control(BIO *b __attribute__((unused)), int cmd, long num __attribute__((unused)),
			void *p __attribute__((unused)))
{
	return cmd == BIO_CTRL_FLUSH || cmd == BIO_CTRL_DUP ? 1 : 0;
}

static BIO_METHOD *bio_method;

__attribute__((constructor)) static void make_bio_method(void)
{
	bio_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
	if (!bio_method)
		abort();
	BIO_meth_set_read(bio_method, bio_read);
	BIO_meth_set_write(bio_method, bio_write);
	BIO_meth_set_ctrl(bio_method, bio_control);
}

/* ---- the layer ---- */

/* What a call that did not succeed means, in the terms of stream.h. */
static ssize_t failed(struct tls *t, int result)
{
	int what = SSL_get_error(t->ssl, result);
	int error = t->error;

	if (what == SSL_ERROR_ZERO_RETURN)
		return 0;
	if (what == SSL_ERROR_WANT_READ || what == SSL_ERROR_WANT_WRITE)
		return error ? error : -EAGAIN;
	/* A peer that closes without saying good-bye is common, and the protocols above have ends of their own. */
	if (error == 0 &&
	    (what == SSL_ERROR_SYSCALL ||
	     ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING)) {
		ERR_clear_error();
		return 0;
	}
	ERR_clear_error();
	return error ? error : -EPROTO;
}

static ssize_t layer_recv(void *self, void *buf, size_t n, int64_t deadline)
{
	struct tls *t = self;
	size_t got;
	int result;

	t->deadline = deadline;
	t->error = 0;
	result = SSL_read_ex(t->ssl, buf, n, &got);
	return result == 1 ? (ssize_t)got : failed(t, result);
}

/* Small pieces at the front are put together, so that a reply with the start of a text is one record. */
static struct iovec gather(const struct iovec *iov, int n_iov, char *room)
{
	size_t len = 0;

	if (n_iov == 1 || iov->iov_len >= GATHER_MAX)
		return *iov;
	for (int i = 0; i < n_iov && len < GATHER_MAX; i++) {
		size_t n = iov[i].iov_len < GATHER_MAX - len ? iov[i].iov_len : GATHER_MAX - len;

		memcpy(room + len, iov[i].iov_base, n);
		len += n;
	}
	return (struct iovec){ room, len };
}

static ssize_t layer_send(void *self, const struct iovec *iov, int n_iov, int64_t deadline)
{
	char room[GATHER_MAX];
	struct tls *t = self;
	struct iovec piece = gather(iov, n_iov, room);
	ssize_t error;
	size_t sent;
	int result;

	t->deadline = deadline;
	t->error = 0;
	result = SSL_write_ex(t->ssl, piece.iov_base, piece.iov_len, &sent);
	if (result == 1)
		return (ssize_t)sent;
	error = failed(t, result);
	return error == 0 ? -EPIPE : error;
}

static void tls_free(struct tls *t)
{
	SSL_free(t->ssl);
	free(t);
}

static void layer_close(void *self)
{
	struct tls *t = self;

	t->deadline = 0; /* the good-bye is sent if it fits at once */
	if (SSL_is_init_finished(t->ssl))
		SSL_shutdown(t->ssl);
	ERR_clear_error();
	tls_free(t);
}

static const struct stream_layer layer = { layer_recv, layer_send, layer_close };

/* ---- handshakes ---- */

static struct tls *tls_new(struct tls_context *c, struct stream *st)
{
	struct tls *t = MEM_NEW(struct tls);
	BIO *bio;

	t->stream = st;
	t->ssl = SSL_new(c->ctx);
	bio = BIO_new(bio_method);
	if (!t->ssl || !bio) {
		BIO_free(bio);
		tls_free(t);
		return NULL;
	}
	BIO_set_data(bio, t);
	BIO_set_init(bio, 1);
	SSL_set_bio(t->ssl, bio, bio);
	return t;
}

static int finish(struct tls *t, int result, struct str *why)
{
	ssize_t error;

	if (result == 1) {
		stream_set_layer(t->stream, &layer, t);
		return 0;
	}
	say_why(why, "handshake failed");
	error = t->error ? t->error : -EPROTO;
	tls_free(t);
	return (int)error;
}

int tls_accept(struct tls_context *c, struct stream *st, int64_t deadline, const char *digest,
	       struct arena *a, struct tls_info *out, struct str *out_why)
{
	struct tls *t;
	int error;

	ERR_clear_error();
	t = tls_new(c, st);
	if (!t) {
		say_why(out_why, "cannot make a TLS connection");
		return -ENOMEM;
	}
	stream_drop_input(st);
	t->deadline = deadline;
	error = finish(t, SSL_accept(t->ssl), out_why);
	if (error == 0)
		tls_describe(t->ssl, c->asks_client, digest, a, out);
	return error;
}

static bool expect(SSL *ssl, const struct tls_peer *peer)
{
	bool is_usable = false;

	if (peer->name && SSL_set_tlsext_host_name(ssl, peer->name) != 1)
		return false;
	if (peer->n_tlsa == 0)
		return true;
	if (!peer->name || SSL_dane_enable(ssl, peer->name) != 1)
		return false;
	SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
	for (size_t i = 0; i < peer->n_tlsa; i++) {
		const struct tls_tlsa *r = &peer->tlsa[i];

		if (SSL_dane_tlsa_add(ssl, r->usage, r->selector, r->matching,
				      (const unsigned char *)r->data.p, r->data.len) == 1)
			is_usable = true;
	}
	ERR_clear_error();
	return is_usable;
}

int tls_connect(struct tls_context *c, struct stream *st, const struct tls_peer *peer,
		int64_t deadline, const char *digest, struct arena *a, struct tls_info *out,
		struct str *out_why)
{
	struct tls *t;
	int error;

	ERR_clear_error();
	t = tls_new(c, st);
	if (!t || !expect(t->ssl, peer)) {
		say_why(out_why, "cannot make a TLS connection");
		if (t)
			tls_free(t);
		return -EINVAL;
	}
	stream_drop_input(st);
	t->deadline = deadline;
	error = finish(t, SSL_connect(t->ssl), out_why);
	if (error == 0)
		tls_describe(t->ssl, true, digest, a, out);
	return error;
}
