/* daemon_test.c - the parts of the daemon that can be tested without an mta. */
#include "daemon/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "base/test.h"
#include "daemon/info.h"
#include "daemon/listen.h"
#include "daemon/pidfile.h"
#include "daemon/rights.h"

static struct log *quiet(void)
{
	return log_new(LOG_TO_NOTHING, "test", NULL);
}

static void file_text(const char *path, struct str *out)
{
	char buf[1000];
	int fd = open(path, O_RDONLY);
	ssize_t n;

	CHECK(fd >= 0);
	n = read(fd, buf, sizeof(buf));
	close(fd);
	str_add(out, view_from(buf, n > 0 ? (size_t)n : 0));
}

TEST_COVERS("the pid file has the pid and the command line, is locked, and goes with the daemon",
	    197, 208)
{
	static const char *const argv[] = { "/usr/sbin/sendmail", "-bd", "-q30m", NULL };
	own_str struct str text = STR_MAX(2000), want = STR_MAX(100);
	char dir[] = "/tmp/pidfile-test-XXXXXX", path[64];
	struct log *log = quiet();
	struct pidfile f, second;

	CHECK(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/sendmail.pid", dir);
	pidfile_write(view_of(path), argv, log, &f);
	str_addf(&want, "%d\n/usr/sbin/sendmail -bd -q30m\n", (int)getpid());
	file_text(path, &text);
	CHECK_STR(str_z(&text), str_z(&want));
	pidfile_write(view_of(path), argv + 1, log, &second);
	CHECK(second.fd < 0);
	pidfile_remove(&second);
	str_clear(&text);
	file_text(path, &text);
	CHECK_STR(str_z(&text), str_z(&want));
	pidfile_remove(&f);
	CHECK(access(path, F_OK) < 0);
	pidfile_write(VIEW(""), argv, log, &f);
	CHECK(f.path == NULL);
	pidfile_remove(&f);
	rmdir(dir);
	log_free(log);
}

static void one_daemon(struct config *cf, int i, struct view addr, struct view port)
{
	cf->options.daemons[i] = (struct daemon_options){
		.addr = addr, .port = port, .family = VIEW("inet"), .listen = 10
	};
	if (cf->options.n_daemons <= i)
		cf->options.n_daemons = i + 1;
}

TEST_COVERS("a new configuration takes over the sockets that it still wants, and closes the others",
	    45, 40)
{
	static struct config cf, next;
	struct listeners first = { .n = 0 }, second = { .n = 0 };
	struct log *log = quiet();
	struct stat st;
	int kept;

	one_daemon(&cf, 0, VIEW("127.0.0.1"), VIEW("21901"));
	one_daemon(&cf, 1, VIEW("127.0.0.1"), VIEW("21902"));
	CHECK_INT(listeners_open(&cf, log, NULL, &first), 0);
	CHECK_INT(first.n, 2);
	kept = first.v[1].fd;
	one_daemon(&next, 0, VIEW("127.0.0.1"), VIEW("21902"));
	one_daemon(&next, 1, VIEW("127.0.0.2"), VIEW("21902"));
	CHECK_INT(listeners_open(&next, log, &first, &second), 0);
	CHECK_INT(second.n, 2);
	CHECK_INT(second.v[0].fd, kept);
	CHECK_INT(second.v[0].daemon_index, 0);
	CHECK_INT(fstat(kept, &st), 0);
	CHECK_INT(first.n, 0);
	listeners_close(&second);
	CHECK(fstat(kept, &st) < 0);
	log_free(log);
}

TEST_COVERS("a socket that cannot be had is an error, unless its daemon is optional", 45)
{
	static struct config cf;
	struct listeners l = { .n = 0 };
	struct log *log = quiet();

	one_daemon(&cf, 0, VIEW("127.0.0.1"), VIEW("no-such-service"));
	CHECK(listeners_open(&cf, log, NULL, &l) < 0);
	CHECK_INT(l.n, 0);
	flag_add(&cf.options.daemons[0].modifiers, 'O');
	CHECK_INT(listeners_open(&cf, log, NULL, &l), 0);
	CHECK_INT(l.n, 0);
	log_free(log);
}

TEST_COVERS("the log tells what the daemon does", 144)
{
	char info[DAEMON_INFO_MAX];

	daemon_info(&(struct daemon_params){ .with_smtp = true }, info);
	CHECK_STR(info, "SMTP");
	daemon_info(&(struct daemon_params){ .with_smtp = true, .run_interval_s = 1800 }, info);
	CHECK_STR(info, "SMTP+queueing@00:30:00");
	daemon_info(&(struct daemon_params){ .with_smtp = true,
					     .run_interval_s = 5,
					     .is_persistent = true },
		    info);
	CHECK_STR(info, "SMTP+persistent-queueing@00:00:05");
	daemon_info(&(struct daemon_params){ .run_interval_s = 90000 }, info);
	CHECK_STR(info, "queueing@25:00:00");
}

static bool lists(const char *const *list, size_t n, const char *path)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(list[i], path) == 0)
			return true;
	}
	return false;
}

TEST_COVERS(
	"the sandbox leaves what the configuration mentions, and lets only the queue be written",
	169)
{
	own_arena struct arena *a = arena_new(1 << 20);
	static struct config cf;
	static struct rights r;
	char dir[] = "/tmp/rights-test-XXXXXX", text[500], queue[64], maps[64], path[64];
	int fd;

	CHECK(mkdtemp(dir) != NULL);
	snprintf(queue, sizeof(queue), "%s/mqueue", dir);
	snprintf(maps, sizeof(maps), "%s/maps", dir);
	snprintf(path, sizeof(path), "%s/test.cf", dir);
	CHECK_INT(mkdir(queue, 0700), 0);
	CHECK_INT(mkdir(maps, 0700), 0);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	snprintf(text, sizeof(text),
		 "Kaccess hash -o -T<TMPF> %s/access\nFw-o %s/names %%[^\\#]\nKx regex -a/b [/]\n",
		 maps, maps);
	CHECK_INT(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	cf.path = view_of(path);
	cf.options.queue_directory = arena_printf(a, "%s/q*", queue);
	rights_find(&cf, a, &r);
	CHECK(lists(r.read, r.n_read, maps));
	CHECK(lists(r.read, r.n_read, dir));
	CHECK(lists(r.write, r.n_write, queue));
	CHECK(!lists(r.write, r.n_write, maps));
	CHECK(!lists(r.read, r.n_read, "/"));
	unlink(path);
	rmdir(queue);
	rmdir(maps);
	rmdir(dir);
}
