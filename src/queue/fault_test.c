/*
 * fault_test.c - the disk fails, or the machine stops, at every call that the queue makes to the file system.
 *
 * The linker puts the functions below in front of the system's (--wrap, meson.build). A child process accepts messages and tells
 * through a pipe which it acknowledged; its n-th call fails or is its last. The next queue on the same directory must then
 * have every acknowledged message. The table of positions tried is printed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/test.h"
#include "queue/queue.h"

enum fault { FAULT_NONE, FAULT_CRASH, FAULT_ENOSPC, FAULT_EIO };

static struct {
	enum fault kind;
	long at, n; /* the call that fails, calls so far */
} fault;

/* True: this call is to fail, errno is set. In a child that is to crash it does not return. */
static bool fails(void)
{
	if (fault.kind == FAULT_NONE ||
	    __atomic_add_fetch(&fault.n, 1, __ATOMIC_RELAXED) != fault.at)
		return false;
	if (fault.kind == FAULT_CRASH)
		_exit(9);
	errno = fault.kind == FAULT_EIO ? EIO : ENOSPC;
	return true;
}

#define WRAP(type, name, params, args)                                                             \
	type __real_##name params;                                                                 \
	type __wrap_##name params;                                                                 \
	type __wrap_##name params                                                                  \
	{                                                                                          \
		return fails() ? -1 : __real_##name args;                                          \
	}

WRAP(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n))
WRAP(ssize_t, pwrite64, (int fd, const void *p, size_t n, off_t at), (fd, p, n, at))
WRAP(int, fdatasync, (int fd), (fd))
WRAP(int, fsync, (int fd), (fd))
WRAP(int, syncfs, (int fd), (fd))
WRAP(int, renameat, (int a, const char *from, int b, const char *to), (a, from, b, to))
WRAP(int, renameat2, (int a, const char *from, int b, const char *to, unsigned flags),
     (a, from, b, to, flags))
WRAP(int, unlinkat, (int dir, const char *name, int flags), (dir, name, flags))

struct ground {
	char base[64];
	struct services services;
	struct config cf;
	struct snapshot snap;
	struct snapshot_slot *slot;
	struct queue *queue;
};

static void ground_init(struct ground *g)
{
	memset(g, 0, sizeof(*g));
	/* Hundreds of runs: in memory where that is to be had. */
	snprintf(g->base, sizeof(g->base), "%s/fault-test-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	CHECK(mkdtemp(g->base) != NULL);
	g->services.log = log_new(LOG_TO_NOTHING, "test", NULL);
	g->cf.arena = arena_new(1 << 20);
	g->cf.macros = macros_new(NULL, g->cf.arena);
	g->cf.options.queue_directory = view_of(g->base);
	g->cf.options.trusted_uid = geteuid();
	g->cf.options.super_safe = 't';
	g->cf.options.requires_dir_fsync = true;
	g->snap.cf = &g->cf;
	g->snap.services = &g->services;
	g->snap.refs = 1000000;
	g->slot = snapshot_slot_new(&g->snap);
}

static void ground_done(struct ground *g)
{
	char command[100];

	snapshot_slot_free(g->slot);
	arena_free(g->cf.arena);
	log_free(g->services.log);
	snprintf(command, sizeof(command), "rm -rf %s", g->base);
	CHECK_INT(system(command), 0);
}

static bool open_queue(struct ground *g, bool journal)
{
	struct str why = STR_MAX(300);
	struct queue_params p = { .slot = g->slot,
				  .services = &g->services,
				  .with_journal = journal,
				  .with_schedule = true };

	g->queue = queue_open(&p, &why);
	str_done(&why);
	return g->queue != NULL;
}

#define MESSAGES 6

/* The child: accepts messages, half of them held; each id that was acknowledged goes to the pipe. Then everything is spilled. */
static void child(struct ground *g, bool journal, int pipe_fd)
{
	if (!open_queue(g, journal))
		_exit(8);
	for (int i = 0; i < MESSAGES; i++) {
		struct envelope *e = envelope_new(&g->snap);
		char id[QUEUE_ID_MAX] = { 0 };

		e->sender = VIEW("<a@b.test>");
		e->created_s = wall_s();
		e->delivery_mode = i % 2 ? 'q' : 'b';
		e->body = body_new(1 << 20, -1);
		body_append(e->body, VIEW("hello\n"));
		envelope_add_rcpt(e, VIEW("<x@one.test>"), NULL);
		queue_assign_id(g->queue, e);
		memcpy(id, e->id, sizeof(id));
		if (queue_accept(g->queue, e) == 0)
			__real_write(pipe_fd, id, sizeof(id));
		else
			envelope_free(e);
	}
	queue_close(g->queue);
	_exit(fault.n < fault.at ? 7 : 0);
}

static bool has_files(const struct ground *g, const char *id)
{
	char qf[128], df[128];

	snprintf(qf, sizeof(qf), "%s/qf%s", g->base, id);
	snprintf(df, sizeof(df), "%s/df%s", g->base, id);
	return access(qf, F_OK) == 0 && access(df, F_OK) == 0;
}

/* One run with that fault at that call. Returns false when the child came to its end before the call. */
static bool try_position(enum fault kind, long at, bool journal, int *lost)
{
	char id[QUEUE_ID_MAX];
	struct ground g;
	int ends[2], status;
	pid_t pid;

	ground_init(&g);
	CHECK_INT(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		fault.kind = kind;
		fault.at = at;
		child(&g, journal, ends[1]);
	}
	close(ends[1]);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	CHECK(open_queue(&g, false));
	while (read(ends[0], id, sizeof(id)) == (ssize_t)sizeof(id))
		if (!has_files(&g, id)) {
			printf("lost: %s at call %ld\n", id, at);
			(*lost)++;
		}
	close(ends[0]);
	queue_close(g.queue);
	ground_done(&g);
	return WEXITSTATUS(status) != 7;
}

TEST_COVERS("at whatever call the disk fails or the machine stops, nothing acknowledged is lost",
	    100)
{
	static const struct {
		enum fault kind;
		const char *name;
	} kinds[] = {
		{FAULT_CRASH,   "crash" },
                { FAULT_ENOSPC, "ENOSPC"},
                { FAULT_EIO,    "EIO"   }
	};

	for (int journal = 0; journal < 2; journal++) {
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
			int lost = 0;
			long at = 1;

			while (try_position(kinds[k].kind, at, journal != 0, &lost) && at < 200)
				at++;
			printf("%-7s %-6s %3ld call positions tried, lost %d\n",
			       journal ? "journal" : "files", kinds[k].name, at, lost);
			CHECK_INT(lost, 0);
			CHECK(at > 10);
		}
	}
}
