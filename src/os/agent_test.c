#include "os/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/test.h"
#include "os/agent_limits.h"
#include "os/agent_wire.h"
#include "os/safefile.h"

/* ---- an agent process of its own, as the daemon has one ---- */

struct remote {
	struct agent *agent;
	pid_t pid;
};

static _Noreturn void serve(int fd)
{
	static const char *const may_keep[] = { "/bin/sh", NULL };
	struct agent_server *s = agent_server_new(fd);
	int status;
	pid_t pid;

	agent_server_limit(s,
			   &(struct agent_limits){ .keep_uid_paths = may_keep, .any_root = true });
	while (agent_server_poll(s, deadline_in(5)) == 0) {
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			agent_server_collected(s, pid, status);
	}
	agent_server_free(s);
	_exit(0);
}

static struct remote remote_start(void)
{
	struct remote r;
	int ends[2];

	CHECK_INT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	r.pid = fork();
	CHECK(r.pid >= 0);
	if (r.pid == 0) {
		close(ends[0]);
		serve(ends[1]);
	}
	close(ends[1]);
	r.agent = agent_attach(ends[0]);
	return r;
}

static void remote_stop(struct remote *r)
{
	int status;

	agent_free(r->agent);
	CHECK_INT(waitpid(r->pid, &status, 0), r->pid);
	CHECK_INT(status, 0);
}

/* ---- running programs ---- */

static const char *const no_env[] = { "AGENT=sendmail", NULL };

static struct agent_program shell(const char *const *argv)
{
	return (struct agent_program){ .path = "/bin/sh",
				       .argv = argv,
				       .envp = no_env,
				       .uid = geteuid() ? geteuid() : 65534,
				       .gid = 65534 };
}

static void read_all(int fd, struct str *out)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char buf[4096];

	for (;;) {
		ssize_t n = read(fd, buf, sizeof(buf));

		if (n > 0)
			str_add(out, view_from(buf, (size_t)n));
		else if (n == 0 || errno != EAGAIN || poll(&p, 1, 5000) <= 0)
			return;
	}
}

/* Runs `sh -c script` with input, gives output and wait status. */
static int run(struct agent *a, const char *script, const char *input, struct str *out)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	struct agent_program p = shell(argv);
	struct agent_child c;
	int status = -1;

	CHECK_INT(agent_start(a, &p, false, deadline_in(5000), &c), 0);
	CHECK_INT(write(c.in, input, strlen(input)), strlen(input));
	close(c.in);
	c.in = -1;
	read_all(c.out, out);
	CHECK_INT(agent_wait(a, &c, deadline_in(5000), &status), 0);
	return status;
}

static void check_programs(struct agent *a)
{
	own_str struct str out = STR_MAX(10000);
	int status = run(a, "cat; echo err >&2; exit 75", "in\n", &out);

	CHECK(WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), 75);
	CHECK_VIEW(str_view(&out), "in\nerr\n");
}

TEST_COVERS("a program gets its input, gives its output and its exit status, local and remote", 71)
{
	struct agent *local = agent_local();
	struct remote r = remote_start();

	check_programs(local);
	check_programs(r.agent);
	agent_free(local);
	remote_stop(&r);
}

TEST_COVERS(
	"a program has the environment it was given, umask 022, directory / and no other descriptors",
	74)
{
	own_str struct str out = STR_MAX(10000);
	struct remote r = remote_start();
	int extra = open("/dev/null", O_RDONLY);

	run(r.agent,
	    "env | sort | grep -v -e ^PWD= -e ^_= -e ^SHLVL= -e ^OLDPWD=; umask; pwd; for f in 0 1 2 3 4 5 6 7 8 9 10 11 12 20 30; do test -e /proc/$$/fd/$f && printf '%s ' $f; done",
	    "", &out);
	CHECK_VIEW(str_view(&out), "AGENT=sendmail\n0022\n/\n0 1 2 ");
	close(extra);
	remote_stop(&r);
}

TEST_COVERS(
	"a program runs as its user and can not come back; root and unlisted keepers of root are refused",
	74)
{
	own_str struct str out = STR_MAX(10000);
	static const char *const argv[] = { "true", NULL };
	struct remote r = remote_start();
	struct agent_program p = {
		.path = "/bin/true", .argv = argv, .envp = no_env, .keep_uid = true
	};
	struct agent_child c;

	if (geteuid() != 0) {
		remote_stop(&r);
		return;
	}
	run(r.agent, "id -u; id -g; id -G", "", &out);
	CHECK_VIEW(str_view(&out), "65534\n65534\n65534\n");
	CHECK_INT(agent_start(r.agent, &p, false, deadline_in(5000), &c), -EPERM);
	p.path = "/bin/sh";
	p.keep_uid = false;
	CHECK_INT(agent_start(r.agent, &p, false, deadline_in(5000), &c), -EPERM);
	p.keep_uid = true;
	CHECK_INT(agent_start(r.agent, &p, false, deadline_in(5000), &c), 0);
	agent_forget(r.agent, &c);
	remote_stop(&r);
}

static void check_absent(struct agent *a)
{
	static const char *const argv[] = { "x", NULL };
	struct agent_program p = shell(argv);
	struct agent_child c;

	p.path = "/nonexistent/program";
	CHECK_INT(agent_start(a, &p, false, deadline_in(5000), &c), -ENOENT);
	p.path = "sh";
	CHECK_INT(agent_start(a, &p, false, deadline_in(5000), &c), -EINVAL);
}

TEST("a program that cannot be entered is an error of the start")
{
	struct agent *local = agent_local();
	struct remote r = remote_start();

	check_absent(local);
	check_absent(r.agent);
	check_programs(r.agent);
	agent_free(local);
	remote_stop(&r);
}

static void check_duplex(struct agent *a)
{
	static const char *const argv[] = { "sh", "-c", "read x; echo 250 $x", NULL };
	own_str struct str out = STR_MAX(1000);
	struct agent_program p = shell(argv);
	struct agent_child c;
	int status;

	CHECK_INT(agent_start(a, &p, true, deadline_in(5000), &c), 0);
	CHECK_INT(write(c.in, "LHLO\n", 5), 5);
	read_all(c.out, &out);
	CHECK_VIEW(str_view(&out), "250 LHLO\n");
	CHECK_INT(agent_wait(a, &c, deadline_in(5000), &status), 0);
	CHECK_INT(status, 0);
}

TEST_COVERS("a program that speaks LMTP has one socket for both directions", 73)
{
	struct agent *local = agent_local();
	struct remote r = remote_start();

	check_duplex(local);
	check_duplex(r.agent);
	agent_free(local);
	remote_stop(&r);
}

static void check_forget(struct agent *a)
{
	static const char *const argv[] = { "sh", "-c", "echo $$; exec sleep 60", NULL };
	struct agent_program p = shell(argv);
	int64_t until = deadline_in(5000);
	struct agent_child c;
	int status;
	char line[20];
	struct pollfd fd;
	pid_t pid;

	CHECK_INT(agent_start(a, &p, false, deadline_in(5000), &c), 0);
	fd = (struct pollfd){ .fd = c.out, .events = POLLIN };
	CHECK_INT(poll(&fd, 1, 5000), 1);
	CHECK(read(c.out, line, sizeof(line)) > 0);
	pid = (pid_t)strtol(line, NULL, 10);
	CHECK_INT(agent_wait(a, &c, deadline_in(30), &status), -ETIMEDOUT);
	agent_forget(a, &c);
	while (kill(pid, 0) == 0 && !deadline_is_past(until))
		usleep(1000);
	CHECK(kill(pid, 0) < 0);
}

TEST("a program that nobody waits for any more is ended")
{
	struct agent *local = agent_local();
	struct remote r = remote_start();

	check_forget(local);
	check_forget(r.agent);
	agent_free(local);
	remote_stop(&r);
}

TEST("without an agent every request fails at once")
{
	struct remote r = remote_start();
	static const char *const argv[] = { "x", NULL };
	struct agent_program p = shell(argv);
	struct agent_child c;
	int status;

	kill(r.pid, SIGKILL);
	CHECK_INT(waitpid(r.pid, &status, 0), r.pid);
	CHECK(agent_start(r.agent, &p, false, deadline_in(5000), &c) < 0);
	agent_free(r.agent);
}

static void *run_some(void *arg)
{
	for (int i = 0; i < 20; i++) {
		own_str struct str out = STR_MAX(1000);

		if (run(arg, "echo hi", "", &out) != 0 || !view_eq(str_view(&out), VIEW("hi\n")))
			return arg;
	}
	return NULL;
}

TEST("many threads may ask at once, and each gets its own answers")
{
	struct remote r = remote_start();
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		CHECK_INT(pthread_create(&t[i], NULL, run_some, r.agent), 0);
	for (int i = 0; i < 4; i++) {
		void *wrong;

		pthread_join(t[i], &wrong);
		CHECK(wrong == NULL);
	}
	remote_stop(&r);
}

/* ---- files ---- */

/* A place under a root-owned directory that is not writable by others: /tmp would not be a safe path. */
struct dir {
	char path[64];
};

static struct dir dir_make(void)
{
	struct dir d = { "/var/agent-test-XXXXXX" };

	if (!mkdtemp(d.path)) {
		snprintf(d.path, sizeof(d.path), "/tmp/agent-test-XXXXXX");
		CHECK(mkdtemp(d.path) != NULL);
	}
	chmod(d.path, 0755);
	return d;
}

static void dir_remove(struct dir *d)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", d->path);
	CHECK_INT(system(command), 0);
}

static void make_file(struct dir *d, const char *name, const char *text, uid_t owner, mode_t mode,
		      char path[128])
{
	int fd;

	snprintf(path, 128, "%s/%s", d->path, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	CHECK(fd >= 0);
	CHECK_INT(write(fd, text, strlen(text)), strlen(text));
	CHECK_INT(fchmod(fd, mode), 0);
	if (geteuid() == 0)
		CHECK_INT(fchown(fd, owner, owner), 0);
	close(fd);
}

static int open_file(struct agent *a, enum agent_open_kind kind, const char *path, uid_t uid,
		     struct agent_file *f)
{
	struct agent_open o = { .kind = kind, .path = path, .uid = uid, .gid = uid, .mode = 0600 };

	return agent_open(a, &o, deadline_in(200), f);
}

static void check_open(struct agent *a, struct dir *d)
{
	char path[128];
	struct agent_file f;
	char text[10];

	make_file(d, ".forward", "\\me\n", 1234, 0600, path);
	CHECK_INT(open_file(a, AGENT_OPEN_FORWARD, path, 1234, &f), 0);
	CHECK_INT(f.owner, 1234);
	CHECK_INT(read(f.fd, text, sizeof(text)), 4);
	close(f.fd);
	CHECK_INT(open_file(a, AGENT_OPEN_FORWARD, path, 1235, &f), -EPERM);
	make_file(d, ".forward", "\\me\n", 1234, 0664, path);
	CHECK_INT(open_file(a, AGENT_OPEN_FORWARD, path, 1234, &f), -EPERM);
	CHECK_STR(f.reason, "Group writable file");
	make_file(d, "other", "x\n", 1236, 0644, path);
	CHECK_INT(open_file(a, AGENT_OPEN_FORWARD, path, 1234, &f), -EPERM);
	CHECK_INT(open_file(a, AGENT_OPEN_INCLUDE, path, 1234, &f), 0);
	close(f.fd);
	make_file(d, "secret", "x\n", 0, 0600, path);
	CHECK_INT(open_file(a, AGENT_OPEN_INCLUDE, path, 0, &f), -EACCES);
	CHECK_INT(open_file(a, AGENT_OPEN_INCLUDE, path, 1234, &f), -EACCES);
	CHECK_INT(open_file(a, AGENT_OPEN_FORWARD, "/nonexistent/.forward", 1234, &f), -ENOENT);
	CHECK_INT(open_file(a, AGENT_OPEN_FORWARD, "relative", 1234, &f), -EPERM);
	CHECK_INT(geteuid(), 0);
	CHECK_INT(access(path, R_OK), 0);
}

TEST_COVERS("a .forward or list is read as its user, by the rules for safe files", 88, 91)
{
	struct agent *local = agent_local();
	struct dir d = dir_make();
	struct remote r = remote_start();

	if (geteuid() == 0) {
		check_open(local, &d);
		check_open(r.agent, &d);
	}
	agent_free(local);
	remote_stop(&r);
	dir_remove(&d);
}

static void check_append(struct agent *a, struct dir *d)
{
	uid_t uid = geteuid() ? geteuid() : 1234;
	char path[128], link[128];
	struct agent_file f, again;
	struct stat st;

	CHECK_INT(chmod(d->path, 01777), 0);
	snprintf(path, sizeof(path), "%s/mbox", d->path);
	unlink(path);
	CHECK_INT(open_file(a, AGENT_OPEN_APPEND, path, uid, &f), 0);
	CHECK_INT(fstat(f.fd, &st), 0);
	CHECK_INT(st.st_uid, uid);
	CHECK_INT(st.st_mode & 0777, 0600);
	CHECK_INT(open_file(a, AGENT_OPEN_APPEND, path, uid, &again), -EAGAIN);
	CHECK_INT(write(f.fd, "mail\n", 5), 5);
	close(f.fd);
	CHECK_INT(open_file(a, AGENT_OPEN_APPEND, path, uid, &f), 0);
	CHECK_INT(write(f.fd, "more\n", 5), 5);
	CHECK_INT(fstat(f.fd, &st), 0);
	CHECK_INT(st.st_size, 10);
	close(f.fd);
	snprintf(link, sizeof(link), "%s/link", d->path);
	unlink(link);
	CHECK_INT(symlink(path, link), 0);
	CHECK_INT(open_file(a, AGENT_OPEN_APPEND, link, uid, &f), -EPERM);
	CHECK_STR(f.reason, "Symbolic links not allowed");
	CHECK_INT(chmod(path, 0700), 0);
	CHECK_INT(open_file(a, AGENT_OPEN_APPEND, path, uid, &f), -EPERM);
	CHECK_STR(f.reason, "Executable files not allowed");
	CHECK_INT(open_file(a, AGENT_OPEN_APPEND, "/dev/null", uid, &f), 0);
	close(f.fd);
}

TEST_COVERS("a mailbox is made and appended to as its user, locked while it is open", 75)
{
	struct agent *local = agent_local();
	struct dir d = dir_make();
	struct remote r = remote_start();

	check_append(local, &d);
	check_append(r.agent, &d);
	agent_free(local);
	remote_stop(&r);
	dir_remove(&d);
}

TEST_COVERS("inside SafeFileEnvironment a path cannot lead out", 75)
{
	struct agent *local = agent_local();
	struct dir d = dir_make();
	struct agent_file f;
	char path[128], inside[160];
	struct agent_open o = { .kind = AGENT_OPEN_APPEND,
				.uid = 1234,
				.gid = 1234,
				.mode = 0600,
				.safe_dir = d.path };

	if (geteuid() == 0) {
		make_file(&d, "box", "", 1234, 0600, path);
		o.path = path;
		CHECK_INT(agent_open(local, &o, deadline_in(1000), &f), 0);
		close(f.fd);
		o.path = "/box";
		CHECK_INT(agent_open(local, &o, deadline_in(1000), &f), 0);
		close(f.fd);
		o.path = "/etc/box";
		CHECK_INT(agent_open(local, &o, deadline_in(1000), &f), -ENOENT);
		snprintf(inside, sizeof(inside), "%s/../../../box", d.path);
		o.path = inside;
		CHECK_INT(agent_open(local, &o, deadline_in(1000), &f), 0);
		CHECK_INT(f.owner, 1234);
		close(f.fd);
		o.path = "/dev/null";
		CHECK_INT(agent_open(local, &o, deadline_in(1000), &f), -ENOENT);
		o.uid = 0;
		CHECK_INT(agent_open(local, &o, deadline_in(1000), &f), -EPERM);
	}
	agent_free(local);
	dir_remove(&d);
}

/* ---- limits ---- */

static int ask_program(struct limits *l, struct agent_program *p)
{
	static const char *const argv[] = { "true", NULL };
	static const char *const plain[] = { "AGENT=sendmail", NULL };

	p->path = p->path ? p->path : "/bin/true";
	p->argv = argv;
	p->envp = p->envp ? p->envp : plain;
	return limits_on_program(l, p);
}

static void check_program_limits(struct limits *l)
{
	static const char *const preload[] = { "AGENT=sendmail", "LD_PRELOAD=/tmp/x.so", NULL };
	static const char *const given[] = { "AGENT=sendmail", "A=b", NULL };
	struct agent_program p = { .keep_uid = true, .envp = given };

	CHECK_INT(ask_program(l, &p), 0);
	p.envp = preload;
	CHECK_INT(ask_program(l, &p), -EPERM);
	p = (struct agent_program){ .keep_uid = true, .path = "/bin/sh" };
	CHECK_INT(ask_program(l, &p), -EPERM);
	p = (struct agent_program){ .uid = 1234, .gid = 1234, .chroot_dir = "/tmp/jail" };
	CHECK_INT(ask_program(l, &p), -EPERM);
	p.chroot_dir = "/srv/jail";
	CHECK_INT(ask_program(l, &p), 0);
	p = (struct agent_program){ .uid = 1234, .gid = 0 };
	CHECK_INT(ask_program(l, &p), -EPERM);
	p = (struct agent_program){ .uid = 1234, .gid = 1234, .user = "root" };
	CHECK_INT(ask_program(l, &p), 0);
	CHECK(p.user == NULL);
	/* daemon may not have the groups of root; a group that the configuration names, he may. */
	p = (struct agent_program){ .uid = 1, .gid = 0, .user = "daemon" };
	CHECK_INT(ask_program(l, &p), 0);
	CHECK_INT(p.gid, 1);
	p = (struct agent_program){ .uid = 1, .gid = 8 };
	CHECK_INT(ask_program(l, &p), 0);
	CHECK_INT(p.gid, 8);
}

TEST_COVERS("what the configuration fixes is not taken from a request", 74, 75)
{
	static const char *const paths[] = { "/bin/true", NULL }, *const env[] = { "A=b", NULL },
				 *const roots[] = { "/srv/jail", NULL };
	static const struct agent_ids ids[] = {
		{1, 8}
	};
	struct limits *l = limits_new(&(struct agent_limits){ .keep_uid_paths = paths,
							      .keep_uid_env = env,
							      .roots = roots,
							      .ids = ids,
							      .n_ids = 1,
							      .has_files = true,
							      .safe_dir = "/safe",
							      .dont_blame = 2 });
	struct agent_open o = {
		.kind = AGENT_OPEN_APPEND, .uid = 1, .gid = 1, .dont_blame = ~0ull
	};

	if (geteuid() == 0) {
		check_program_limits(l);
		CHECK_INT(limits_on_open(l, &o), 0);
		CHECK_STR(o.safe_dir, "/safe");
		CHECK_INT(o.dont_blame, 2);
		CHECK_INT(ask_program(NULL, &(struct agent_program){ .keep_uid = true }), -EPERM);
	}
	limits_free(l);
}

/* ---- packets ---- */

TEST("a request whose parts do not fit is refused, whatever it says")
{
	static char packet[WIRE_MAX], bad[WIRE_MAX];
	static struct wire_decoded d;
	static const char *const argv[] = { "sh", "-c", "true", NULL };
	struct agent_program p = {
		.path = "/bin/sh", .argv = argv, .envp = no_env, .user = "me", .dirs = "/a:/b"
	};
	ssize_t size = wire_encode_program(&p, packet);
	struct wire_request head;

	CHECK(size > 0);
	memcpy(bad, packet, (size_t)size);
	CHECK_INT(wire_decode(bad, (size_t)size, &d), 0);
	CHECK_STR(d.program.argv[2], "true");
	CHECK(d.program.argv[3] == NULL);
	CHECK_STR(d.program.dirs, "/a:/b");
	CHECK_STR(d.program.user, "me");
	CHECK(d.program.chroot_dir == NULL);
	for (size_t n = 0; n < (size_t)size; n++)
		CHECK_INT(wire_decode(bad, n, &d), -EPROTO);
	memcpy(&head, packet, sizeof(head));
	head.n_args = AGENT_ARGS_MAX + 1;
	memcpy(bad, &head, sizeof(head));
	CHECK_INT(wire_decode(bad, (size_t)size, &d), -EPROTO);
	head.n_args = 2;
	memcpy(bad, &head, sizeof(head));
	CHECK_INT(wire_decode(bad, (size_t)size, &d), -EPROTO);
	memcpy(bad, packet, (size_t)size);
	bad[size - 1] = 'x';
	CHECK_INT(wire_decode(bad, (size_t)size, &d), -EPROTO);
}

TEST("a request that is too large is not sent")
{
	static char big[AGENT_BYTES_MAX + 10], packet[WIRE_MAX];
	const char *argv[] = { "sh", big, NULL };
	struct agent_program p = { .path = "/bin/sh", .argv = argv, .envp = no_env };

	memset(big, 'x', sizeof(big) - 1);
	CHECK_INT(wire_encode_program(&p, packet), -E2BIG);
}
