/* tls_info.c - what a finished handshake says of the peer; see tls.h. */
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/str.h"
#include "net/tls_private.h"

#define NAME_MAX_BYTES  1024
#define ALT_NAMES_BYTES 16384

/* The common name of a distinguished name. What could deceive whoever compares it is replaced by a word that says so. */
static struct view common_name(const X509_NAME *name, struct arena *a)
{
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	unsigned char *utf8 = NULL;
	struct view cn;
	int n;

	if (at < 0)
		return VIEW("BadCertificateUnknown");
	n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	if (n < 0)
		return VIEW("BadCertificateUnknown");
	if (n >= NAME_MAX_BYTES)
		cn = VIEW("BadCertificateTooLong");
	else if (memchr(utf8, '\0', (size_t)n))
		cn = VIEW("BadCertificateContainsNUL");
	else
		cn = arena_dup(a, view_from((const char *)utf8, (size_t)n));
	OPENSSL_free(utf8);
	return cn;
}

static struct view whole_name(const X509_NAME *name, struct arena *a)
{
	char text[NAME_MAX_BYTES];

	return X509_NAME_oneline(name, text, sizeof(text)) ? arena_dup(a, view_of(text))
							   : VIEW_NONE;
}

static struct view alt_names(X509 *cert, struct arena *a)
{
	own_str struct str s = STR_MAX(ALT_NAMES_BYTES);
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		struct view v;

		if (name->type != GEN_DNS)
			continue;
		v = view_from((const char *)ASN1_STRING_get0_data(name->d.dNSName),
			      (size_t)ASN1_STRING_length(name->d.dNSName));
		if (v.len == 0 || memchr(v.p, '\0', v.len) || memchr(v.p, '\n', v.len))
			continue;
		if (s.len > 0)
			str_addc(&s, '\n');
		str_add(&s, v);
	}
	GENERAL_NAMES_free(names);
	return s.len > 0 ? arena_dup(a, str_view(&s)) : VIEW_NONE;
}

static struct view fingerprint(X509 *cert, const char *digest, struct arena *a)
{
	own_str struct str s = STR_MAX(3 * EVP_MAX_MD_SIZE);
	const EVP_MD *md = EVP_get_digestbyname(digest ? digest : "md5");
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned n;

	if (!md || X509_digest(cert, md, bytes, &n) != 1)
		return VIEW_NONE;
	for (unsigned i = 0; i < n; i++)
		str_addf(&s, "%s%02X", i ? ":" : "", bytes[i]);
	return arena_dup(a, str_view(&s));
}

static const char *verdict(SSL *ssl, const X509 *cert, bool was_asked)
{
	if (!cert)
		return was_asked ? TLS_VERIFY_NO : TLS_VERIFY_NOT;
	if (SSL_get_verify_result(ssl) != X509_V_OK)
		return TLS_VERIFY_FAIL;
	return SSL_get0_dane_authority(ssl, NULL, NULL) >= 0 ? TLS_VERIFY_TRUSTED : TLS_VERIFY_OK;
}

void tls_describe(SSL *ssl, bool was_asked, const char *digest, struct arena *a,
		  struct tls_info *out)
{
	X509 *cert = SSL_get1_peer_certificate(ssl);

	*out = (struct tls_info){ .is_resumed = SSL_session_reused(ssl) == 1 };
	out->version = arena_dup(a, view_of(SSL_get_version(ssl)));
	out->cipher = arena_dup(a, view_of(SSL_get_cipher_name(ssl)));
	out->bits = SSL_get_cipher_bits(ssl, &out->alg_bits);
	out->verify = verdict(ssl, cert, was_asked);
	out->verify_text = view_of(X509_verify_cert_error_string(SSL_get_verify_result(ssl)));
	if (!cert)
		return;
	out->subject = whole_name(X509_get_subject_name(cert), a);
	out->issuer = whole_name(X509_get_issuer_name(cert), a);
	out->cn_subject = common_name(X509_get_subject_name(cert), a);
	out->cn_issuer = common_name(X509_get_issuer_name(cert), a);
	out->alt_names = alt_names(cert, a);
	out->fingerprint = fingerprint(cert, digest, a);
	X509_free(cert);
}
