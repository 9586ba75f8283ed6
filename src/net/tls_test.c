#include "net/tls.h"

#include <errno.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/test.h"

/* A key and a certificate for mx.example.test that it has signed itself, in files. */
struct papers {
	char dir[64], cert[96], key[96];
};

static void add_name(X509 *x, const char *cn)
{
	X509_NAME *name = X509_get_subject_name(x);

	X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC, (const unsigned char *)"Tests", -1, -1,
				   0);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0);
	X509_set_issuer_name(x, name);
}

static void make_papers(struct papers *p)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	X509_EXTENSION *alt = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name,
						  "DNS:mx.example.test,DNS:mail.example.test");
	FILE *f;

	*p = (struct papers){ .dir = "/tmp/tls-test-XXXXXX" };
	CHECK(mkdtemp(p->dir) != NULL);
	snprintf(p->cert, sizeof(p->cert), "%s/cert.pem", p->dir);
	snprintf(p->key, sizeof(p->key), "%s/key.pem", p->dir);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_version(x, 2);
	X509_set_pubkey(x, key);
	add_name(x, "mx.example.test");
	X509_add_ext(x, alt, -1);
	CHECK(X509_sign(x, key, EVP_sha256()) > 0);
	f = fopen(p->cert, "w");
	PEM_write_X509(f, x);
	fclose(f);
	f = fopen(p->key, "w");
	PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
	X509_EXTENSION_free(alt);
	X509_free(x);
	EVP_PKEY_free(key);
}

static void remove_papers(struct papers *p)
{
	unlink(p->cert);
	unlink(p->key);
	rmdir(p->dir);
}

/* ---- two ends ---- */

struct ends {
	struct tls_context *server, *client;
	struct stream *s, *c; /* the server's and the client's stream */
	struct arena *arena;
	struct tls_info of_client, of_server; /* what each learned of the other */
	const struct tls_peer *peer;
	int server_result;
};

static void *serve(void *arg)
{
	struct ends *e = arg;
	own_str struct str why = STR_MAX(500);
	own_arena struct arena *a = arena_new(65536);
	struct tls_info info;

	e->server_result = tls_accept(e->server, e->s, deadline_in(5000), NULL, a, &info, &why);
	if (e->server_result == 0)
		e->of_client.verify = info.verify;
	return NULL;
}

static int shake_hands(struct ends *e)
{
	static const struct tls_peer somebody = { .name = "mx.example.test" };
	own_str struct str why = STR_MAX(500);
	pthread_t t;
	int fd[2], result;

	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0);
	e->s = stream_new(fd[0], fd[0], true);
	e->c = stream_new(fd[1], fd[1], true);
	e->arena = arena_new(65536);
	CHECK_INT(pthread_create(&t, NULL, serve, e), 0);
	result = tls_connect(e->client, e->c, e->peer ? e->peer : &somebody, deadline_in(5000),
			     "sha256", e->arena, &e->of_server, &why);
	if (result < 0)
		shutdown(fd[1], SHUT_RDWR);
	pthread_join(t, NULL);
	return result;
}

static void part(struct ends *e)
{
	stream_free(e->s);
	stream_free(e->c);
	arena_free(e->arena);
	tls_context_free(e->server);
	tls_context_free(e->client);
}

static struct ends contexts(const struct papers *p, const char *ca, bool asks_client)
{
	own_str struct str why = STR_MAX(500);
	struct tls_settings server = { .cert_file = p->cert,
				       .key_file = p->key,
				       .asks_client = asks_client };
	struct tls_settings client = { .ca_file = ca };
	struct ends e = { .server = tls_context_new(TLS_SERVER, &server, &why) };

	CHECK(e.server != NULL);
	e.client = tls_context_new(TLS_CLIENT, &client, &why);
	CHECK(e.client != NULL);
	return e;
}

TEST_COVERS("after the handshake both ends talk in lines as before, and know whom they talk to",
	    125)
{
	struct papers p;
	struct ends e;
	struct view line;

	make_papers(&p);
	e = contexts(&p, p.cert, false);
	CHECK_INT(shake_hands(&e), 0);
	CHECK_INT(e.server_result, 0);
	CHECK_VIEW(e.of_server.version, "TLSv1.3");
	CHECK_INT(e.of_server.bits, 256);
	CHECK_STR(e.of_server.verify, TLS_VERIFY_OK);
	CHECK_STR(e.of_client.verify, TLS_VERIFY_NOT);
	CHECK_VIEW(e.of_server.subject, "/O=Tests/CN=mx.example.test");
	CHECK_VIEW(e.of_server.cn_issuer, "mx.example.test");
	CHECK_VIEW(e.of_server.alt_names, "mx.example.test\nmail.example.test");
	CHECK_INT(e.of_server.fingerprint.len, 32 * 3 - 1);
	stream_add(e.c, VIEW("EHLO me\r\nNOOP\r\n"));
	CHECK_INT(stream_flush(e.c, deadline_in(1000)), 0);
	CHECK_INT(stream_line(e.s, 100, deadline_in(1000), &line), 1);
	CHECK_VIEW(line, "EHLO me");
	CHECK_INT(stream_line(e.s, 100, deadline_in(1000), &line), 1);
	CHECK_VIEW(line, "NOOP");
	CHECK_INT(stream_fill_now(e.s), -EAGAIN);
	CHECK_INT(stream_fill(e.s, deadline_in(20)), -ETIMEDOUT);
	stream_add(e.s, VIEW("250 "));
	CHECK_INT(stream_flush_with(e.s, VIEW("ok\r\n"), deadline_in(1000)), 0);
	CHECK_INT(stream_line(e.c, 100, deadline_in(1000), &line), 1);
	CHECK_VIEW(line, "250 ok");
	stream_free(e.s);
	e.s = NULL;
	CHECK_INT(stream_line(e.c, 100, deadline_in(1000), &line), 0);
	part(&e);
	remove_papers(&p);
}

static void *read_all(void *arg)
{
	struct stream *s = arg;
	size_t total = 0;

	while (stream_fill(s, deadline_in(5000)) > 0) {
		total += stream_peek(s).len;
		stream_consume(s, stream_peek(s).len);
	}
	return (void *)total;
}

TEST_COVERS("a large text goes through whole", 125)
{
	static char big[3 * 1024 * 1024];
	struct papers p;
	struct ends e;
	pthread_t t;
	void *total;

	make_papers(&p);
	e = contexts(&p, NULL, true);
	CHECK_INT(shake_hands(&e), 0);
	CHECK_STR(e.of_server.verify, TLS_VERIFY_FAIL);
	CHECK_STR(e.of_client.verify, TLS_VERIFY_NO);
	CHECK_INT(pthread_create(&t, NULL, read_all, e.s), 0);
	stream_add(e.c, VIEW("DATA\r\n"));
	CHECK_INT(stream_flush_with(e.c, view_from(big, sizeof(big)), deadline_in(5000)), 0);
	stream_free(e.c);
	e.c = NULL;
	pthread_join(t, &total);
	CHECK_INT((size_t)total, sizeof(big) + 6);
	part(&e);
	remove_papers(&p);
}

TEST_COVERS("a certificate that its TLSA record names is trusted, another one is not", 125)
{
	struct papers p;
	struct ends e;
	X509 *x;
	FILE *f;
	unsigned char digest[32];
	unsigned n;
	struct tls_tlsa tlsa = {
		3, 0, 1, {(const char *)digest, 32}
	};
	struct tls_peer peer = { .name = "other.example.test", .tlsa = &tlsa, .n_tlsa = 1 };

	make_papers(&p);
	f = fopen(p.cert, "r");
	x = PEM_read_X509(f, NULL, NULL, NULL);
	fclose(f);
	X509_digest(x, EVP_sha256(), digest, &n);
	X509_free(x);
	e = contexts(&p, NULL, false);
	e.peer = &peer;
	CHECK_INT(shake_hands(&e), 0);
	CHECK_STR(e.of_server.verify, TLS_VERIFY_TRUSTED);
	part(&e);
	digest[0] ^= 1;
	e = contexts(&p, NULL, false);
	e.peer = &peer;
	CHECK_INT(shake_hands(&e), 0);
	CHECK_STR(e.of_server.verify, TLS_VERIFY_FAIL);
	part(&e);
	remove_papers(&p);
}

TEST("ends that have no version in common, or no TLS at all, get an error")
{
	own_str struct str why = STR_MAX(500);
	own_arena struct arena *a = arena_new(65536);
	struct tls_settings old = { .options_on = SSL_OP_NO_TLSv1_3 | SSL_OP_NO_TLSv1_2 };
	struct tls_peer peer = { .name = NULL };
	struct tls_info info;
	struct papers p;
	struct ends e;
	int fd[2];

	make_papers(&p);
	e = contexts(&p, NULL, false);
	tls_context_free(e.client);
	e.client = tls_context_new(TLS_CLIENT, &old, &why);
	CHECK(shake_hands(&e) < 0);
	CHECK(e.server_result < 0);
	stream_free(e.c);
	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0);
	e.c = stream_new(fd[0], fd[0], true);
	tls_context_free(e.client);
	e.client = tls_context_new(TLS_CLIENT, &(struct tls_settings){ 0 }, &why);
	CHECK_INT(tls_connect(e.client, e.c, &peer, deadline_in(30), NULL, a, &info, &why),
		  -ETIMEDOUT);
	CHECK_INT(write(fd[1], "500 what?\r\n", 11), 11);
	CHECK_INT(tls_connect(e.client, e.c, &peer, deadline_in(1000), NULL, a, &info, &why),
		  -EPROTO);
	CHECK(why.len > 0);
	close(fd[1]);
	part(&e);
	remove_papers(&p);
}

TEST("a context says what is wrong with its files")
{
	own_str struct str why = STR_MAX(500);
	struct tls_settings s = { .cert_file = "/nonexistent/cert.pem",
				  .key_file = "/nonexistent/key.pem" };
	uint64_t bit;

	CHECK(tls_context_new(TLS_SERVER, &s, &why) == NULL);
	CHECK(view_search(str_view(&why), VIEW("/nonexistent/cert.pem")) == 0);
	CHECK(tls_context_new(TLS_SERVER, &(struct tls_settings){ 0 }, &why) == NULL);
	CHECK(tls_context_new(TLS_CLIENT, &(struct tls_settings){ .cipher_list = "no such cipher" },
			      &why) == NULL);
	CHECK(tls_option(VIEW("SSL_OP_NO_TLSv1_1"), &bit) && bit == SSL_OP_NO_TLSv1_1);
	CHECK(!tls_option(VIEW("SSL_OP_SOMETHING"), &bit));
}
