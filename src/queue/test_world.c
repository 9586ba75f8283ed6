/* test_world.c - see test_world.h. */
#include "queue/test_world.h"

#include <ftw.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/own.h"
#include "base/test.h"

void test_world_init(struct test_world *w, const char *parent)
{
	memset(w, 0, sizeof(*w));
	snprintf(w->base, sizeof(w->base), "%s/queue-test-XXXXXX", parent ? parent : "/tmp");
	CHECK(mkdtemp(w->base) != NULL);
	w->services.log = log_new(LOG_TO_NOTHING, "test", NULL);
	w->cf.arena = arena_new(1 << 20);
	w->cf.macros = macros_new(NULL, w->cf.arena);
	w->cf.options.queue_directory = view_of(w->base);
	w->cf.options.trusted_uid = geteuid();
	w->cf.options.queue_la = INT_MAX; /* what else the machine does must not matter */
	w->cf.options.super_safe = 't';
	w->cf.options.requires_dir_fsync = true;
	w->cf.options.checkpoint_interval = 10;
	w->cf.options.retry_factor = 90000;
	w->cf.options.timeout.queuereturn_s[0] = 5 * 86400;
	w->snap = (struct snapshot){ .cf = &w->cf, .services = &w->services, .refs = 1000000 };
	w->slot = snapshot_slot_new(&w->snap);
	w->mailer.name = VIEW("esmtp");
}

void test_world_add_groups(struct test_world *w)
{
	for (int i = 0; i < 2; i++) {
		snprintf(w->group_paths[i], sizeof(w->group_paths[i]), "%s/%c", w->base, 'a' + i);
		CHECK_INT(mkdir(w->group_paths[i], 0700), 0);
	}
	w->cf.groups[0] = (struct queue_group){ .name = VIEW("mqueue"),
						.path = view_of(w->group_paths[0]) };
	w->cf.groups[1] = (struct queue_group){ .name = VIEW("slow"),
						.path = view_of(w->group_paths[1]),
						.max_rcpts = 2 };
	w->cf.n_groups = 2;
	w->cf.ruleset_names = table_new(TABLE_NOCASE);
	w->slow = (struct mailer){ .name = VIEW("slowly"), .queue_group = VIEW("slow") };
}

bool test_world_try_open(struct test_world *w, struct queue_params p)
{
	own_str struct str why = STR_MAX(300);

	p.slot = w->slot;
	p.services = &w->services;
	w->queue = queue_open(&p, &why);
	if (!w->queue)
		printf("%s\n", str_z(&why));
	return w->queue != NULL;
}

void test_world_open(struct test_world *w, bool with_journal, int64_t interval_s)
{
	CHECK(test_world_try_open(w, (struct queue_params){ .with_journal = with_journal,
							    .with_schedule = true,
							    .run_interval_s = interval_s }));
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	(void)st;
	(void)flag;
	(void)at;
	return remove(path);
}

void test_world_done(struct test_world *w)
{
	queue_close(w->queue);
	snapshot_slot_free(w->slot);
	table_free(w->cf.ruleset_names);
	arena_free(w->cf.arena);
	log_free(w->services.log);
	CHECK_INT(nftw(w->base, remove_one, 10, FTW_DEPTH | FTW_PHYS), 0);
}

struct envelope *test_world_envelope(struct test_world *w, const char *body)
{
	struct envelope *e = envelope_new(&w->snap);

	e->sender = VIEW("<a@b.test>");
	e->created_s = wall_s();
	e->delivery_mode = 'b';
	e->body = body_new(1 << 20, -1);
	CHECK_INT(body_append(e->body, view_of(body)), 0);
	return e;
}
