/* testmode_slash.c - the commands of test mode that begin with a slash, one function each. */
#include <arpa/inet.h>

#include "mail/address.h"
#include "mail/header.h"
#include "net/addr.h"
#include "net/resolver.h"
#include "rewrite/testmode_part.h"

#define CRACKED_MAX    2048
#define MX_MAX         100
#define NAME_MAX_BYTES 255 /* of a host */

static void print_raw(FILE *out, struct view v)
{
	fwrite(v.p ? v.p : "", 1, v.len, out);
}

static void cmd_quit(struct testmode *t, struct view arg)
{
	(void)arg;
	t->is_over = true;
}

/* ---- names ---- */

static void cmd_canon(struct testmode *t, struct view arg)
{
	struct map *host = map_set_find(t->snap->maps, VIEW("host"));
	struct map_ctx ctx = { .cf = t->snap->cf,
			       .services = t->services,
			       .macros = t->rw.macros,
			       .arena = t->rw.arena,
			       .deadline = t->rw.deadline };
	struct map_told told = { .failure = VIEW_NONE };
	struct view value = arg;

	ctx.told = &told;
	if (arg.len == 0) {
		fputs("Usage: /canon address\n", t->out);
		return;
	}
	if (arg.len > NAME_MAX_BYTES) {
		fputs("Name too long\n", t->out);
		return;
	}
	if (!host || arg.p[0] == '[' || map_lookup(host, &ctx, arg, NULL, 0, &value) != FOUND)
		value = arg;
	if (value.len && value.p[value.len - 1] == '.')
		value.len--;
	if (told.failure.len)
		fprintf(t->out, VIEW_FMT "\n", VIEW_ARG(told.failure));
	fprintf(t->out, "getcanonname(" VIEW_FMT ") returns " VIEW_FMT "\n", VIEW_ARG(arg),
		VIEW_ARG(value));
}

static int by_preference(const void *a, const void *b)
{
	const struct dns_record *x = a, *y = b;

	if (x->preference != y->preference)
		return x->preference < y->preference ? -1 : 1;
	return 0;
}

struct mx_list {
	struct view hosts[MX_MAX];
	int n; /* -1: could not be asked */
	bool is_null;
};

static void add_mx(struct mx_list *l, struct view host)
{
	for (int i = 0; i < l->n; i++)
		if (view_eq_nocase(l->hosts[i], host))
			return;
	if (l->n < MX_MAX)
		l->hosts[l->n++] = host;
}

/* A name without MX records is its own mail host, when it has an address. */
static void take_address(struct testmode *t, struct view host, struct mx_list *l)
{
	struct dns_answer answer = { 0 };
	enum found found = resolver_addresses(t->services->resolver, host, AF_UNSPEC,
					      t->rw.deadline, t->rw.arena, &answer);

	if (found == FOUND)
		add_mx(l, answer.canonical.len ? answer.canonical : host);
	else if (found == LOOKUP_FAILED)
		l->n = -1;
}

/* Is it an address without brackets? It is no name, and nobody's mail host. */
static bool is_bare_address(struct view host, struct arena *a)
{
	struct in6_addr in;
	const char *z = arena_dupz(a, host);

	return inet_pton(AF_INET, z, &in) == 1 || inet_pton(AF_INET6, z, &in) == 1;
}

static bool is_name(struct view host)
{
	return view_find(host, ' ') == host.len && view_find(host, '\t') == host.len;
}

/* why: 1 no such name, 2 could not be asked, 4 a name without MX records. */
static void trace_no_mx(struct testmode *t, struct view host, int why)
{
	trace_line(&t->rw, 8, 1, "getmxrr: res_search(" VIEW_FMT ") failed, h_errno=%d",
		   VIEW_ARG(host), why);
}

/* A name without a dot is one of the own domain, where the resolver searches first. */
static struct view full_name(struct testmode *t, struct view host)
{
	struct view domain = resolver_search(t->services->resolver, 0, t->rw.arena);

	if (view_find(host, '.') < host.len || view_is_none(domain))
		return host;
	return arena_printf(t->rw.arena, VIEW_FMT "." VIEW_FMT, VIEW_ARG(host), VIEW_ARG(domain));
}

static struct view lower(struct testmode *t, struct view v)
{
	char *p = arena_dupz(t->rw.arena, v);

	for (size_t i = 0; i < v.len; i++)
		p[i] = (char)tolower((unsigned char)v.p[i]);
	return view_from(p, v.len);
}

/* Is there such a name, if without MX records? */
static bool has_no_mx(struct testmode *t, struct view host)
{
	struct dns_answer answer = { 0 };

	return resolver_ask(t->services->resolver, host, DNS_MX, t->rw.deadline, t->rw.arena,
			    &answer) == NOT_FOUND &&
	       answer.is_nodata;
}

static void list_mx(struct testmode *t, struct view host, struct mx_list *l)
{
	struct dns_answer answer = { 0 };
	enum found found;
	bool is_bare; /* the own domain was added to it */
	size_t len;

	if (is_bare_address(host, t->rw.arena) || !is_name(host)) {
		trace_no_mx(t, host, 1);
		return;
	}
	is_bare = view_find(host, '.') == host.len;
	len = host.len;
	host = lower(t, full_name(t, host));
	found = resolver_ask(t->services->resolver, host, DNS_MX, t->rw.deadline, t->rw.arena,
			     &answer);
	if (found == LOOKUP_FAILED) { /* a loop of aliases leads nowhere, for good */
		trace_no_mx(t, host, answer.loop.len ? 1 : 2);
		l->n = answer.loop.len ? 0 : -1;
		return;
	}
	if (found == NOT_FOUND) {
		trace_no_mx(t, host, answer.is_nodata ? 4 : 1);
		take_address(t, host, l);
		if (l->n == 0 && is_bare && has_no_mx(t, view_first(host, len)))
			add_mx(l, host);
		return;
	}
	qsort(answer.records, answer.n, sizeof(answer.records[0]), by_preference);
	if (answer.n == 1 && answer.records[0].name.len == 0) {
		l->is_null = true;
		return;
	}
	for (size_t i = 0; i < answer.n; i++)
		add_mx(l, answer.records[i].name);
}

static void add_fallbacks(struct testmode *t, struct mx_list *l)
{
	struct view rest = t->snap->cf->options.fallback_mx_host, host;

	while (l->n >= 0 && view_cut(&rest, ':', &host))
		if (view_trim(host).len)
			add_mx(l, view_trim(host));
}

/* Digits and dots behind the bracket: an address, if a short one. */
static bool is_dotted(struct view v)
{
	for (size_t i = 1; i < v.len; i++)
		if (!isdigit((unsigned char)v.p[i]) && v.p[i] != '.')
			return false;
	return v.len > 1;
}

/* A name in brackets is that host alone; an address keeps its brackets. */
static void add_bracketed(struct testmode *t, struct view host, struct mx_list *l)
{
	size_t close = view_find(host, ']');
	struct addr addr;

	if (close == host.len)
		return;
	if (addr_parse(view_first(host, close + 1), 0, &addr) ||
	    is_dotted(view_first(host, close))) {
		add_mx(l, host);
		return;
	}
	host = view_from(host.p + 1, close - 1);
	if (host.len && is_name(host))
		add_mx(l, full_name(t, host));
}

static void cmd_mx(struct testmode *t, struct view arg)
{
	struct mx_list l = { .n = 0 };

	if (arg.len == 0) {
		fputs("Usage: /mx address\n", t->out);
		return;
	}
	if (arg.p[0] == '[')
		add_bracketed(t, arg, &l);
	else if (t->services && t->services->resolver)
		list_mx(t, arg, &l);
	fprintf(t->out, "getmxrr(" VIEW_FMT ") returns ", VIEW_ARG(arg));
	if (l.is_null) {
		fputs("null MX (See RFC7505)\n", t->out);
		return;
	}
	add_fallbacks(t, &l);
	fprintf(t->out, "%d value(s):\n", l.n);
	for (int i = 0; i < l.n; i++)
		fprintf(t->out, "\t" VIEW_FMT "%s\n", VIEW_ARG(l.hosts[i]),
			l.hosts[i].len && l.hosts[i].p[0] == '[' ? "" : ".");
}

static void cmd_gethostbyname(struct testmode *t, struct view arg)
{
	(void)t;
	(void)arg;
}

/* ---- maps ---- */

/* -d39.1: the value as the map holds it, and what became of it. */
static void show_value(struct testmode *t, struct map *map, struct map_ctx *ctx, struct view key,
		       struct view value)
{
	struct lookup_trace l = { .class = view_of(map_class_name(map)),
				  .key = key,
				  .value = value,
				  .found = FOUND,
				  .raw = VIEW("") };

	if (view_eq(l.class, VIEW("macro")) || view_eq(l.class, VIEW("arith")))
		return;
	if (map_lookup_raw(map, ctx, key, &l.raw) == FOUND)
		trace_map_value(&t->rw, &l);
}

static void cmd_map(struct testmode *t, struct view arg)
{
	struct view name, value = VIEW_NONE;
	struct map_ctx ctx = { .cf = t->snap->cf,
			       .services = t->services,
			       .macros = t->rw.macros,
			       .arena = t->rw.arena,
			       .deadline = t->rw.deadline };
	own_str struct str messages = STR_MAX(4096);
	enum found found;
	struct map *map;

	ctx.messages = &messages;
	if (arg.len == 0) {
		fputs("Usage: /map mapname key\n", t->out);
		return;
	}
	if (!view_word(&arg, &name) || arg.len < 2) {
		fputs("No key specified\n", t->out);
		return;
	}
	arg = view_skip(arg, 1); /* one blank ends the name, more belong to the key */
	map = map_set_find(t->snap->maps, name);
	if (!map && view_eq(name, VIEW("aliases"))) {
		map = map_set_aliases(t->snap->maps, 0);
		if (!map) { /* there is a list of alias maps always, if an empty one */
			fprintf(t->out, "map_lookup: aliases (" VIEW_FMT ") no match (68)\n",
				VIEW_ARG(arg));
			return;
		}
	}
	if (!map) {
		fprintf(t->out, "Map named \"" VIEW_FMT "\" not found\n", VIEW_ARG(name));
		return;
	}
	if (!map_is_open(map, &ctx)) {
		trace_open_failed(&t->rw, str_view(&messages));
		fprintf(t->out, "Map named \"" VIEW_FMT "\" not open\n", VIEW_ARG(name));
		return;
	}
	trace_open_failed(&t->rw, str_view(&messages));
	str_clear(&messages);
	fprintf(t->out, "map_lookup: " VIEW_FMT " (" VIEW_FMT ") ", VIEW_ARG(name), VIEW_ARG(arg));
	found = map_lookup_test(map, &ctx, arg, &value);
	trace_messages(&t->rw, str_view(&messages));
	if (view_eq(view_of(map_class_name(map)), VIEW("host")))
		trace_note_host(&t->rw, arg, found == FOUND);
	if (found == FOUND && trace_wants(&t->rw, 39, 1))
		show_value(t, map, &ctx, arg, value);
	if (found == FOUND)
		fprintf(t->out, "returns " VIEW_FMT " (%d)\n", VIEW_ARG(value), ctx.status);
	else
		fprintf(t->out, "no match (%d)\n", ctx.status);
}

/* ---- addresses ---- */

static const char *flags_text(const struct testmode *t)
{
	if (t->is_header)
		return t->is_sender ? "header sender" : "header recipient";
	return t->is_sender ? "envelope sender" : "envelope recipient";
}

static struct view cracked(struct testmode *t, struct view address)
{
	struct address_rules rules = { t->snap->cf->options.must_quote_chars,
				       !t->snap->cf->options.colon_ok_in_addr };

	return address_crack_by(address, &rules, CRACKED_MAX, t->rw.arena);
}

static unsigned parse_flags(const struct testmode *t)
{
	return (t->is_sender ? 0u : (unsigned)PARSE_RCPT) |
	       (t->is_header ? (unsigned)PARSE_HEADER : 0u);
}

/* A recipient's queue group is chosen as soon as it is parsed. */
static void run_queue_group(struct testmode *t, int status, const struct triple *triple)
{
	int number = config_ruleset_number(t->snap->cf, VIEW("queuegroup"));
	struct tokens ws;

	if (t->is_sender || t->is_header || status || !triple->mailer || triple->user.len == 0 ||
	    number < 0 || t->snap->rules->sets[number].n == 0)
		return;
	trace_scan(&t->rw, triple->user);
	tokens_scan(t->snap->rules, t->snap->cf, triple->user, '\0', SCAN_ADDRESS, t->rw.arena, &ws,
		    NULL, NULL);
	trace_scanned(&t->rw, &ws);
	rw_apply(&t->rw, number, &ws);
}

static void cmd_parse(struct testmode *t, struct view arg)
{
	struct triple triple;
	struct view template;
	int status;

	if (arg.len == 0) {
		fputs("Usage: /parse address\n", t->out);
		return;
	}
	template = cracked(t, arg);
	trace_cracked(&t->rw, arg, template);
	fputs("Cracked address = ", t->out);
	trace_text(&t->trace, template);
	fprintf(t->out, "\nParsing %s address\n", flags_text(t));
	t->trace.to = arg;
	trace_line(&t->rw, 20, 1, "\n--parseaddr(" VIEW_FMT ")", VIEW_ARG(arg));
	status = rw_parse_address(&t->rw, arg, parse_flags(t), &triple, NULL);
	if (status == EX_TEMPFAIL_ && triple.mailer)
		trace_complaint(&t->trace,
				arena_printf(t->rw.arena,
					     VIEW_FMT "... Transient parse error -- "
						      "message queued for future delivery",
					     VIEW_ARG(arg)));
	t->trace.to = VIEW_NONE;
	run_queue_group(t, status, &triple);
	if (triple.is_unparsed) {
		fputs("Cannot parse\n", t->out);
		return;
	}
	fprintf(t->out, "mailer " VIEW_FMT,
		VIEW_ARG(triple.mailer ? triple.mailer->name : VIEW("*error*")));
	if (triple.host.len) {
		fputs(", host ", t->out);
		print_raw(t->out, triple.host);
	}
	fputs(", user ", t->out);
	print_raw(t->out, triple.user);
	putc('\n', t->out);
}

static void cmd_try(struct testmode *t, struct view arg)
{
	unsigned flags = (t->is_sender ? (unsigned)REMOTE_SENDER : 0u) |
			 (t->is_header ? (unsigned)REMOTE_HEADER : 0u) | REMOTE_ADD_DOMAIN;
	struct view name, address, result;
	struct mailer *m;
	int exit = 0;

	address = arg;
	if (!view_word(&address, &name) || view_trim(address).len == 0) {
		fputs("Usage: /try mailer address\n", t->out);
		return;
	}
	address = view_trim(address);
	m = config_mailer(t->snap->cf, name);
	if (!m) {
		fprintf(t->out, "Unknown mailer " VIEW_FMT "\n", VIEW_ARG(name));
		return;
	}
	fprintf(t->out, "Trying %s address " VIEW_FMT " for mailer " VIEW_FMT "\n", flags_text(t),
		VIEW_ARG(address), VIEW_ARG(name));
	t->trace.to = address;
	result = rw_remote_name(&t->rw, address, m, flags, VIEW_NONE, &exit);
	t->trace.to = VIEW_NONE;
	fprintf(t->out, "Rcode = %d, addr = ", exit);
	print_raw(t->out, result);
	putc('\n', t->out);
}

void testmode_set_addr_type(struct testmode *t)
{
	rw_set_macro(&t->rw, MACRO_ADDR_TYPE,
		     arena_printf(t->rw.arena, "%c %c", t->is_header ? 'h' : 'e',
				  t->is_sender ? 's' : 'r'));
}

static void cmd_tryflags(struct testmode *t, struct view arg)
{
	if (arg.len == 0) {
		fputs("Usage: /tryflags [Hh|Ee][Ss|Rr]\n", t->out);
		return;
	}
	for (size_t i = 0; i < arg.len; i++) {
		switch (tolower((unsigned char)arg.p[i])) {
		case 'h':
		case 'e':
			t->is_header = tolower((unsigned char)arg.p[i]) == 'h';
			break;
		case 's':
		case 'r':
			t->is_sender = tolower((unsigned char)arg.p[i]) == 's';
			break;
		default:
			break;
		}
	}
	testmode_set_addr_type(t);
}

/* The address as the envelope would have its sender: parsed, then through 3, 1 and 4. */
static void cmd_sender(struct testmode *t, struct view arg)
{
	struct scan s = { .rules = t->snap->rules, .arena = t->rw.arena, .kind = SCAN_ADDRESS };
	struct triple triple;
	struct view result;

	if (arg.len == 0)
		arg = t->params->user ? view_of(t->params->user) : VIEW("root");
	t->trace.to = arg;
	rw_parse_address(&t->rw, arg, 0, &triple, NULL);
	scan_run(&s, arg);
	rw_apply(&t->rw, 3, &s.tokens);
	rw_apply(&t->rw, 1, &s.tokens);
	rw_apply(&t->rw, 4, &s.tokens);
	t->trace.to = VIEW_NONE;
	result = tokens_join(&s.tokens, t->snap->cf, 0, t->rw.arena);
	fputs("addr=", t->out);
	print_raw(t->out, result);
	putc('\n', t->out);
}

static void cmd_expand(struct testmode *t, struct view arg)
{
	if (arg.len == 0) {
		fputs("Usage: /expand string\n", t->out);
		return;
	}
	trace_text(&t->trace, arg);
}

/* ---- /header ---- */

static const struct {
	uint32_t flag;
	unsigned long bit;
} header_bits[] = {
	{HEADER_EOH,        0x1    },
        { HEADER_RCPT,      0x2    },
        { HEADER_RESENT,    0x8    },
	{ HEADER_ACHECK,    0x20   },
        { HEADER_FORCE,     0x40   },
        { HEADER_TRACE,     0x80   },
	{ HEADER_FROM,      0x100  },
        { HEADER_RECEIPTTO, 0x400  },
        { HEADER_ERRORSTO,  0x800  },
	{ HEADER_CTE,       0x1000 },
        { HEADER_CTYPE,     0x2000 },
        { HEADER_BCC,       0x4000 },
	{ HEADER_ENCODABLE, 0x8000 },
        { HEADER_BINDLATE,  0x20000},
};
#define HEADER_BIT_USER    0x40000ul
#define HEADER_BIT_CHECKED 0x10000ul /* a ruleset of its own looks at it, without its comments */

static void cmd_header(struct testmode *t, struct view arg)
{
	const struct cf_header *rule;
	struct view name, value;
	unsigned long bits = 0;
	struct check verdict;

	if (!header_parse_line(arg, &name, &value)) {
		trace_set_exit(&t->trace, EX_SOFTWARE_);
		trace_complaint(&t->trace,
				arena_printf(t->rw.arena,
					     "header syntax error, line \"" VIEW_FMT "\"",
					     VIEW_ARG(arg)));
	} else {
		uint32_t flags = header_flags_of(name);

		for (size_t i = 0; i < sizeof(header_bits) / sizeof(header_bits[0]); i++)
			if (flags & header_bits[i].flag)
				bits |= header_bits[i].bit;
		if (!(flags & HEADER_EOH))
			bits |= HEADER_BIT_USER;
		rule = rw_header_rule(t->snap->cf, name);
		if (rule && rule != t->snap->cf->default_check && !rule->check_keeps_comments)
			bits |= HEADER_BIT_CHECKED;
		if (rule && view_trim(value).len)
			rw_check_header(&t->rw, rule, name, value, NULL, &verdict);
	}
	fprintf(t->out, bits ? "ul = 0x%08lx\n" : "ul = %08lx\n", bits);
}

static const struct {
	const char *name;
	void (*run)(struct testmode *t, struct view arg);
} commands[] = {
	{"quit",           cmd_quit         },
	{ "mx",            cmd_mx           },
	{ "canon",         cmd_canon        },
	{ "parse",         cmd_parse        },
	{ "sender",        cmd_sender       },
	{ "expand",        cmd_expand       },
	{ "header",        cmd_header       },
	{ "tryflags",      cmd_tryflags     },
	{ "try",           cmd_try          },
	{ "map",           cmd_map          },
	{ "gethostbyname", cmd_gethostbyname},
};

void testmode_slash(struct testmode *t, struct view line)
{
	struct view rest = view_skip(line, 1), name;

	if (!view_word(&rest, &name) || name.p != line.p + 1) {
		fputs("Usage: /[canon|map|mx|parse|try|tryflags]\n", t->out);
		return;
	}
	while (rest.len && isspace((unsigned char)rest.p[0]))
		rest = view_skip(rest, 1);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (view_eq_nocase(name, view_of(commands[i].name))) {
			commands[i].run(t, rest);
			return;
		}
	}
	fprintf(t->out, "Unknown \"/\" command /" VIEW_FMT "\n", VIEW_ARG(name));
}
