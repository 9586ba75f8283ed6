/*
 * hoststat_test.c
 */
#include "queue/hoststat.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/test.h"

struct hosts {
	char base[64];
	struct config cf;
	struct snapshot snap;
	struct str out;
};

static void hosts_init(struct hosts *h)
{
	memset(h, 0, sizeof(*h));
	snprintf(h->base, sizeof(h->base), "/tmp/hoststat-test-XXXXXX");
	CHECK(mkdtemp(h->base) != NULL);
	h->cf.options.queue_directory = view_of(h->base);
	h->cf.options.host_status_directory = VIEW(".");
	h->cf.options.timeout.hoststatus_s = 1800;
	h->snap.cf = &h->cf;
	h->out = STR_MAX(10000);
}

static void hosts_done(struct hosts *h)
{
	char command[100];

	str_done(&h->out);
	snprintf(command, sizeof(command), "rm -rf %s", h->base);
	CHECK_INT(system(command), 0);
}

static void collect(void *arg, struct view text)
{
	str_add(&((struct hosts *)arg)->out, text);
}

TEST_COVERS("a host's file lies under its labels from the last to the first", 110)
{
	static const struct {
		const char *host, *path;
	} cases[] = {
		{"mail.example.com",   "com./example./mail"},
		{ "Mail.Example.COM.", "com./example./mail"},
		{ "[127.0.0.1]",       "1./0./0./127"      },
		{ "localhost",         "localhost"         },
		{ "a/b.test",          "test./a:b"         },
		{ "..",                NULL                },
		{ "",                  NULL                },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		own_str struct str out = STR_MAX(300);

		CHECK(hoststat_path(view_of(cases[i].host), &out) == (cases[i].path != NULL));
		if (cases[i].path)
			CHECK_STR(str_z(&out), cases[i].path);
	}
}

TEST_COVERS("hoststat shows what was noted, purgestat removes only what is older than half an hour",
	    110)
{
	struct hoststat sent = { .text = "250 2.0.0 accepted by sink", .used_s = wall_s() };
	struct hoststat refused = { .error = ECONNREFUSED,
				    .exit = EX_TEMPFAIL_,
				    .used_s = wall_s() - 3700 };
	const struct timespec long_ago[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } };
	struct hoststat got;
	struct hosts h;
	char path[200];

	hosts_init(&h);
	CHECK_INT(hoststat_write(&h.cf, VIEW("mx1.example.com"), &sent), 0);
	CHECK_INT(hoststat_write(&h.cf, VIEW("refuse-host.test"), &refused), 0);
	CHECK_INT(hoststat_read(&h.cf, VIEW("MX1.example.com."), &got), FOUND);
	CHECK_STR(got.text, sent.text);
	CHECK_INT(hoststat_read(&h.cf, VIEW("refuse-host.test"), &got), NOT_FOUND);
	CHECK_INT(hoststat_list(&h.snap, false, collect, &h), 0);
	CHECK(strstr(str_z(&h.out), " mx1.example.com                             00:00:0") !=
	      NULL);
	CHECK(strstr(str_z(&h.out), " 250 2.0.0 accepted by sin\n") != NULL);
	CHECK(strstr(str_z(&h.out), " refuse-host.test                            01:01:4") !=
	      NULL);
	CHECK(strstr(str_z(&h.out), " Deferred: Connection refu\n") != NULL);
	snprintf(path, sizeof(path), "%s/./test./refuse-host", h.base);
	CHECK_INT(utimensat(AT_FDCWD, path, long_ago, 0), 0);
	CHECK_INT(hoststat_purge(&h.snap), 0);
	str_clear(&h.out);
	hoststat_list(&h.snap, true, collect, &h);
	CHECK(strstr(str_z(&h.out), "refuse-host") == NULL);
	CHECK(strstr(str_z(&h.out), " 250 2.0.0 accepted by sink\n") != NULL);
	hosts_done(&h);
}

static void put_file(const struct hosts *h, const char *name, const char *text)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", h->base, name);
	f = fopen(path, "w");
	CHECK(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
}

TEST_COVERS("hoststat is silent about nothing, and tells of files that are none of its own", 110)
{
	static const struct {
		const char *text, *line;
	} cases[] = {
		{"",			     "/x: could not read status file\n"},
		{ "garbage\n",                   "/x: could not read status file\n"},
		{ "V0\nE0\nH0\nS75\nU1\n",       " 4.0.0 Deferred\n"               },
		{ "V0\nE0\nH1\nS68\nU1\n.\n",    " 5.1.2 Host unknown\n"           },
		{ "V0\nE0\nH0\nS75\nR\nU1\n.\n", ":00 \n"                          },
		{ "V0\nE111\nH0\nS75\nU1\n.\n",  " Deferred: Connection refused\n" },
		{ "V0\nE0\nH0\nS0\nU1\n.\n",     " OK\n"                           },
	};
	struct hosts h;

	hosts_init(&h);
	h.cf.options.timeout.hoststatus_s = 0;
	CHECK_INT(hoststat_list(&h.snap, true, collect, &h), 0);
	CHECK_STR(str_z(&h.out), "");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *line = cases[i].line[0] == ':' ? cases[i].line + 3 : cases[i].line;
		size_t len = strlen(line);

		put_file(&h, "x", cases[i].text);
		str_clear(&h.out);
		hoststat_list(&h.snap, true, collect, &h);
		CHECK(view_starts(str_view(&h.out), VIEW(" -------------- Hostname ")));
		CHECK(h.out.len > len && strcmp(str_z(&h.out) + h.out.len - len, line) == 0);
	}
	h.cf.options.host_status_directory = VIEW("nowhere");
	CHECK_INT(hoststat_purge(&h.snap), 0);
	hosts_done(&h);
}

TEST_COVERS(
	"with SingleThreadDelivery a host is locked by one delivery at a time, and marked in the list",
	110)
{
	struct hoststat sent = { .text = "250 ok", .used_s = wall_s() };
	struct hosts h;
	int lock;

	hosts_init(&h);
	CHECK_INT(hoststat_write(&h.cf, VIEW("a.test"), &sent), 0);
	CHECK_INT(hoststat_lock(&h.cf, VIEW("a.test")), -ENOENT);
	h.cf.options.single_thread_delivery = true;
	lock = hoststat_lock(&h.cf, VIEW("a.test"));
	CHECK(lock >= 0);
	CHECK_INT(hoststat_lock(&h.cf, VIEW("A.TEST")), -EWOULDBLOCK);
	hoststat_list(&h.snap, false, collect, &h);
	CHECK(strstr(str_z(&h.out), "*a.test") != NULL);
	close(lock);
	hosts_done(&h);
}
