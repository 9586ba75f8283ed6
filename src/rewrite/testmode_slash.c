/* testmode_slash.c - the commands of test mode that begin with a slash, one function each. */
#include "mail/address.h"
#include "mail/header.h"
#include "net/resolver.h"
#include "rewrite/testmode_part.h"

#define CRACKED_MAX 2048
#define MX_MAX      100

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
	struct view value = arg;

	if (arg.len == 0) {
		fputs("Usage: /canon address\n", t->out);
		return;
	}
	if (!host || arg.p[0] == '[' || map_lookup(host, &ctx, arg, NULL, 0, &value) != FOUND)
		value = arg;
	if (value.len && value.p[value.len - 1] == '.')
		value.len--;
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

static void list_mx(struct testmode *t, struct view host, struct mx_list *l)
{
	struct dns_answer answer = { 0 };
	enum found found;

	found = resolver_ask(t->services->resolver, host, DNS_MX, t->rw.deadline, t->rw.arena,
			     &answer);
	if (found == LOOKUP_FAILED) {
		l->n = -1;
		return;
	}
	if (found == NOT_FOUND) {
		take_address(t, host, l);
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

static void cmd_mx(struct testmode *t, struct view arg)
{
	struct mx_list l = { .n = 0 };

	if (arg.len == 0) {
		fputs("Usage: /mx address\n", t->out);
		return;
	}
	if (arg.p[0] == '[')
		add_mx(&l, arg);
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
	if (!map && view_eq(name, VIEW("aliases")))
		map = map_set_aliases(t->snap->maps, 0);
	if (!map) {
		fprintf(t->out, "Map named \"" VIEW_FMT "\" not found\n", VIEW_ARG(name));
		return;
	}
	if (!map_is_open(map, &ctx)) {
		trace_messages(&t->rw, str_view(&messages));
		fprintf(t->out, "Map named \"" VIEW_FMT "\" not open\n", VIEW_ARG(name));
		return;
	}
	trace_messages(&t->rw, str_view(&messages)); /* of opening it */
	str_clear(&messages);
	fprintf(t->out, "map_lookup: " VIEW_FMT " (" VIEW_FMT ") ", VIEW_ARG(name), VIEW_ARG(arg));
	found = map_lookup_test(map, &ctx, arg, &value);
	trace_messages(&t->rw, str_view(&messages));
	if (view_eq(view_of(map_class_name(map)), VIEW("host")))
		trace_note_host(&t->rw, arg, found == FOUND);
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

	if (status || !triple->mailer || number < 0 || t->snap->rules->sets[number].n == 0)
		return;
	tokens_scan(t->snap->rules, t->snap->cf, triple->user, '\0', SCAN_ADDRESS, t->rw.arena, &ws,
		    NULL, NULL);
	rw_apply(&t->rw, number, &ws);
}

static void cmd_parse(struct testmode *t, struct view arg)
{
	own_str struct str text = STR_MAX(CRACKED_MAX * 2);
	struct triple triple;
	int status;

	if (arg.len == 0) {
		fputs("Usage: /parse address\n", t->out);
		return;
	}
	fputs("Cracked address = ", t->out);
	macros_decode(cracked(t, arg), &text);
	trace_text(&t->trace, str_view(&text));
	fprintf(t->out, "\nParsing %s address\n", flags_text(t));
	t->trace.to = arg;
	status = rw_parse_address(&t->rw, arg, parse_flags(t), &triple, NULL);
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
#define HEADER_BIT_USER 0x40000ul

static void cmd_header(struct testmode *t, struct view arg)
{
	struct view name, value;
	unsigned long bits = 0;

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
