/* safefile_test.c - who may have put that file there. */
#include "os/safefile.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/test.h"

struct yard {
	char dir[64];
};

static void run(const char *cmd, const char *dir)
{
	char line[512];

	snprintf(line, sizeof(line), "cd %s && { %s; }", dir, cmd);
	CHECK_INT(system(line), 0);
}

static struct yard yard_make(void)
{
	struct yard y = { "/tmp/safefile.XXXXXX" };

	CHECK(mkdtemp(y.dir) != NULL);
	run("chmod 755 . && mkdir ok gw ww && chmod 775 gw && chmod 777 ww && echo x > ok/f && "
	    "chmod 644 ok/f && cp ok/f gw/f && cp ok/f ww/f && ln -s $PWD/ok/f ww/link && "
	    "ln -s f ok/link && ln -s loop ok/loop && ln -s ../gw ok/up && mkfifo ok/fifo && "
	    "echo x > ok/hard && ln ok/hard ok/hard2 && echo x > ok/bits && chmod 666 ok/bits && "
	    "echo x > ok/none && chmod 0 ok/none && mkdir ok/shut && echo x > ok/shut/f && "
	    "chmod 0 ok/shut",
	    y.dir);
	return y;
}

static void yard_remove(const struct yard *y)
{
	run("chmod 755 ok/shut; rm -rf \"$PWD\"", y->dir);
}

static const char *verdict(const struct yard *y, const char *name, unsigned flags, uint64_t blame,
			   int open_flags)
{
	static char reason[128];
	char path[256];
	struct safe_request r = { .path = path,
				  .open_flags = open_flags,
				  .mode = 0600,
				  .flags = flags,
				  .dont_blame = blame | BLAME(TRUST_STICKY_BIT),
				  .uid = geteuid(),
				  .gid = getegid() };
	struct safe_file f;

	snprintf(path, sizeof(path), "%s/%s", y->dir, name);
	if (safe_open(&r, &f) == 0) {
		close(f.fd);
		return f.is_new ? "new" : "ok";
	}
	CHECK_INT(f.fd, -1);
	memcpy(reason, f.reason, sizeof(reason));
	return reason;
}

TEST_COVERS("a file is opened or refused by its place, its kind and its bits", 91, 171)
{
	struct yard y = yard_make();
	const struct {
		const char *name;
		unsigned flags;
		uint64_t blame;
		const char *want;
	} cases[] = {
		{"ok/f",          SAFE_DIRS,                            0,                                   "ok"                               },
		{ "gw/f",         SAFE_DIRS,                            0,                                   "Group writable directory"         },
		{ "gw/f",         SAFE_DIRS,                            BLAME(GROUP_WRITABLE_DIR_PATH_SAFE), "ok"                               },
		{ "gw/f",         0,				    0,				   "ok"                               },
		{ "ww/f",         SAFE_DIRS,                            0,                                   "World writable directory"         },
		{ "ok/up/f",      SAFE_DIRS,                            0,                                   "Group writable directory"         },
		{ "ok/link",      SAFE_DIRS | SAFE_NO_LINK_IN_WRITABLE, 0,                                   "ok"                               },
		{ "ok/link",      SAFE_NO_LINK,                         0,                                   "Symbolic links not allowed"       },
		{ "ww/link",      SAFE_NO_LINK_IN_WRITABLE,             0,                                   "Symbolic links not allowed"       },
		{ "ww/link",      0,				    0,				   "ok"                               },
		{ "ok/loop",      0,				    0,				   "Too many levels of symbolic links"},
		{ "ok/fifo",      0,				    0,				   "Regular files only"               },
		{ "ok",           0,				    0,				   "Regular files only"               },
		{ "ok/hard",      SAFE_NO_HARD_LINK,                    0,                                   "Hard links not allowed"           },
		{ "ok/bits",      SAFE_NO_WORLD_WRITE,                  0,                                   "World writable file"              },
		{ "ok/bits",      SAFE_NO_GROUP_WRITE,                  0,                                   "Group writable file"              },
		{ "ok/bits",      SAFE_NO_WORLD_READ,                   0,                                   "World readable file"              },
		{ "ok/bits",      SAFE_NO_GROUP_READ,                   0,                                   "Group readable file"              },
		{ "ok/none",      0,				    0,				   "Permission denied"                },
		{ "ok/shut/f",    0,				    0,                                   "Permission denied"                },
		{ "ok/absent",    0,				    0,                                   "No such file or directory"        },
		{ "ok/f/g",       0,				    0,				   "Not a directory"                  },
		{ "ok/../ok/./f", SAFE_DIRS,                            0,                                   "ok"                               },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_STR(verdict(&y, cases[i].name, cases[i].flags, cases[i].blame, O_RDONLY),
			  cases[i].want);
	yard_remove(&y);
}

TEST("a missing file is made when asked for, never through a link")
{
	struct yard y = yard_make();

	CHECK_STR(verdict(&y, "ok/new", 0, 0, O_WRONLY | O_CREAT | O_APPEND), "new");
	CHECK_STR(verdict(&y, "ok/new", 0, 0, O_WRONLY | O_CREAT | O_APPEND), "ok");
	run("ln -s target ok/dangling", y.dir);
	CHECK_STR(verdict(&y, "ok/dangling", SAFE_NO_LINK, 0, O_WRONLY | O_CREAT),
		  "Symbolic links not allowed");
	yard_remove(&y);
}

TEST_COVERS("root is judged by the bits like anybody, or let in as the owner", 91)
{
	struct yard y = yard_make();

	if (geteuid() == 0) {
		run("echo x > ok/theirs && chmod 600 ok/theirs && chown 1 ok/theirs", y.dir);
		CHECK_STR(verdict(&y, "ok/theirs", 0, 0, O_RDONLY), "Permission denied");
		CHECK_STR(verdict(&y, "ok/theirs", SAFE_ROOT_OK, 0, O_RDONLY), "ok");
		CHECK_STR(verdict(&y, "ok/none", SAFE_ROOT_OK, 0, O_RDONLY), "Permission denied");
		CHECK_STR(verdict(&y, "ok/shut/f", SAFE_ROOT_OK, 0, O_RDONLY), "ok");
	}
	yard_remove(&y);
}

TEST("the words of DontBlameSendmail are known in any case")
{
	uint64_t bit = 1;

	CHECK(blame_by_name(VIEW("safe"), &bit) && bit == 0);
	CHECK(blame_by_name(VIEW("trustSTICKYbit"), &bit) && bit == BLAME(TRUST_STICKY_BIT));
	CHECK(!blame_by_name(VIEW("nonsense"), &bit));
	CHECK_STR(blame_name(BLAME_INDEX_WRITE_STATS_TO_SYM_LINK), "WriteStatsToSymLink");
}
