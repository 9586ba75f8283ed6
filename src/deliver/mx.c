/*
 * mx.c - from a destination to the list of hosts to try.
 *
 * A part of the destination adds its hosts to the list; the whole is sorted once. Each further part of an "a:b" list starts at
 * a higher base, so that its preferences sort behind those before it; parts joined by a comma share their base.
 */
#include "deliver/mx.h"

#include <sys/random.h>

#include "base/clock.h"

#define PART_STEP 0x10000u

struct expansion {
	const struct mx_query *q;
	struct arena *a;
	struct mx_list *list;
	struct status *status;
	uint32_t base;
	bool saw_self; /* we are ourselves a mail exchanger for it */
};

static enum found ask_resolver(void *arg, struct view name, enum dns_type type, int64_t deadline,
			       struct arena *a, struct dns_answer *out)
{
	return resolver_ask(arg, name, type, deadline, a, out);
}

static enum found addresses_resolver(void *arg, struct view name, int family, int64_t deadline,
				     struct arena *a, struct dns_answer *out)
{
	return resolver_addresses(arg, name, family, deadline, a, out);
}

void mx_query_init(struct mx_query *q, struct resolver *r, const struct config *cf)
{
	*q = (struct mx_query){ .ask = ask_resolver,
				.addresses = addresses_resolver,
				.arg = r,
				.cf = cf,
				.use_mx = true,
				.deadline = DEADLINE_NEVER };
}

static uint32_t random_tie(void)
{
	uint32_t r = 0;

	if (getrandom(&r, sizeof(r), GRND_NONBLOCK) != sizeof(r))
		r = (uint32_t)clock_us();
	return r;
}

static void add_host(struct expansion *x, struct mx_host h)
{
	if (x->list->n >= MX_HOSTS_MAX)
		return;
	for (size_t i = 0; i < x->list->n; i++)
		if (view_eq_nocase(x->list->v[i].name, h.name))
			return;
	x->list->v[x->list->n++] = h;
}

/* Names keep a final dot for logs, as the reference shows them; questions and comparisons go without. */
static struct view without_dot(struct view name)
{
	if (name.len > 1 && name.p[name.len - 1] == '.')
		name.len--;
	return name;
}

static bool is_self(const struct config *cf, struct view name)
{
	return classes_has(cf->classes, 'w', without_dot(name));
}

static int fail_name_server(struct expansion *x, struct view name, const char *dsn)
{
	*x->status = status_make(451, dsn, EX_TEMPFAIL_,
				 arena_printf(x->a,
					      "Name server: " VIEW_FMT ": host name lookup failure",
					      VIEW_ARG(name)));
	x->status->remote = without_dot(name);
	return EX_TEMPFAIL_;
}

/* The name itself is at fault: asking again does not help. */
static int fail_for_good(struct expansion *x, struct view name)
{
	*x->status = status_make(550, "5.1.2", EX_NOHOST_,
				 arena_printf(x->a,
					      "Host unknown (Name server: " VIEW_FMT
					      ": non-recoverable error)",
					      VIEW_ARG(name)));
	x->status->remote = name;
	x->list->without_address = name;
	return EX_NOHOST_;
}

/* dsn: of a failure that passes. */
static int fail_look_up(struct expansion *x, struct view name, const struct dns_answer *answer,
			const char *dsn)
{
	return answer->loop.len ? fail_for_good(x, name) : fail_name_server(x, name, dsn);
}

static int fail_no_host(struct expansion *x, struct view name)
{
	*x->status = status_make(
		550, "5.1.2", EX_NOHOST_,
		arena_printf(x->a, "Host unknown (Name server: " VIEW_FMT ": host not found)",
			     VIEW_ARG(name)));
	x->status->reply = VIEW("550 Host unknown");
	x->status->remote = name;
	return EX_NOHOST_;
}

/* The name is there, but nothing to send mail to. */
static int fail_no_data(struct expansion *x, struct view name)
{
	fail_no_host(x, name);
	x->status->text = arena_printf(
		x->a, "Host unknown (Name server: " VIEW_FMT ": no data known)", VIEW_ARG(name));
	x->status->reply = VIEW_NONE;
	return EX_NOHOST_;
}

static int fail_literal(struct expansion *x, struct view text)
{
	*x->status = status_make(553, "5.1.2", EX_NOHOST_, VIEW("Host unknown"));
	x->status->reply = arena_printf(x->a, "Invalid numeric domain spec \"" VIEW_FMT "\"",
					VIEW_ARG(text));
	x->status->remote = text;
	x->list->without_address = text;
	return EX_NOHOST_;
}

/* The host itself, when its addresses can be found or may be found later. shown: what it is called when they cannot. */
static int add_host_shown(struct expansion *x, struct view name, struct view shown)
{
	struct dns_answer answer = { 0 };
	enum found f = x->q->addresses(x->q->arg, without_dot(name), AF_UNSPEC, x->q->deadline,
				       x->a, &answer);

	if (f != FOUND && (answer.is_nodata || shown.p[0] == '['))
		x->list->without_address = shown;
	if (f == LOOKUP_FAILED)
		return fail_look_up(x, shown, &answer, "4.4.3");
	if (f == NOT_FOUND && answer.is_nodata)
		return fail_no_data(x, shown);
	if (f == NOT_FOUND)
		return fail_no_host(x, shown);
	add_host(x, (struct mx_host){ .name = name,
				      .preference = x->base,
				      .tie = random_tie(),
				      .is_secure = answer.is_secure });
	return EX_OK_;
}

static int add_host_itself(struct expansion *x, struct view name)
{
	return add_host_shown(x, name, name);
}

static bool is_null_mx(const struct dns_answer *answer)
{
	return answer->n == 1 &&
	       (answer->records[0].name.len == 0 || view_eq(answer->records[0].name, VIEW(".")));
}

/* The lowest preference under which we are listed ourselves, or one past the largest. */
static uint32_t own_preference(const struct config *cf, const struct dns_answer *answer)
{
	uint32_t own = 0x10000;

	for (size_t i = 0; i < answer->n; i++)
		if (answer->records[i].preference < own && is_self(cf, answer->records[i].name))
			own = answer->records[i].preference;
	return own;
}

static struct view with_dot(struct arena *a, struct view name)
{
	return name.p[name.len - 1] == '.' ? name : arena_printf(a, VIEW_FMT ".", VIEW_ARG(name));
}

/* A mail exchanger is shown in small letters, however its record is written. */
static struct view exchanger_name(struct arena *a, struct view name)
{
	struct view out = with_dot(a, name);
	char *small = arena_bytes(a, out.len + 1);

	for (size_t i = 0; i < out.len; i++)
		small[i] = (char)tolower((unsigned char)out.p[i]);
	return view_from(small, out.len);
}

static int add_mx_records(struct expansion *x, struct view name, const struct dns_answer *answer)
{
	uint32_t own = own_preference(x->q->cf, answer);
	size_t before = x->list->n;

	x->saw_self = x->saw_self || own <= 0xffff;
	for (size_t i = 0; i < answer->n; i++) {
		const struct dns_record *r = &answer->records[i];

		if (r->preference < own && r->name.len > 0)
			add_host(x, (struct mx_host){ .name = exchanger_name(x->a, r->name),
						      .preference = x->base + r->preference,
						      .tie = random_tie(),
						      .is_secure = answer->is_secure });
	}
	if (x->list->n > before || own > 0xffff)
		return EX_OK_;
	if (x->q->cf->options.try_null_mx_list)
		return add_host_itself(x, name);
	*x->status = status_make(553, "5.3.5", EX_CONFIG_, VIEW("Local configuration error"));
	x->status->remote = name;
	return EX_CONFIG_;
}

static int add_by_mx(struct expansion *x, struct view name)
{
	struct dns_answer answer = { 0 };

	switch (x->q->ask(x->q->arg, without_dot(name), DNS_MX, x->q->deadline, x->a, &answer)) {
	case LOOKUP_FAILED: /* which hosts there are is not known: no code says that */
		return fail_look_up(x, name, &answer, "4.0.0");
	case NOT_FOUND:
		return add_host_itself(x, name); /* it may stand in the hosts file */
	case FOUND:
		break;
	}
	if (answer.n == 0)
		return add_host_itself(x, name);
	if (is_null_mx(&answer)) {
		*x->status = status_make(556, "5.1.10", EX_UNAVAILABLE_,
					 VIEW("Service unavailable"));
		x->status->reply = VIEW("556 Host does not accept mail: MX 0 .");
		x->status->remote = without_dot(name);
		return EX_UNAVAILABLE_;
	}
	return add_mx_records(x, name, &answer);
}

/* A name in brackets is told of with them when there is no address for it. */
static int add_bracketed_name(struct expansion *x, struct view text, struct view name)
{
	int rc = add_host_shown(x, x->q->use_mx ? with_dot(x->a, name) : name, text);

	if (rc == EX_NOHOST_)
		x->status->reply = VIEW_NONE;
	return rc;
}

/* "[name]" or "[192.0.2.1]": no MX look-up. */
static int add_bracketed(struct expansion *x, struct view text)
{
	struct addr addr;
	struct view inside = view_first(view_skip(text, 1), text.len - 2);

	if (!addr_parse(inside, x->q->port, &addr))
		return add_bracketed_name(x, text, inside);
	add_host(x, (struct mx_host){ .name = text,
				      .preference = x->base,
				      .tie = random_tie(),
				      .is_literal = true,
				      .addr = addr });
	return EX_OK_;
}

static int add_part(struct expansion *x, struct view part)
{
	if (part.len == 0)
		return EX_OK_;
	if (part.p[0] == '[') {
		struct view inside = without_dot(part);

		if (inside.len < 3 || inside.p[inside.len - 1] != ']')
			return fail_literal(x, part);
		return add_bracketed(x, inside);
	}
	return x->q->use_mx ? add_by_mx(x, part) : add_host_itself(x, part);
}

/* Cuts the next host off a list at ':' or ',' outside brackets. */
static bool cut_part(struct view *rest, struct view *out_part, char *out_sep)
{
	size_t i = 0;
	int depth = 0;

	if (rest->len == 0)
		return false;
	for (; i < rest->len; i++) {
		char c = rest->p[i];

		if (c == '[')
			depth++;
		else if (c == ']')
			depth--;
		else if (depth <= 0 && (c == ':' || c == ','))
			break;
	}
	*out_part = view_trim(view_first(*rest, i));
	*out_sep = i < rest->len ? rest->p[i] : '\0';
	*rest = view_skip(*rest, i + (i < rest->len));
	return true;
}

static int host_cmp(const void *a, const void *b)
{
	const struct mx_host *x = a, *y = b;

	if (x->preference != y->preference)
		return x->preference < y->preference ? -1 : 1;
	return (x->tie > y->tie) - (x->tie < y->tie);
}

/* All parts of a list. The failure of one part counts only when no other part gave a host; a temporary one weighs most. */
static int add_list(struct expansion *x, struct view text)
{
	struct status worst = *x->status;
	struct view part;
	int result = EX_OK_;
	char sep;

	while (cut_part(&text, &part, &sep)) {
		int rc = add_part(x, part);

		if (rc != EX_OK_ && result != EX_TEMPFAIL_) {
			result = rc;
			worst = *x->status;
		}
		if (sep == ':')
			x->base += PART_STEP;
	}
	*x->status = worst;
	return result;
}

static void add_fallback_mx(struct expansion *x)
{
	struct view fallback = x->q->cf->options.fallback_mx_host;
	struct status ignored = *x->status;

	if (fallback.len == 0 || !x->q->use_mx || x->saw_self || is_self(x->q->cf, fallback))
		return;
	x->base = (x->base & ~(PART_STEP - 1)) + PART_STEP;
	add_list(x, fallback.p[0] == '[' ? fallback : with_dot(x->a, fallback));
	*x->status = ignored;
}

int mx_expand(const struct mx_query *q, struct view destination, struct arena *a,
	      struct mx_list *out, struct status *out_status)
{
	struct mx_list list = { .v = ARENA_ARRAY(a, struct mx_host, MX_HOSTS_MAX) };
	struct status st = status_ok();
	struct expansion x = { .q = q, .a = a, .list = &list, .status = &st };
	bool is_bracketed = destination.len > 0 && destination.p[0] == '[';
	int rc = add_list(&x, destination);

	if (rc == EX_NOHOST_ && list.n == 0 && q->cf->options.fallback_smart_host.len > 0) {
		struct status kept = st;

		if (add_list(&x, q->cf->options.fallback_smart_host) != EX_OK_)
			st = kept;
	}
	if (!is_bracketed && (rc == EX_OK_ || rc == EX_TEMPFAIL_ || rc == EX_NOHOST_))
		add_fallback_mx(&x);
	if (list.n > 0) {
		qsort(list.v, list.n, sizeof(*list.v), host_cmp);
		*out = list;
		return EX_OK_;
	}
	if (rc == EX_OK_)
		rc = fail_no_host(&x, destination);
	*out = list;
	*out_status = st;
	return rc;
}
