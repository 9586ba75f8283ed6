/*
 * macros.h - macro names, values in nested scopes, and their expansion.
 *
 * A name is a number: a one-character macro is its character, a long one ({name}) comes from the table of names: the
 * built-in ones have fixed numbers (enum below, contract/macros-classes-headers.md 3.2), others are numbered as met. The
 * table of names is shared by all configurations of the process, only grows (at most 255 long names by contract, then
 * names are refused), and is locked inside.
 *
 * A scope holds values and points to its parent: config, then connection, then message, then mailer or recipient. Look-up
 * walks up; definition stays in its scope. A scope is used by one thread at a time; an unchanging parent may be shared.
 * A scope lives in its arena: when the arena is reset or freed the scope is gone, make a new one.
 *
 * Two kinds of value: macros_set keeps text as it is, whatever its bytes are (names and addresses from a peer);
 * macros_define keeps a template (D lines). Use macros_get_expanded to read a value: it knows the difference.
 *
 * Templates: text in which a macro reference stands as byte 0x81 and the name (one character, or {name}); this is also
 * how qf files hold them (contract/queue.md 6.3). Conditionals $? $| $. are the bytes 0x82 (followed by a name), 0x83, 0x84.
 * An "&" behind 0x81 belongs to a $& that is looked at like any other, and is kept for those who look at the text.
 * Byte 0xff says that the next byte stands for itself; macros_quote puts it before the bytes that would mean something.
 * macros_encode makes a template of cf text.
 */
#ifndef CONFIG_MACROS_H
#define CONFIG_MACROS_H

#include "base/arena.h"
#include "base/str.h"

#define MACRO_REF   '\x81'
#define MACRO_IF    '\x82'
#define MACRO_ELSE  '\x83'
#define MACRO_END   '\x84'
#define MACRO_QUOTE '\xff'

#define MACRO_NAME_MAX  25    /* contract/config-language.md 1.4 */
#define MACRO_NUMBERS   512   /* numbers are below this */
#define MACRO_VALUE_MAX 65536 /* bytes of an expanded value */

#define MACRO_NAMES(X)                                                                                                                \
	X(ADDR_TYPE, "addr_type")                                                                                                     \
	X(ALG_BITS, "alg_bits")                                                                                                       \
	X(CIPHER, "cipher")                                                                                                           \
	X(CIPHER_BITS, "cipher_bits") X(TLS_VERSION, "tls_version") X(AUTH_AUTHEN, "auth_authen") X(                                  \
		AUTH_AUTHOR,                                                                                                          \
		"auth_author") X(AUTH_SSF,                                                                                            \
				 "auth_ssf") X(AUTH_TYPE,                                                                             \
					       "auth_type") X(BODYTYPE,                                                               \
							      "bodytype") X(CERT_FP,                                                  \
									    "cert_fp") X(CERT_MD5,                                    \
											 "cert_md5")                                  \
		X(CERT_ISSUER, "cert_issuer") X(CERT_SUBJECT, "cert_subject") X(CN_ISSUER, "cn_issuer") X(                            \
			CN_SUBJECT,                                                                                                   \
			"cn_subject") X(CLIENT_ADDR,                                                                                  \
					"client_addr") X(CLIENT_NAME,                                                                 \
							 "client_name") X(CLIENT_PORT,                                                \
									  "client_port") X(CLIENT_PTR,                                \
											   "client_ptr")                              \
			X(CLIENT_CONNECTIONS, "client_connections") X(CLIENT_RATE, "client_rate") X(                                  \
				TOTAL_RATE,                                                                                           \
				"total_rate") X(CLIENT_FLAGS,                                                                         \
						"client_flags") X(DAEMON_FLAGS,                                                       \
								  "daemon_flags") X(CLIENT_RESOLVE,                                   \
										    "client_resolve")                                 \
				X(CURRHEADER, "currHeader") X(HDR_NAME, "hdr_name") X(HDRLEN, "hdrlen") X(                            \
					DAEMON_ADDR,                                                                                  \
					"daemon_addr") X(DAEMON_FAMILY,                                                               \
							 "daemon_family") X(DAEMON_INFO,                                              \
									    "daemon_info") X(DAEMON_NAME,                             \
											     "daemon_name")                           \
					X(DAEMON_PORT, "daemon_port") X(DELIVERY_MODE, "deliveryMode") X(                             \
						DSN_ENVID,                                                                            \
						"dsn_envid") X(DSN_NOTIFY,                                                            \
							       "dsn_notify") X(DSN_RET,                                               \
									       "dsn_ret") X(ENVID,                                    \
											    "envid")                                  \
						X(IF_ADDR,                                                                            \
						  "if_addr") X(IF_FAMILY,                                                             \
							       "if_family") X(IF_NAME,                                                \
									      "if_name") X(IF_ADDR_OUT,                               \
											   "if_addr_out") X(IF_FAMILY_OUT,            \
													    "if_family_out")          \
							X(IF_NAME_OUT, "if_name_out") X(LOAD_AVG, "load_avg") X(                      \
								MAIL_ADDR,                                                            \
								"mail_addr") X(MAIL_HOST,                                             \
									       "mail_host") X(MAIL_MAILER,                            \
											      "mail_mailer")                          \
								X(RCPT_ADDR, "rcpt_addr") X(RCPT_HOST, "rcpt_host") X(                \
									RCPT_MAILER,                                                  \
									"rcpt_mailer") X(MSG_ID,                                      \
											 "msg_id") X(MSG_SIZE,                        \
												     "msg_size")                      \
									X(NBADRCPTS, "nbadrcpts") X(NRCPTS, "nrcpts") X(              \
										NTRIES,                                               \
										"ntries") X(OP_MODE,                                  \
											    "opMode") X(QUARANTINE, "quarantine")     \
										X(QUEUE_INTERVAL, "queue_interval") X(                \
											SERVER_ADDR,                                  \
											"server_addr") X(SERVER_NAME,                 \
													 "server_name")               \
											X(LDAP_CLUSTER, "sendmailMTACluster") X(      \
												TIME,                                 \
												"time") X(VERIFY, "verify")           \
												X(MAIL_FROM, "mail_from") X(          \
													QUEUE,                        \
													"queue") X(RCPT_FLAGS,        \
														   "rcpt_flags")      \
													X(CERT_ALTNAMES,              \
													  "cert_altnames")            \
														X(STS_SNI,            \
														  "sts_sni")          \
															X(STS_STATUS, \
															  "sts_status")

enum macro_number {
	MACRO_LONG_FIRST = 256,
#define MACRO_ENUM(id, name) MACRO_##id,
	MACRO_BEFORE_BUILTINS = MACRO_LONG_FIRST - 1,
	MACRO_NAMES(MACRO_ENUM)
#undef MACRO_ENUM
		MACRO_BUILTIN_END
};

/* The number of a name given without braces; create: number a new one. 0 when unknown or the table is full. */
int macro_number(struct view name, bool create);
struct view macro_name(
	int number); /* without braces; lives for ever; none when there is no such number */
bool macro_name_is_valid(struct view name); /* one character, or letters, digits and _ up to 25 */

struct macros;

/* arena: where the scope and its values live. */
struct macros *macros_new(const struct macros *parent, struct arena *arena);
void macros_set(struct macros *m, int number,
		struct view value); /* text; none: hides the parent's value (undefined) */
void macros_define(struct macros *m, int number, struct view template); /* expanded at each use */
void macros_setf(struct macros *m, int number, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void macros_forget(struct macros *m, int number); /* the parent's value shows again */
void macros_reset(struct macros *m); /* empties this scope; its arena is reset by the owner */
/* The byte by which an operator of rules ($*, $1 ...) stands in a text that was read; '\0': it is none. */
char macro_operator_byte(char op);
bool macros_is_template(const struct macros *m, int number);
/* The value as kept, perhaps a template; none when undefined. For "is it set"; to read it use macros_get_expanded. */
struct view macros_get(const struct macros *m, int number);
/* The value fully expanded (in the arena, or the scope's own text when there is nothing to expand); none when undefined. */
struct view macros_get_expanded(const struct macros *m, int number, struct arena *a);
/* What is set in the scope from itself, not in its parents, is set in to. */
void macros_copy(struct macros *to, const struct macros *from);
void macros_set_parent(struct macros *m, const struct macros *parent);

/* cf text -> template; $$ becomes $. `$&x` becomes a reference like $x (the difference exists in rules only). */
void macros_encode(struct view cf_text, struct str *out);
/* text -> template that expands to just this text */
void macros_quote(struct view text, struct str *out);
/* template -> cf text, as -bt prints it */
void macros_decode(struct view template, struct str *out);
/* The same with the bytes that quote others, as test mode shows them. */
void macros_show(struct view template, struct str *out);
/* The value as it stands in the file, with byte 0x81 for each dollar that names something: what $& in a rule sees. */
struct view macros_get_unread(const struct macros *m, int number, struct arena *a);
/* Makes a template of such a text. */
void macros_read(struct view unread, struct str *out);
/* Expands; at most 10 levels deep, then the reference is left out. Output bounded by out->max. */
void macros_expand(const struct macros *m, struct view template, struct str *out);

#endif
