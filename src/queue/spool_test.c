/*
 * spool_test.c
 */
#include "queue/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/test.h"
#include "queue/scan.h"

struct place {
	char base[64];
	struct log *log;
	struct config cf;
};

static void place_init(struct place *p)
{
	snprintf(p->base, sizeof(p->base), "/tmp/queue-test-XXXXXX");
	CHECK(mkdtemp(p->base) != NULL);
	p->log = log_new(LOG_TO_NOTHING, "test", NULL);
	memset(&p->cf, 0, sizeof(p->cf));
	p->cf.options.queue_directory = view_of(p->base);
	p->cf.options.trusted_uid = geteuid();
	p->cf.options.super_safe = 't';
	p->cf.options.requires_dir_fsync = true;
}

static void place_done(struct place *p)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -rf %s", p->base);
	CHECK_INT(system(command), 0);
	log_free(p->log);
}

static struct spool *open_spool(struct place *p)
{
	own_str struct str why = STR_MAX(200);
	struct spool *s = spool_open(&p->cf, p->log, true, &why);

	if (!s)
		fail_msg("%s", str_z(&why));
	return s;
}

TEST_COVERS("a message is written as df and qf, locked, and removed in that order", 97, 100, 101)
{
	struct place p;
	struct spool *s;
	int lock = -1, other = -1, body;
	char got[16];

	place_init(&p);
	s = open_spool(&p);
	CHECK_INT(spool_put_bytes(s, 0, "6AKJ9A9m007211", VIEW("body\n"), true), 0);
	CHECK_INT(spool_put_bytes(s, 0, "6AKJ9A9m007211", VIEW("body\n"), true), -EEXIST);
	CHECK_INT(
		spool_put_control(s, 0, "6AKJ9A9m007211", 'q', VIEW("V8\n.\n"), true, true, &lock),
		0);
	CHECK_INT(spool_sync_dir(s, 0), 0);
	CHECK_INT(spool_lock(s, 0, "6AKJ9A9m007211", 'q', &other), SPOOL_BUSY);
	close(lock);
	CHECK_INT(spool_lock(s, 0, "6AKJ9A9m007211", 'q', &other), SPOOL_LOCKED);
	body = spool_open_body(s, 0, "6AKJ9A9m007211");
	CHECK_INT(read(body, got, sizeof(got)), 5);
	close(body);
	spool_remove(s, 0, "6AKJ9A9m007211", 'q');
	close(other);
	CHECK_INT(spool_lock(s, 0, "6AKJ9A9m007211", 'q', &other), SPOOL_GONE);
	CHECK_INT(rmdir(p.base), 0);
	CHECK_INT(mkdir(p.base, 0700), 0);
	spool_close(s);
	place_done(&p);
}

TEST_COVERS("a control file that others may write is set aside as Qf", 97, 99)
{
	struct place p;
	struct spool *s;
	int lock = -1;
	char path[128];

	place_init(&p);
	s = open_spool(&p);
	CHECK_INT(spool_put_control(s, 0, "6AKJ9A9m007211", 'q', VIEW("V8\n.\n"), true, true, NULL),
		  0);
	snprintf(path, sizeof(path), "%s/qf6AKJ9A9m007211", p.base);
	CHECK_INT(chmod(path, 0666), 0);
	CHECK_INT(spool_lock(s, 0, "6AKJ9A9m007211", 'q', &lock), SPOOL_BOGUS);
	snprintf(path, sizeof(path), "%s/Qf6AKJ9A9m007211", p.base);
	CHECK_INT(access(path, F_OK), 0);
	spool_close(s);
	place_done(&p);
}

TEST_COVERS("a wildcard stands for several directories, subdirectories are used when they exist",
	    97, 105)
{
	struct place p;
	struct spool *s;
	own_str struct str name = STR_MAX(200);
	char path[128];
	bool used[2] = { false, false };
	int q2;

	place_init(&p);
	snprintf(path, sizeof(path), "%s/q1", p.base);
	CHECK_INT(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/q2", p.base);
	CHECK_INT(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/q2/qf", p.base);
	CHECK_INT(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/q*", p.base);
	p.cf.options.queue_directory = view_of(path);
	s = open_spool(&p);
	CHECK_INT(s->n_dirs, 2);
	for (int i = 0; i < 200; i++)
		used[spool_pick(s, 0)] = true;
	CHECK(used[0] && used[1]);
	snprintf(path, sizeof(path), "%s/q2", p.base);
	q2 = spool_find_dir(s, view_of(path));
	CHECK(q2 >= 0);
	CHECK_INT(
		spool_put_control(s, q2, "6AKJ9A9m007211", 'q', VIEW("V8\n.\n"), true, true, NULL),
		0);
	snprintf(path, sizeof(path), "%s/q2/qf/qf6AKJ9A9m007211", p.base);
	CHECK_INT(access(path, F_OK), 0);
	CHECK_INT(spool_body_dir(s, 1 - q2, VIEW("V8\ndq2\nSa\n")), q2);
	CHECK_INT(spool_body_dir(s, q2, VIEW("V8\ndq1\nSa\n")), 1 - q2);
	CHECK_INT(spool_body_dir(s, q2, VIEW("V8\nSa\n")), q2);
	CHECK_INT(spool_body_dir(s, q2, VIEW("V8\ndq2/df\nSa\n")), -1);
	CHECK_INT(spool_body_dir(s, q2, VIEW("V8\nd.\nSa\n")), -1);
	spool_file_path(s, q2, 'q', "6AKJ9A9m007211", &name);
	CHECK_STR(str_z(&name), "q2/qf/qf6AKJ9A9m007211");
	spool_close(s);
	place_done(&p);
}

TEST_COVERS("an empty control file is left alone at first and removed after ten minutes", 97)
{
	struct place p;
	struct spool *s;
	int lock = -1;
	char path[128];
	struct timespec old[2] = {
		{1000,  0},
                { 1000, 0}
	};

	place_init(&p);
	s = open_spool(&p);
	CHECK_INT(spool_put_control(s, 0, "6AKJ9A9m007211", 'q', VIEW(""), true, true, NULL), 0);
	snprintf(path, sizeof(path), "%s/qf6AKJ9A9m007211", p.base);
	CHECK_INT(spool_lock(s, 0, "6AKJ9A9m007211", 'q', &lock), SPOOL_EMPTY);
	CHECK_INT(access(path, F_OK), 0);
	CHECK_INT(utimensat(AT_FDCWD, path, old, 0), 0);
	CHECK_INT(spool_lock(s, 0, "6AKJ9A9m007211", 'q', &lock), SPOOL_EMPTY);
	CHECK_INT(access(path, F_OK), -1);
	spool_close(s);
	place_done(&p);
}

TEST_COVERS(
	"a temporary control file goes when its writer is dead for an hour, not while it is locked or young",
	97)
{
	struct timespec old[2] = {
		{1000,  0},
                { 1000, 0}
	};
	struct place p;
	struct spool *s;
	int lock = -1;
	char path[128];

	place_init(&p);
	s = open_spool(&p);
	snprintf(path, sizeof(path), "%s/tf6AKJ9A9m007211", p.base);
	CHECK_INT(spool_begin_control(s, 0, "6AKJ9A9m007211", VIEW("V8\n"), true, true, &lock), 0);
	CHECK_INT(utimensat(AT_FDCWD, path, old, 0), 0);
	scan_remove_temporary(s, 0, wall_s());
	CHECK_INT(access(path, F_OK), 0);
	close(lock);
	CHECK_INT(utimensat(AT_FDCWD, path, NULL, 0), 0);
	scan_remove_temporary(s, 0, wall_s());
	CHECK_INT(access(path, F_OK), 0);
	CHECK_INT(utimensat(AT_FDCWD, path, old, 0), 0);
	scan_remove_temporary(s, 0, wall_s());
	CHECK_INT(access(path, F_OK), -1);
	spool_close(s);
	place_done(&p);
}
