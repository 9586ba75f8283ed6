/* parts_test.c - long lists leave in parts: everybody in one of them, once. */
#include "resolve/parts.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/table.h"
#include "base/test.h"
#include "resolve/test_site.h"

struct fixture {
	struct test_site site;
	/* what was handed on */
	struct table *got; /* address -> how often + 1 */
	size_t n_parts, n_members, longest;
	struct str senders;
	size_t refuse_from; /* parts from this on are refused; 0: none */
};

static void set_up(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	test_site_init(&f->site);
	f->got = table_new(TABLE_EXACT);
	f->senders = STR_MAX(1000);
}

static void load(struct fixture *f)
{
	test_site_load(&f->site);
	f->site.env->sender = VIEW("<writer@far.test>");
}

static void tear_down(struct fixture *f)
{
	test_site_done(&f->site);
	table_free(f->got);
	str_done(&f->senders);
}

static int take(void *arg, struct envelope *part)
{
	struct fixture *f = arg;

	if (f->refuse_from && f->n_parts + 1 >= f->refuse_from)
		return -ENOSPC;
	f->n_parts++;
	if (part->n_rcpts > f->longest)
		f->longest = part->n_rcpts;
	str_addf(&f->senders, "%s" VIEW_FMT, f->senders.len ? " " : "", VIEW_ARG(part->sender));
	LIST_EACH (&part->rcpts, it) {
		const struct rcpt *r = LIST_OWNER(it, struct rcpt, link);
		size_t times = (size_t)table_get(f->got, r->address);

		CHECK(r->state == RCPT_NEW && !r->parent);
		table_set(f->got, r->address, (void *)(times + 1));
		f->n_members++;
	}
	envelope_free(part);
	return 0;
}

static void resolve(struct fixture *f, const char *address)
{
	struct resolve_ctx ctx = { .services = &f->site.services,
				   .hand_on = take,
				   .hand_on_arg = f };

	envelope_add_rcpt(f->site.env, view_of(address), NULL);
	resolve_envelope(f->site.env, &ctx, 0);
}

static size_t times(const struct fixture *f, const char *address)
{
	return (size_t)table_get(f->got, view_of(address));
}

static void members(FILE *out, int from, int to, const char *between)
{
	for (int i = from; i < to; i++)
		fprintf(out, "m%d@far.test%s", i, between);
}

/* Loaded, with m0 to m(n-1) in the alias file between these. */
static void set_up_list(struct fixture *f, const char *before, int n, const char *after)
{
	FILE *out;

	set_up(f);
	out = test_site_file(&f->site, "aliases");
	fputs(before, out);
	members(out, 0, n, ", ");
	fputs(after, out);
	fclose(out);
	load(f);
}

static void check_all_once(const struct fixture *f, int n)
{
	char address[40];

	for (int i = 0; i < n; i++) {
		snprintf(address, sizeof(address), "m%d@far.test", i);
		CHECK_INT(times(f, address), 1);
	}
}

TEST_COVERS("an alias of five thousand leaves in three parts, each member once", 83)
{
	struct fixture f;
	FILE *out;

	set_up(&f);
	out = test_site_file(&f.site, "aliases");
	fputs("list: ", out);
	members(out, 0, 3000, ", ");
	members(out, 1000, 5000, ", ");
	fputs("\n", out);
	fclose(out);
	load(&f);
	resolve(&f, "list");
	check_all_once(&f, 5000);
	CHECK_INT(f.n_members, 5000);
	CHECK(f.longest <= PART_RCPTS && f.n_parts >= 3);
	CHECK_INT(envelope_count(f.site.env, RCPT_EXPANDED), 1);
	CHECK(envelope_is_done(f.site.env));
	tear_down(&f);
}

TEST_COVERS("a file of members is read in parts too, and many short lists share theirs", 83)
{
	struct fixture f;
	FILE *out;

	set_up(&f);
	out = test_site_file(&f.site, "list");
	fputs("# members\n", out);
	members(out, 0, 5000, "\n");
	fclose(out);
	out = test_site_file(&f.site, "aliases");
	fprintf(out, "list: :include:%s/list, some\nsome: ", f.site.dir);
	for (int i = 0; i < 1500; i++)
		fprintf(out, "sub%d, ", i);
	fputs("near\n", out);
	for (int i = 0; i < 1500; i++)
		fprintf(out, "sub%d: m%d@far.test, m%d@far.test\n", i, i, 5000 + i);
	fclose(out);
	load(&f);
	resolve(&f, "list");
	LIST_EACH (&f.site.env->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (r->state == RCPT_ROUTED)
			table_set(f.got, r->address, (void *)(times(&f, r->address.p) + 1));
	}
	check_all_once(&f, 6500);
	CHECK_INT(f.n_members + envelope_count(f.site.env, RCPT_ROUTED), 6501);
	CHECK(f.longest <= 2 * PART_RCPTS && f.n_parts <= 6);
	tear_down(&f);
}

TEST_COVERS("a long list inside a part, and one that names the list in front of it", 83)
{
	struct fixture f;
	FILE *out;

	set_up(&f);
	out = test_site_file(&f.site, "aliases");
	fputs("all: ", out);
	members(out, 0, 2500, ", ");
	fputs("inner, al\ninner: ", out);
	members(out, 2000, 6000, ", ");
	fputs("all, inner, al\nown: own, ", out);
	members(out, 6000, 9000, ", ");
	fputs("own\n", out);
	fclose(out);
	load(&f);
	resolve(&f, "all");
	check_all_once(&f, 6000);
	CHECK_INT(times(&f, "al"), 1);
	CHECK_INT(times(&f, "inner"), 1); /* it names itself: a mailbox */
	CHECK_INT(f.n_members, 6002);
	CHECK_INT(envelope_count(f.site.env, RCPT_FAILED), 0);
	resolve(&f, "own");
	check_all_once(&f, 9000);
	CHECK_INT(envelope_count(f.site.env, RCPT_ROUTED), 1); /* own itself, as a mailbox */
	tear_down(&f);
}

TEST_COVERS(
	"the parts of a list with an owner have the owner as their sender; the refused are in them",
	79, 83)
{
	struct fixture f;

	set_up_list(&f, "list: x@bad.test, ", 2500, "\nowner-list: boss@far.test\n");
	resolve(&f, "list");
	check_all_once(&f, 2500);
	CHECK_INT(times(&f, "x@bad.test"), 1);
	CHECK_STR(str_z(&f.senders), "boss@far.test boss@far.test");
	tear_down(&f);
}

TEST_COVERS("a part that cannot be queued defers its list and what is not read of others", 83)
{
	struct fixture f;

	set_up_list(&f, "list: ", 9000, "\n");
	f.refuse_from = 3;
	resolve(&f, "list");
	CHECK_INT(f.n_parts, 2);
	CHECK_INT(envelope_count(f.site.env, RCPT_DEFERRED), 1);
	CHECK(!envelope_is_done(f.site.env));
	tear_down(&f);
}

TEST("where nothing can be handed on a long list stays as it is")
{
	struct fixture f;
	struct resolve_ctx ctx;

	set_up_list(&f, "list: ", 3000, "\n");
	ctx = (struct resolve_ctx){ .services = &f.site.services, .leaves_long = true };
	envelope_add_rcpt(f.site.env, VIEW("list"), NULL);
	resolve_envelope(f.site.env, &ctx, 0);
	CHECK_INT(f.site.env->n_rcpts, 1);
	CHECK_INT(envelope_count(f.site.env, RCPT_ROUTED), 1);
	tear_down(&f);
	set_up_list(&f, "list: ", 3000, "\n");
	ctx = (struct resolve_ctx){ .services = &f.site.services, .list_bytes = 100000 };
	envelope_add_rcpt(f.site.env, VIEW("list"), NULL);
	resolve_envelope(f.site.env, &ctx, RESOLVE_VERIFY_ONLY);
	CHECK_INT(LIST_OWNER(f.site.env->rcpts.head.next, struct rcpt, link)->status.smtp, 452);
	tear_down(&f);
}
