#include "base/test.h"
#include "deliver/mx.h"

#include "base/clock.h"

struct fake_record {
	const char *name, *value;
	int preference; /* < 0: an address */
};

static const struct fake_record zone[] = {
	{"two.test",       "b.two.test",  20},
        { "two.test",      "a.two.test",  10},
	{ "equal.test",    "e1.test",     5 },
        { "equal.test",    "e2.test",     5 },
	{ "equal.test",    "e3.test",     5 },
        { "null.test",     "",            0 },
	{ "self.test",     "first.test.", 10},
        { "self.test",     "me.test",     20},
	{ "self.test",     "last.test",   30},
        { "onlyme.test",   "me.test",     10},
	{ "onlyme.test",   "192.0.2.9",   -1},
        { "plain.test",    "192.0.2.1",   -1},
	{ "smart.test",    "192.0.2.2",   -1},
        { "fallback.test", "fb.test.",    10},
};

static enum found fake_ask(void *arg, struct view name, enum dns_type type, int64_t deadline,
			   struct arena *a, struct dns_answer *out)
{
	(void)arg;
	(void)deadline;
	*out = (struct dns_answer){ .records = ARENA_ARRAY(a, struct dns_record, 8) };
	if (view_ends_nocase(name, VIEW("fail.test")))
		return out->found = LOOKUP_FAILED;
	for (size_t i = 0; i < sizeof(zone) / sizeof(*zone); i++) {
		const struct fake_record *r = &zone[i];

		if (!view_eq_nocase(view_of(r->name), name) ||
		    (r->preference < 0) != (type != DNS_MX))
			continue;
		out->records[out->n].name = view_of(r->value);
		out->records[out->n++].preference = (uint16_t)r->preference;
	}
	return out->found = out->n ? FOUND : NOT_FOUND;
}

static enum found fake_addresses(void *arg, struct view name, int family, int64_t deadline,
				 struct arena *a, struct dns_answer *out)
{
	(void)family;
	return fake_ask(arg, name, DNS_A, deadline, a, out);
}

struct fixture {
	struct config cf;
	struct mx_query q;
	struct arena *arena;
	struct mx_list list;
	struct status status;
};

static void set_up(struct fixture *f)
{
	*f = (struct fixture){ .arena = arena_new(1 << 20) };
	f->cf.classes = classes_new();
	classes_add(f->cf.classes, 'w', VIEW("me.test"));
	f->q = (struct mx_query){ .ask = fake_ask,
				  .addresses = fake_addresses,
				  .cf = &f->cf,
				  .use_mx = true,
				  .port = 25,
				  .deadline = DEADLINE_NEVER };
}

static void tear_down(struct fixture *f)
{
	classes_free(f->cf.classes);
	arena_free(f->arena);
}

/* The hosts as one text, in order. */
static struct view hosts(struct fixture *f, const char *destination)
{
	own_str struct str s = STR_MAX(1000);

	if (mx_expand(&f->q, view_of(destination), f->arena, &f->list, &f->status) != EX_OK_)
		return f->status.text;
	for (size_t i = 0; i < f->list.n; i++)
		str_addf(&s, "%s" VIEW_FMT, i ? " " : "", VIEW_ARG(f->list.v[i].name));
	return arena_dup(f->arena, str_view(&s));
}

TEST_COVERS("hosts are tried by preference, our own cuts the list, lists join with : and ,", 133,
	    134, 137)
{
	struct fixture f;

	set_up(&f);
	CHECK_VIEW(hosts(&f, "two.test"), "a.two.test. b.two.test.");
	CHECK_VIEW(hosts(&f, "self.test"), "first.test.");
	CHECK_VIEW(hosts(&f, "plain.test"), "plain.test");
	CHECK_VIEW(hosts(&f, "[two.test]"),
		   "Host unknown (Name server: [two.test]: host not found)");
	CHECK_VIEW(hosts(&f, "[plain.test]"), "plain.test.");
	CHECK_VIEW(hosts(&f, "[192.0.2.7]"), "[192.0.2.7]");
	CHECK(f.list.v[0].is_literal);
	CHECK_VIEW(hosts(&f, "[IPv6:2001:db8::1]"), "[IPv6:2001:db8::1]");
	CHECK_VIEW(hosts(&f, "two.test:plain.test"), "a.two.test. b.two.test. plain.test");
	CHECK_VIEW(hosts(&f, "plain.test:two.test:[192.0.2.7]"),
		   "plain.test a.two.test. b.two.test. [192.0.2.7]");
	CHECK_VIEW(hosts(&f, "nothing.test:plain.test"), "plain.test");
	tear_down(&f);
}

TEST_COVERS("equal preferences come in any order", 133)
{
	struct fixture f;
	int first[3] = { 0 };

	set_up(&f);
	for (int i = 0; i < 200; i++) {
		hosts(&f, "equal.test");
		CHECK_INT(f.list.n, 3);
		first[f.list.v[0].name.p[1] - '1']++;
	}
	CHECK(first[0] > 10 && first[1] > 10 && first[2] > 10);
	for (int i = 0, seen = 0; i < 200 && seen != 3; i++) {
		struct view got = hosts(&f, "plain.test,smart.test");

		seen |= view_starts(got, VIEW("plain")) ? 1 : 2;
		if (i == 199)
			CHECK_INT(seen, 3);
	}
	tear_down(&f);
}

TEST_COVERS("hosts that take no mail, loops and failing name servers are told apart", 133, 136)
{
	struct fixture f;

	set_up(&f);
	CHECK_VIEW(hosts(&f, "null.test"), "Service unavailable");
	CHECK_VIEW(f.status.reply, "556 Host does not accept mail: MX 0 .");
	CHECK_VIEW(hosts(&f, "[203.0.113."), "Host unknown");
	CHECK_VIEW(hosts(&f, "onlyme.test"), "Local configuration error");
	CHECK_INT(f.status.exit, EX_CONFIG_);
	f.cf.options.try_null_mx_list = true;
	CHECK_VIEW(hosts(&f, "onlyme.test"), "onlyme.test");
	CHECK_VIEW(hosts(&f, "fail.test"), "Name server: fail.test: host name lookup failure");
	CHECK_INT(f.status.exit, EX_TEMPFAIL_);
	CHECK_VIEW(hosts(&f, "nothing.test"),
		   "Host unknown (Name server: nothing.test: host not found)");
	tear_down(&f);
}

TEST_COVERS("a fallback host stands behind the others, a smart host replaces an unknown one", 133)
{
	struct fixture f;

	set_up(&f);
	f.cf.options.fallback_mx_host = VIEW("fallback.test");
	CHECK_VIEW(hosts(&f, "two.test"), "a.two.test. b.two.test. fb.test.");
	CHECK_VIEW(hosts(&f, "self.test"), "first.test.");
	CHECK_VIEW(hosts(&f, "fail.test"), "fb.test.");
	CHECK_VIEW(hosts(&f, "nothing.test"), "fb.test.");
	f.cf.options.fallback_mx_host = VIEW("[192.0.2.3]");
	CHECK_VIEW(hosts(&f, "two.test"), "a.two.test. b.two.test. [192.0.2.3]");
	f.cf.options.fallback_mx_host = VIEW("");
	f.cf.options.fallback_smart_host = VIEW("smart.test");
	CHECK_VIEW(hosts(&f, "nothing.test"), "smart.test");
	tear_down(&f);
}
