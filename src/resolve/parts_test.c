/* parts_test.c - long lists leave in parts: everybody in one of them, once. */
#include "resolve/parts.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/table.h"
#include "base/test.h"

#define CF                                                                                         \
	"V10/Berkeley\n"                                                                           \
	"Djme.test\n"                                                                              \
	"O OperatorChars=.:%@!^/[]+\n"                                                             \
	"O MaxAliasRecursion=5\n"                                                                  \
	"O DontBlameSendmail=groupwritabledirpathsafe,mapinunsafedirpath,"                         \
	"includefileinunsafedirpath,includefileinunsafedirpathsafe,trustStickyBit\n"               \
	"S3\n"                                                                                     \
	"R$* < $* > $*\t\t$2\n"                                                                    \
	"S0\n"                                                                                     \
	"R$* @ bad.test\t\t$#error $@ 5.1.2 $: \"550 No such host here\"\n"                        \
	"R$+ @ $+\t\t$#esmtp $@ $2 $: $1 @ $2\n"                                                   \
	"R$*\t\t\t$#local $: $1\n"                                                                 \
	"Mlocal, P=/bin/true, F=lsDFMA5:/|@q, A=true $u\n"                                         \
	"Mprog, P=/bin/sh, F=lsDFMoqeu9, A=sh -c $u\n"                                             \
	"Mesmtp, P=[IPC], F=mDFMuXa, E=\\r\\n, A=TCP $h\n"

struct fixture {
	char dir[64];
	struct services services;
	struct snapshot *snap;
	struct envelope *env;
	/* what was handed on */
	struct table *got; /* address -> how often + 1 */
	size_t n_parts, n_members, longest;
	struct str senders;
	size_t refuse_from; /* parts from this on are refused; 0: none */
};

static FILE *file_in(const struct fixture *f, const char *name)
{
	own_str struct str path = STR_MAX(200);

	str_addf(&path, "%s/%s", f->dir, name);
	return fopen(str_z(&path), "w");
}

static void set_up(struct fixture *f)
{
	*f = (struct fixture){
		.services = {.log = log_new(LOG_TO_NOTHING, "test", NULL), .hostname = "me.test"}
	};
	snprintf(f->dir, sizeof(f->dir), "/tmp/parts_test.XXXXXX");
	CHECK(mkdtemp(f->dir) != NULL);
	chmod(f->dir, 0755);
	f->services.agent = agent_local();
	f->got = table_new(TABLE_EXACT);
	f->senders = STR_MAX(1000);
}

static void load(struct fixture *f)
{
	own_str struct str cf = STR_MAX(10000);

	str_addf(&cf, "O AliasFile=implicit:%s/aliases\n", f->dir);
	str_addz(&cf, CF);
	f->snap = snapshot_load(
		&(struct config_params){ .text = str_view(&cf), .path_label = "test" },
		&f->services);
	f->env = envelope_new(f->snap);
	f->env->sender = VIEW("<writer@far.test>");
}

static void tear_down(struct fixture *f)
{
	static const char *const names[] = { "aliases", "list" };

	for (size_t i = 0; i < 2; i++) {
		own_str struct str path = STR_MAX(200);

		str_addf(&path, "%s/%s", f->dir, names[i]);
		unlink(str_z(&path));
	}
	rmdir(f->dir);
	envelope_free(f->env);
	snapshot_put(f->snap);
	agent_free(f->services.agent);
	log_free(f->services.log);
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
	struct resolve_ctx ctx = { .services = &f->services, .hand_on = take, .hand_on_arg = f };

	envelope_add_rcpt(f->env, view_of(address), NULL);
	resolve_envelope(f->env, &ctx, 0);
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
	out = file_in(&f, "aliases");
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
	CHECK_INT(envelope_count(f.env, RCPT_EXPANDED), 1);
	CHECK(envelope_is_done(f.env));
	tear_down(&f);
}

TEST_COVERS("a file of members is read in parts too, and many short lists share theirs", 83)
{
	struct fixture f;
	FILE *out;

	set_up(&f);
	out = file_in(&f, "list");
	fputs("# members\n", out);
	members(out, 0, 5000, "\n");
	fclose(out);
	out = file_in(&f, "aliases");
	fprintf(out, "list: :include:%s/list, some\nsome: ", f.dir);
	for (int i = 0; i < 1500; i++)
		fprintf(out, "sub%d, ", i);
	fputs("near\n", out);
	for (int i = 0; i < 1500; i++)
		fprintf(out, "sub%d: m%d@far.test, m%d@far.test\n", i, i, 5000 + i);
	fclose(out);
	load(&f);
	resolve(&f, "list");
	LIST_EACH (&f.env->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (r->state == RCPT_ROUTED)
			table_set(f.got, r->address, (void *)(times(&f, r->address.p) + 1));
	}
	check_all_once(&f, 6500);
	CHECK_INT(f.n_members + envelope_count(f.env, RCPT_ROUTED), 6501);
	CHECK(f.longest <= 2 * PART_RCPTS && f.n_parts <= 6);
	tear_down(&f);
}

TEST_COVERS("a long list inside a part, and one that names the list in front of it", 83)
{
	struct fixture f;
	FILE *out;

	set_up(&f);
	out = file_in(&f, "aliases");
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
	CHECK_INT(envelope_count(f.env, RCPT_FAILED), 0);
	resolve(&f, "own");
	check_all_once(&f, 9000);
	CHECK_INT(envelope_count(f.env, RCPT_ROUTED), 1); /* own itself, as a mailbox */
	tear_down(&f);
}

TEST_COVERS(
	"the parts of a list with an owner have the owner as their sender; the refused are in them",
	79, 83)
{
	struct fixture f;
	FILE *out;

	set_up(&f);
	out = file_in(&f, "aliases");
	fputs("list: x@bad.test, ", out);
	members(out, 0, 2500, ", ");
	fputs("\nowner-list: boss@far.test\n", out);
	fclose(out);
	load(&f);
	resolve(&f, "list");
	check_all_once(&f, 2500);
	CHECK_INT(times(&f, "x@bad.test"), 1);
	CHECK_STR(str_z(&f.senders), "boss@far.test boss@far.test");
	tear_down(&f);
}

TEST_COVERS("a part that cannot be queued defers its list and what is not read of others", 83)
{
	struct fixture f;
	FILE *out;

	set_up(&f);
	out = file_in(&f, "aliases");
	fputs("list: ", out);
	members(out, 0, 9000, ", ");
	fputs("\n", out);
	fclose(out);
	load(&f);
	f.refuse_from = 3;
	resolve(&f, "list");
	CHECK_INT(f.n_parts, 2);
	CHECK_INT(envelope_count(f.env, RCPT_DEFERRED), 1);
	CHECK(!envelope_is_done(f.env));
	tear_down(&f);
}

TEST("where nothing can be handed on a long list stays as it is")
{
	struct fixture f;
	struct resolve_ctx ctx;
	FILE *out;

	set_up(&f);
	out = file_in(&f, "aliases");
	fputs("list: ", out);
	members(out, 0, 3000, ", ");
	fputs("\n", out);
	fclose(out);
	load(&f);
	ctx = (struct resolve_ctx){ .services = &f.services, .leaves_long = true };
	envelope_add_rcpt(f.env, VIEW("list"), NULL);
	resolve_envelope(f.env, &ctx, 0);
	CHECK_INT(f.env->n_rcpts, 1);
	CHECK_INT(envelope_count(f.env, RCPT_ROUTED), 1);
	tear_down(&f);
	set_up(&f);
	out = file_in(&f, "aliases");
	fputs("list: ", out);
	members(out, 0, 3000, ", ");
	fputs("\n", out);
	fclose(out);
	load(&f);
	ctx = (struct resolve_ctx){ .services = &f.services, .list_bytes = 100000 };
	envelope_add_rcpt(f.env, VIEW("list"), NULL);
	resolve_envelope(f.env, &ctx, RESOLVE_VERIFY_ONLY);
	CHECK_INT(LIST_OWNER(f.env->rcpts.head.next, struct rcpt, link)->status.smtp, 452);
	tear_down(&f);
}
