/*
 * expand_test.c - aliases, lists, self references, details, owners, and what may not be addressed.
 */
#include "resolve/expand.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/test.h"
#include "resolve/owner.h"
#include "resolve/test_site.h"

struct fixture {
	struct test_site site;
	unsigned flags;
};

static void set_up(struct fixture *f, const char *aliases)
{
	FILE *out;

	f->flags = 0;
	test_site_init(&f->site);
	out = test_site_file(&f->site, "aliases");
	fputs(aliases, out);
	fclose(out);
	test_site_load(&f->site);
}

static void tear_down(struct fixture *f)
{
	test_site_done(&f->site);
}

/* Resolves these and tells what will be delivered, "mailer:user[@host]" or the refusal, in order. */
static const char *resolved(struct fixture *f, const char *addresses)
{
	static char text[4096];
	own_str struct str s = STR_MAX(sizeof(text) - 1);
	struct resolve_ctx ctx = { .services = &f->site.services };
	struct view rest = view_of(addresses), one;

	while (rest.len > 0 && view_cut(&rest, ',', &one))
		envelope_add_rcpt(f->site.env, one, NULL);
	resolve_envelope(f->site.env, &ctx, f->flags);
	LIST_EACH (&f->site.env->rcpts, it) {
		const struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (r->state == RCPT_FAILED || r->state == RCPT_DEFERRED)
			str_addf(&s, "%s%d " VIEW_FMT, s.len ? ", " : "", r->status.smtp,
				 VIEW_ARG(r->status.text));
		if (r->state != RCPT_ROUTED)
			continue;
		str_addf(&s, "%s" VIEW_FMT ":" VIEW_FMT, s.len ? ", " : "",
			 VIEW_ARG(r->triple.mailer->name), VIEW_ARG(r->triple.user));
		if (r->owner.len > 0)
			str_addf(&s, "(" VIEW_FMT ")", VIEW_ARG(r->owner));
	}
	snprintf(text, sizeof(text), "%s", str_z(&s));
	return text;
}

#define CHECK_RESOLVED(aliases, addresses, want)                                                   \
	do {                                                                                       \
		struct fixture f_;                                                                 \
                                                                                                   \
		set_up(&f_, aliases);                                                              \
		CHECK_STR(resolved(&f_, addresses), want);                                         \
		tear_down(&f_);                                                                    \
	} while (0)

TEST_COVERS("recipients find their mailer or the error of the rules", 69)
{
	CHECK_RESOLVED("", "bob,al@far.test", "local:bob, esmtp:al@far.test");
	CHECK_RESOLVED("", "x@bad.test,y@busy.test", "550 No such host here, 450 Try later");
	CHECK_RESOLVED("", "lost", "esmtp:lost@hub.test");
}

TEST_COVERS("aliases are followed, whatever the case, through one another, and each member once",
	    83)
{
	CHECK_RESOLVED("bob: al, eve@far.test\nal: carol\n", "bob",
		       "esmtp:eve@far.test, local:carol");
	CHECK_RESOLVED("bob: al\n", "BOB", "local:al");
	CHECK_RESOLVED("bob: al, dan\nteam: al, bob\n", "bob,team,al", "local:al, local:dan");
	CHECK_RESOLVED("bob: \"odd name\"@far.test\n", "bob", "esmtp:\"odd name\"@far.test");
}

TEST_COVERS("a detail after a plus sign is part of the name: ruleset 5 may try others", 83)
{
	CHECK_RESOLVED("bob+x: one\nbob+*: two\nbob: three\n", "bob+x", "local:one");
	CHECK_RESOLVED("bob+x: one\nbob+*: two\nbob: three\n", "bob+y", "local:bob+y");
	CHECK_RESOLVED("bob: three\n", "bob+y", "local:bob+y");
}

TEST_COVERS(
	"a list that names itself delivers once; lists that name only each other fail as they were addressed",
	83)
{
	CHECK_RESOLVED("bob: bob, al\n", "bob", "local:bob, local:al");
	CHECK_RESOLVED("bob: \\bob, al\n", "bob", "local:bob, local:al");
	CHECK_RESOLVED("one: two\ntwo: one\n", "one", "554 aliasing/forwarding loop broken");
	CHECK_RESOLVED("one: two\ntwo: three\nthree: two\n", "one,al",
		       "554 aliasing/forwarding loop broken, local:al");
	CHECK_RESOLVED("one: two, bob\ntwo: one, al\n", "one", "local:bob, local:al");
	CHECK_RESOLVED("one: two, three\ntwo: one\nthree: one\n", "one",
		       "554 aliasing/forwarding loop broken");
	CHECK_RESOLVED("bob: \\al\nal: carol\n", "bob", "local:al");
}

TEST_COVERS("lists nested too deep are broken with the depth in the text", 83)
{
	CHECK_RESOLVED("a: b\nb: c\nc: d\nd: e\ne: f\nf: g\ng: h\n", "a",
		       "554 aliasing/forwarding loop broken (6 aliases deep; 5 max)");
}

TEST_COVERS("programs, files and lists may stand in aliases but not be addressed", 69, 83)
{
	CHECK_RESOLVED("", "\"|/bin/cat x\",/tmp/file",
		       "550 Cannot mail directly to programs, 550 Cannot mail directly to files");
	CHECK_RESOLVED("", ":include:/tmp/list", "550 Cannot mail directly to :include:s");
	CHECK_RESOLVED("p: \"|/bin/cat -u, now\"\nf: /tmp/file\n", "p,f",
		       "prog:/bin/cat -u, now, *file*:/tmp/file");
}

TEST_COVERS("members of a list with an owner leave with the owner as their sender", 79, 83)
{
	CHECK_RESOLVED("list: al, eve@far.test\nowner-list: boss@far.test\n", "list",
		       "local:al(boss@far.test), esmtp:eve@far.test(boss@far.test)");
	CHECK_RESOLVED("list: al\nowner-list: x, y\n", "list", "local:al(owner-list)");
}

TEST_COVERS(
	"every member of a list with an owner is in the owner's copy and finds its mailer there",
	79, 83)
{
	struct fixture f;
	struct envelope **copies;

	set_up(&f, "list: al, bob, eve@far.test\nowner-list: boss@far.test\n");
	resolved(&f, "list");
	CHECK_INT(owner_split(f.site.env, &copies), 1);
	owner_split_done(f.site.env, RCPT_DROPPED);
	envelope_free(f.site.env);
	f.site.env = copies[0];
	free(copies);
	CHECK_STR(resolved(&f, ""), "local:al, local:bob, esmtp:eve@far.test");
	tear_down(&f);
}

TEST_COVERS("lists in lists come first, their last members before the others, and are acted for",
	    83)
{
	struct fixture f;
	const struct rcpt *last;

	set_up(&f, "outer: al, inner\ninner: bob, eve@far.test, al\n");
	CHECK_STR(resolved(&f, "outer"), "local:bob, esmtp:eve@far.test, local:al");
	last = LIST_OWNER(f.site.env->rcpts.head.prev->prev, struct rcpt, link);
	CHECK_VIEW(last->address, "eve@far.test");
	CHECK(last->user.is_set);
	CHECK_VIEW(last->user.name, "inner");
	CHECK_VIEW(last->user.alias, "inner");
	tear_down(&f);
}

TEST_COVERS(
	"an :include: file gives one member a line or more, the last of a line first, comments aside",
	83)
{
	struct fixture f;
	FILE *out;

	f.flags = 0;
	test_site_init(&f.site);
	out = test_site_file(&f.site, "list");
	fputs("# a comment\nal, eve@far.test\n\ndan (a comment, with a comma)\nlast@far.test", out);
	fclose(out);
	out = test_site_file(&f.site, "aliases");
	fprintf(out, "list: :include:%s/list\nnone: :include:/nonexistent/list\n", f.site.dir);
	fclose(out);
	test_site_load(&f.site);
	CHECK_STR(resolved(&f, "list,none"),
		  "esmtp:eve@far.test, local:al, local:dan, esmtp:last@far.test, "
		  "550 Cannot open /nonexistent/list: No such file or directory");
	tear_down(&f);
}

TEST_COVERS("without aliases a name is itself", 83)
{
	struct fixture f;

	set_up(&f, "bob: al\n");
	f.flags = RESOLVE_NO_ALIASES;
	CHECK_STR(resolved(&f, "bob"), "local:bob");
	tear_down(&f);
}

TEST("RCPT learns what is wrong and keeps what is right")
{
	struct fixture f;
	struct resolve_ctx ctx;
	struct rcpt *r;

	set_up(&f, "bob: al\n");
	ctx = (struct resolve_ctx){ .services = &f.site.services };
	r = envelope_add_rcpt(f.site.env, VIEW("<bob>"), NULL);
	CHECK_INT(resolve_rcpt(f.site.env, r, &ctx, 0), EX_OK_);
	CHECK_VIEW(r->triple.user, "bob");
	CHECK_INT(r->state, RCPT_NEW);
	r = envelope_add_rcpt(f.site.env, VIEW("<x@bad.test>"), NULL);
	CHECK(resolve_rcpt(f.site.env, r, &ctx, 0) != EX_OK_);
	CHECK_INT(r->status.smtp, 550);
	tear_down(&f);
}
