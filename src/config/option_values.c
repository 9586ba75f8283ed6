/* option_values.c - options whose values are words, letters, users: the setters named in the option table. */
#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>

#include "base/number.h"
#include "config/load.h"
#include "config/option_table.h"
#include "os/safefile.h"

#define UNUSED            __attribute__((unused))
#define MUST_QUOTE_ALWAYS "@,;:\\()[]"
#define MUST_QUOTE_MAX    40    /* with the ones above */
#define MAX_HEADERS_LOW   16384 /* less is worth a warning, for each line that sets it */

struct word {
	const char *name;
	unsigned bits;
};

static const struct word privacy_words[] = {
	{"public",             0							  },
	{ "needmailhelo",      PRIVACY_NEEDMAILHELO                                       },
	{ "needexpnhelo",      PRIVACY_NEEDEXPNHELO                                       },
	{ "needvrfyhelo",      PRIVACY_NEEDVRFYHELO                                       },
	{ "noexpn",            PRIVACY_NOEXPN | PRIVACY_NOVERB                            },
	{ "novrfy",            PRIVACY_NOVRFY					     },
	{ "noetrn",            PRIVACY_NOETRN					     },
	{ "noverb",            PRIVACY_NOVERB					     },
	{ "restrictmailq",     PRIVACY_RESTRICTMAILQ                                      },
	{ "restrictqrun",      PRIVACY_RESTRICTQRUN                                       },
	{ "restrictexpand",    PRIVACY_RESTRICTEXPAND                                     },
	{ "noreceipts",        PRIVACY_NORECEIPTS                                         },
	{ "nobodyreturn",      PRIVACY_NOBODYRETURN                                       },
	{ "authwarnings",      PRIVACY_AUTHWARNINGS                                       },
	{ "noactualrecipient", PRIVACY_NOACTUALRECIPIENT                                  },
	{ "noreflection",      PRIVACY_NOREFLECTION                                       },
	{ "goaway",            PRIVACY_NEEDMAILHELO | PRIVACY_NEEDEXPNHELO | PRIVACY_NEEDVRFYHELO |
			    PRIVACY_NOEXPN | PRIVACY_NOVRFY | PRIVACY_NOVERB |
			    PRIVACY_AUTHWARNINGS | PRIVACY_NOREFLECTION},
};

static const struct word resolver_words[] = {
	{"debug",                 RESOLVER_DEBUG                  },
	{ "aaonly",               RESOLVER_AAONLY                 },
	{ "usevc",                RESOLVER_USEVC                  },
	{ "primary",              RESOLVER_PRIMARY                },
	{ "igntc",                RESOLVER_IGNTC                  },
	{ "recurse",              RESOLVER_RECURSE                },
	{ "defnames",             RESOLVER_DEFNAMES               },
	{ "stayopen",             RESOLVER_STAYOPEN               },
	{ "dnsrch",               RESOLVER_DNSRCH                 },
	{ "use_inet6",            RESOLVER_USE_INET6              },
	{ "use_edns0",            RESOLVER_USE_EDNS0              },
	{ "use_dnssec",           RESOLVER_USE_DNSSEC             },
	{ "trustad",              RESOLVER_TRUSTAD                },
	{ "HasWildcardMX",        RESOLVER_HAS_WILDCARD_MX        },
	{ "WorkAroundBrokenAAAA", RESOLVER_WORK_AROUND_BROKEN_AAAA},
};

static const struct word no_recipient_words[] = {
	{"none",                NO_RCPT_NONE              },
	{ "add-to",             NO_RCPT_ADD_TO            },
	{ "add-apparently-to",  NO_RCPT_ADD_APPARENTLY_TO },
	{ "add-to-undisclosed", NO_RCPT_ADD_TO_UNDISCLOSED},
	{ "add-bcc",            NO_RCPT_ADD_BCC           },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct word *word_find(const struct word *words, size_t n, struct view name)
{
	for (size_t i = 0; i < n; i++) {
		if (view_eq_nocase(name, view_of(words[i].name)))
			return &words[i];
	}
	return NULL;
}

/* Cuts the next word off, at any of the bytes in `seps`; false at the end. */
static bool next_word(struct view *rest, const char *seps, struct view *out)
{
	size_t n = 0;

	while (rest->len && strchr(seps, rest->p[0]))
		*rest = view_skip(*rest, 1);
	while (n < rest->len && !strchr(seps, rest->p[n]))
		n++;
	*out = view_first(*rest, n);
	*rest = view_skip(*rest, n);
	return n > 0;
}

/* The next run of letters and digits, whatever stands before it. */
static bool next_plain_word(struct view *rest, struct view *out)
{
	size_t n = 0;

	while (rest->len && !isalnum((unsigned char)rest->p[0]))
		*rest = view_skip(*rest, 1);
	while (n < rest->len && isalnum((unsigned char)rest->p[n]))
		n++;
	*out = view_first(*rest, n);
	*rest = view_skip(*rest, n);
	return n > 0;
}

void set_privacy(struct loader *ld, const struct option_row *row UNUSED, struct view sub UNUSED,
		 struct view value)
{
	struct view word;

	while (next_plain_word(&value, &word)) {
		const struct word *w = word_find(privacy_words, COUNT(privacy_words), word);

		if (w)
			ld->cf->options.privacy_options |= w->bits;
		else
			load_error(ld, "readcf: Op line: " VIEW_FMT " unrecognized",
				   VIEW_ARG(word));
	}
}

void set_resolver(struct loader *ld, const struct option_row *row UNUSED, struct view sub UNUSED,
		  struct view value)
{
	struct options *o = &ld->cf->options;
	struct view word;

	while (next_word(&value, " \t\n", &word)) {
		bool is_off = word.p[0] == '-';
		const struct word *w;

		if (is_off || word.p[0] == '+')
			word = view_skip(word, 1);
		w = word_find(resolver_words, COUNT(resolver_words), word);
		if (view_eq_nocase(word, VIEW("true"))) /* the option was a switch once */
			continue;
		if (!w) {
			load_error(ld, "readcf: I option value " VIEW_FMT " unrecognized",
				   VIEW_ARG(word));
			continue;
		}
		o->resolver_options_on = is_off ? o->resolver_options_on & ~w->bits
						: o->resolver_options_on | w->bits;
		o->resolver_options_off = is_off ? o->resolver_options_off | w->bits
						 : o->resolver_options_off & ~w->bits;
	}
}

/* The library asks as it does; of these words two say something about the answers, which is heeded. */
void resolver_unbuilt(const struct options *o, struct str *out)
{
	unsigned heeded = RESOLVER_HAS_WILDCARD_MX | RESOLVER_WORK_AROUND_BROKEN_AAAA;

	for (size_t i = 0; i < COUNT(resolver_words); i++)
		if ((o->resolver_options_on | o->resolver_options_off) & resolver_words[i].bits &
		    ~heeded)
			str_addf(out, " ResolverOptions=%s%s",
				 o->resolver_options_on & resolver_words[i].bits ? "" : "-",
				 resolver_words[i].name);
}

void set_no_recipient(struct loader *ld, const struct option_row *row UNUSED,
		      struct view sub UNUSED, struct view value)
{
	const struct word *w = word_find(no_recipient_words, COUNT(no_recipient_words), value);

	if (w)
		ld->cf->options.no_recipient_action = (enum no_recipient)w->bits;
	else
		load_error(ld, "Invalid NoRecipientAction: " VIEW_FMT, VIEW_ARG(value));
}

void set_dont_blame(struct loader *ld, const struct option_row *row UNUSED, struct view sub UNUSED,
		    struct view value)
{
	struct view word;
	uint64_t bit;

	while (next_plain_word(&value, &word)) {
		if (!blame_by_name(word, &bit))
			load_error(ld,
				   "readcf: DontBlameSendmail option: " VIEW_FMT " unrecognized",
				   VIEW_ARG(word));
		else if (bit == 0)
			ld->cf->options.dont_blame_sendmail = 0;
		else
			ld->cf->options.dont_blame_sendmail |= bit;
	}
}

void set_delivery_mode(struct loader *ld, const struct option_row *row UNUSED,
		       struct view sub UNUSED, struct view value)
{
	char mode = value.len ? value.p[0] : 'i';

	if (!mode || !strchr("biqd", mode)) {
		load_error_exit(ld, LOAD_USAGE, "Unknown delivery mode %c", mode);
		ld->is_stopped = true;
		return;
	}
	ld->cf->options.delivery_mode = mode;
}

void set_verbose(struct loader *ld, const struct option_row *row UNUSED, struct view sub UNUSED,
		 struct view value)
{
	ld->cf->options.verbose = value.len == 0 || strchr("tTyY", value.p[0]);
	if (ld->cf->options.verbose)
		ld->cf->options.delivery_mode = 'i';
}

void set_eight_bit(struct loader *ld, const struct option_row *row UNUSED, struct view sub UNUSED,
		   struct view value)
{
	char mode = value.len ? value.p[0] : ' ';

	switch (mode) {
	case 'm':
		ld->cf->options.eight_bit_mode = EIGHT_BIT_MIME;
		break;
	case 'p':
		ld->cf->options.eight_bit_mode = EIGHT_BIT_PASS;
		break;
	case 's':
		ld->cf->options.eight_bit_mode = 0;
		break;
	default:
		load_error_exit(ld, LOAD_USAGE, "Unknown 8-bit mode " VIEW_FMT,
				VIEW_ARG(view_first(value, 1)));
		ld->is_stopped = true;
	}
}

void set_super_safe(struct loader *ld, const struct option_row *row UNUSED, struct view sub UNUSED,
		    struct view value)
{
	char c = value.len ? (char)tolower((unsigned char)value.p[0]) : 't';

	ld->cf->options.super_safe = c == 'i' || c == 'p' ? c : strchr("ty", c) ? 't' : 'f';
}

void set_queue_sort(struct loader *ld, const struct option_row *row UNUSED, struct view sub UNUSED,
		    struct view value)
{
	char c = value.len ? (char)tolower((unsigned char)value.p[0]) : '\0';

	if (c && strchr("phftrmns", c))
		ld->cf->options.queue_sort_order = c;
	else
		load_error(ld, "Invalid queue sort order \"" VIEW_FMT "\"", VIEW_ARG(value));
}

void set_log_level(struct loader *ld, const struct option_row *row UNUSED, struct view sub UNUSED,
		   struct view value)
{
	int level = (int)load_number(value, 10);

	if (ld->line == 0 && ld->is_safe_only)
		ld->user_log_level = level;
	else
		ld->cf->options.log_level = level;
}

/* "class -flags:file": the flags belong to what the class is told. */
static struct view flags_behind(struct loader *ld, struct view spec)
{
	struct view rest = spec, class_name;
	size_t colon;

	if (!next_word(&rest, " \t", &class_name) || !view_starts(view_trim(rest), VIEW("-")) ||
	    view_find(class_name, ':') < class_name.len)
		return spec;
	colon = view_find(rest, ':');
	if (colon == rest.len)
		return spec;
	return arena_printf(ld->cf->arena, VIEW_FMT ":" VIEW_FMT " " VIEW_FMT, VIEW_ARG(class_name),
			    VIEW_ARG(view_trim(view_first(rest, colon))),
			    VIEW_ARG(view_trim(view_skip(rest, colon + 1))));
}

/* Does a source of aliases begin here: a file, flags, or a class with its colon? */
static bool begins_source(struct view v)
{
	size_t colon;

	v = view_trim(v);
	colon = view_find(v, ':');
	return v.len == 0 || v.p[0] == '/' || v.p[0] == '-' ||
	       (colon < v.len && config_has_map_class(view_trim(view_first(v, colon))));
}

/* Classes that ask servers have commas of their own in filters, queries and lists of attributes. */
static bool has_commas(struct view spec)
{
	static const char *const classes[] = { "ldap", "pgsql", "sqlite", "redis", "program" };
	struct view class = view_trim(view_first(spec, view_find(spec, ':')));

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (view_eq_nocase(class, view_of(classes[i])))
			return true;
	return false;
}

/* Sources are divided by commas outside quotes. */
static bool next_source(struct view *rest, struct view *out)
{
	bool is_quoted = false, keeps = has_commas(*rest);
	size_t i = 0;

	for (; i < rest->len; i++) {
		if (rest->p[i] == '"')
			is_quoted = !is_quoted;
		else if (rest->p[i] == ',' && !is_quoted &&
			 (!keeps || begins_source(view_skip(*rest, i + 1))))
			break;
	}
	if (rest->len == 0)
		return false;
	*out = view_trim(view_first(*rest, i));
	*rest = view_skip(*rest, i + 1);
	return true;
}

void set_alias_file(struct loader *ld, const struct option_row *row UNUSED, struct view sub UNUSED,
		    struct view value)
{
	struct view_list *list = &ld->cf->options.alias_file;
	struct view rest = load_expand(ld, value), spec;

	ld->cf->options.alias_file_line = ld->line;
	while (next_source(&rest, &spec)) {
		size_t colon;
		struct view *more = ARENA_ARRAY(ld->cf->arena, struct view, list->n + 1);

		if (spec.len == 0) {
			load_error(ld, "No file name for implicit map Alias%d", list->n);
			continue;
		}
		spec = flags_behind(ld, spec);
		colon = view_find(spec, ':');
		if (colon < spec.len && spec.p[0] != '/' && spec.p[0] != '-' &&
		    !config_has_map_class(view_first(spec, colon))) {
			load_error(ld, "setalias: unknown alias class " VIEW_FMT,
				   VIEW_ARG(view_first(spec, colon)));
			continue;
		}
		if (list->n)
			memcpy(more, list->v, (size_t)list->n * sizeof(*more));
		more[list->n++] = spec;
		list->v = more;
	}
}

/* Words of which the first letter tells: those of `known` into a set; others are warned about. */
static void set_letters(struct loader *ld, const struct option_row *row, struct flag_set *set,
			const char *known, struct view value)
{
	struct view word;

	while (next_word(&value, ", \t", &word)) {
		if (word.p[0] && strchr(known, word.p[0]))
			flag_add(set, word.p[0]);
		else
			load_plain(ld, 0, "Warning: Option: %s unknown parameter '%c'", row->name,
				   word.p[0]);
	}
}

void set_auth_options(struct loader *ld, const struct option_row *row, struct view sub UNUSED,
		      struct view value)
{
	ld->cf->options.auth_options = (struct flag_set){ 0 };
	set_letters(ld, row, &ld->cf->options.auth_options, "Aacdfmpy", value);
}

void set_tls_srv_options(struct loader *ld, const struct option_row *row, struct view sub UNUSED,
			 struct view value)
{
	ld->cf->options.tls_srv_options = (struct flag_set){ 0 };
	set_letters(ld, row, &ld->cf->options.tls_srv_options, "VC", value);
}

/* Names of OpenSSL's options without SSL_OP_; what they do is for the TLS code to say. */
static const char *const ssl_words[] = {
	"ALL",
	"ALLOW_NO_DHE_KEX",
	"ALLOW_UNSAFE_LEGACY_RENEGOTIATION",
	"CIPHER_SERVER_PREFERENCE",
	"CLEANSE_PLAINTEXT",
	"COOKIE_EXCHANGE",
	"CRYPTOPRO_TLSEXT_BUG",
	"DONT_INSERT_EMPTY_FRAGMENTS",
	"ENABLE_KTLS",
	"ENABLE_MIDDLEBOX_COMPAT",
	"EPHEMERAL_RSA",
	"IGNORE_UNEXPECTED_EOF",
	"LEGACY_SERVER_CONNECT",
	"MICROSOFT_BIG_SSLV3_BUFFER",
	"MICROSOFT_SESS_ID_BUG",
	"MSIE_SSLV2_RSA_PADDING",
	"NETSCAPE_CA_DN_BUG",
	"NETSCAPE_CHALLENGE_BUG",
	"NETSCAPE_DEMO_CIPHER_CHANGE_BUG",
	"NETSCAPE_REUSE_CIPHER_CHANGE_BUG",
	"NO_ANTI_REPLAY",
	"NO_COMPRESSION",
	"NO_DTLSv1",
	"NO_DTLSv1_2",
	"NO_ENCRYPT_THEN_MAC",
	"NO_EXTENDED_MASTER_SECRET",
	"NO_QUERY_MTU",
	"NO_RENEGOTIATION",
	"NO_SESSION_RESUMPTION_ON_RENEGOTIATION",
	"NO_SSLv2",
	"NO_SSLv3",
	"NO_TICKET",
	"NO_TLSv1",
	"NO_TLSv1_1",
	"NO_TLSv1_2",
	"NO_TLSv1_3",
	"PKCS1_CHECK_1",
	"PKCS1_CHECK_2",
	"PRIORITIZE_CHACHA",
	"SAFARI_ECDHE_ECDSA_BUG",
	"SINGLE_DH_USE",
	"SINGLE_ECDH_USE",
	"SSLEAY_080_CLIENT_DH_BUG",
	"SSLREF2_REUSE_CERT_TYPE_BUG",
	"TLSEXT_PADDING",
	"TLS_BLOCK_PADDING_BUG",
	"TLS_D5_BUG",
	"TLS_ROLLBACK_BUG",
};

static bool is_ssl_word(struct view word)
{
	if (word.len && isdigit((unsigned char)word.p[0]))
		return true;
	if (!view_starts_nocase(word, VIEW("SSL_OP_")))
		return false;
	word = view_skip(word, 7);
	for (size_t i = 0; i < COUNT(ssl_words); i++) {
		if (view_eq_nocase(word, view_of(ssl_words[i])))
			return true;
	}
	return false;
}

static struct view skip_blanks(struct view v)
{
	while (v.len && (v.p[0] == ' ' || v.p[0] == '\t'))
		v = view_skip(v, 1);
	return v;
}

void set_ssl_options(struct loader *ld, const struct option_row *row, struct view sub UNUSED,
		     struct view value)
{
	struct options *o = &ld->cf->options;
	struct view rest = skip_blanks(value);

	while (rest.len) {
		struct view name;
		size_t n = 0;

		if (rest.p[0] == '+' || rest.p[0] == '-')
			rest = view_skip(rest, 1);
		while (n < rest.len && !strchr(", \t", rest.p[n]))
			n++;
		name = view_first(rest, n);
		if (!is_ssl_word(name))
			load_error(ld, "readcf: %s option value " VIEW_FMT " unrecognized",
				   row->name, VIEW_ARG(name));
		rest = skip_blanks(view_skip(rest, n + 1));
	}
	if (row->name[0] == 'C')
		o->client_ssl_options = arena_dup(ld->cf->arena, value);
	else
		o->server_ssl_options = arena_dup(ld->cf->arena, value);
}

void set_max_mime(struct loader *ld, const struct option_row *row UNUSED, struct view sub UNUSED,
		  struct view value)
{
	size_t slash = view_find(value, '/');
	int64_t header = load_number(view_first(value, slash), 10), field = header / 2;

	if (slash < value.len)
		field = load_number(view_skip(value, slash + 1), 10);
	header = header > 0 && header < INT32_MAX ? header : 0;
	field = field > 0 && field < INT32_MAX ? field : 0;
	if (header > 0 && header < 128)
		load_plain(ld, 0,
			   "Warning: MaxMimeHeaderLength: header length limit set lower than 128");
	if (field > 0 && field < 40)
		load_plain(ld, 0,
			   "Warning: MaxMimeHeaderLength: field length limit set lower than 40");
	ld->cf->options.max_mime_header_length = (int)header;
	ld->cf->options.max_mime_field_length = (int)field;
}

void set_max_headers(struct loader *ld, const struct option_row *row UNUSED, struct view sub UNUSED,
		     struct view value)
{
	int64_t n = load_number(value, 10);

	if (n > 0 && n < MAX_HEADERS_LOW)
		load_plain(ld, 0,
			   "Warning: MaxHeadersLength: headers length limit set lower than %d",
			   MAX_HEADERS_LOW);
	ld->cf->options.max_headers_length = n;
}

void set_queue_directory(struct loader *ld, const struct option_row *row UNUSED,
			 struct view sub UNUSED, struct view value)
{
	ld->cf->options.queue_directory = value.len ? load_expand(ld, value) : VIEW("mqueue");
}

void set_must_quote(struct loader *ld, const struct option_row *row UNUSED, struct view sub UNUSED,
		    struct view value)
{
	if (value.len + strlen(MUST_QUOTE_ALWAYS) > MUST_QUOTE_MAX) {
		load_plain(ld, 0, "Warning: MustQuoteChars too long, ignored.");
		return;
	}
	ld->cf->options.must_quote_chars = arena_printf(ld->cf->arena, MUST_QUOTE_ALWAYS VIEW_FMT,
							VIEW_ARG(value));
}

void set_operator_chars(struct loader *ld, const struct option_row *row UNUSED,
			struct view sub UNUSED, struct view value)
{
	if (ld->has_operator_chars)
		load_plain(ld, 0,
			   "Warning: OperatorChars is being redefined.\n"
			   "         It should only be set before ruleset definitions.");
	ld->has_operator_chars = true;
	if (!ld->are_operators_fixed)
		ld->cf->options.operator_chars = load_expand(ld, value);
}

void set_old_operators(struct loader *ld, struct view text)
{
	if (!ld->are_operators_fixed)
		ld->cf->options.operator_chars = load_expand(ld, text);
}

void set_time_zone(struct loader *ld, const struct option_row *row UNUSED, struct view sub UNUSED,
		   struct view value)
{
	ld->cf->options.has_time_zone = true;
	ld->cf->options.time_zone_spec = load_expand(ld, value);
}

void set_connect_only_to(struct loader *ld, const struct option_row *row UNUSED,
			 struct view sub UNUSED, struct view value)
{
	char text[INET6_ADDRSTRLEN + 8];
	struct in6_addr a;

	snprintf(text, sizeof(text), VIEW_FMT, VIEW_ARG(value));
	if (inet_pton(AF_INET, text, &a) == 1 ||
	    inet_pton(AF_INET6, strncasecmp(text, "IPv6:", 5) == 0 ? text + 5 : text, &a) == 1)
		ld->cf->options.connect_only_to = arena_dup(ld->cf->arena, value);
	else
		load_error(ld, "readcf: option ConnectOnlyTo: invalid IP address " VIEW_FMT,
			   VIEW_ARG(value));
}

/* ---- users ---- */

/* A number is what begins with a digit; 0x and 0 say how it is written. */
static bool is_digits(struct view v)
{
	return v.len > 0 && isdigit((unsigned char)v.p[0]);
}

static bool find_group(struct view text, int base, gid_t *out_gid)
{
	char name[256], buffer[16384];
	struct group entry, *found = NULL;

	if (is_digits(text)) {
		*out_gid = (gid_t)load_number(text, base);
		return true;
	}
	snprintf(name, sizeof(name), VIEW_FMT, VIEW_ARG(text));
	if (getgrnam_r(name, &entry, buffer, sizeof(buffer), &found) != 0 || !found)
		return false;
	*out_gid = found->gr_gid;
	return true;
}

static bool find_user(struct loader *ld, struct view text, int base, struct user_spec *out)
{
	char name[256], buffer[16384];
	struct passwd entry, *found = NULL;

	snprintf(name, sizeof(name), VIEW_FMT, VIEW_ARG(text));
	if (is_digits(text)) {
		out->uid = (uid_t)load_number(text, base);
		getpwuid_r(out->uid, &entry, buffer, sizeof(buffer), &found);
	} else {
		getpwnam_r(name, &entry, buffer, sizeof(buffer), &found);
	}
	if (!found)
		return is_digits(text);
	out->name = arena_dup(ld->cf->arena, view_of(found->pw_name));
	out->uid = found->pw_uid;
	if (!is_digits(text)) {
		out->gid = found->pw_gid;
		out->has_gid = true;
	}
	return true;
}

static bool group_or_complain(struct loader *ld, const char *what, struct view text, int base,
			      gid_t *out)
{
	if (find_group(text, base, out))
		return true;
	load_error(ld, "readcf: %s: unknown group " VIEW_FMT, what, VIEW_ARG(text));
	return false;
}

bool load_group(struct loader *ld, const char *what, struct view text, gid_t *out)
{
	return group_or_complain(ld, what, text, 10, out);
}

bool load_user_group(struct loader *ld, const char *what, struct view user, struct view group,
		     int base, struct user_spec *out)
{
	*out = (struct user_spec){ 0 };
	if (!find_user(ld, user, base, out)) {
		load_error(ld, "readcf: %s: unknown user " VIEW_FMT, what, VIEW_ARG(user));
		return false;
	}
	if (group.len && group_or_complain(ld, what, group, base, &out->gid))
		out->has_gid = true;
	return true; /* the user counts even when the group is none */
}

bool load_user(struct loader *ld, const char *what, struct view text, struct user_spec *out)
{
	size_t n = 0;

	while (n < text.len && !strchr(":./", text.p[n]))
		n++;
	return load_user_group(ld, what, view_first(text, n), view_skip(text, n + 1), 10, out);
}

void set_default_user(struct loader *ld, const struct option_row *row UNUSED,
		      struct view sub UNUSED, struct view value)
{
	struct options *o = &ld->cf->options;
	struct user_spec u;

	if (!load_user(ld, "option u", load_show(ld, value), &u))
		return;
	o->default_user = u.name;
	o->default_uid = u.uid;
	if (u.has_gid)
		o->default_gid = u.gid;
}

void default_user_start(struct loader *ld)
{
	static const char *const names[] = { "mailnull", "sendmail", "daemon" };
	struct options *o = &ld->cf->options;
	struct user_spec u = { 0 };

	o->default_uid = 1;
	o->default_gid = 1;
	for (size_t i = 0; i < COUNT(names) && !u.has_gid; i++) {
		if (find_user(ld, view_of(names[i]), 10, &u)) {
			o->default_user = u.name;
			o->default_uid = u.uid;
			o->default_gid = u.gid;
		}
	}
}

void set_run_as_user(struct loader *ld, const struct option_row *row UNUSED, struct view sub UNUSED,
		     struct view value)
{
	struct options *o = &ld->cf->options;
	struct user_spec u;
	struct view text = load_show(ld, value);

	if (!load_user(ld, "option RunAsUser", text, &u))
		return;
	o->run_as_user = text;
	o->run_as_uid = u.uid;
	if (u.has_gid)
		o->run_as_gid = u.gid;
}

void set_trusted_user(struct loader *ld, const struct option_row *row UNUSED,
		      struct view sub UNUSED, struct view value)
{
	struct user_spec u = { 0 };

	if (find_user(ld, value, 10, &u))
		ld->cf->options.trusted_uid = u.uid;
	else
		load_error(ld, "readcf: option TrustedUser: unknown user " VIEW_FMT,
			   VIEW_ARG(load_show(ld, value)));
}
