#include "os/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/test.h"
#include "os/privileges.h"

/* What is given up is gone, so each case runs in a child; its exit status is the number of the first thing that was wrong. */
static int in_child(int (*run)(const char *dir))
{
	char dir[] = "/tmp/sandbox-test-XXXXXX", command[64];
	int status = -1;
	pid_t pid;

	CHECK(mkdtemp(dir) != NULL);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0)
		_exit(run(dir));
	CHECK_INT(waitpid(pid, &status, 0), pid);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	CHECK_INT(system(command), 0);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static bool can_open(const char *dir, const char *name, int flags)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, flags | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int files_case(const char *dir)
{
	char inside[128], read_only[128], from[160], to[160];
	const char *read[] = { read_only, "/nonexistent" }, *write[] = { inside };
	int error;

	snprintf(inside, sizeof(inside), "%s/q", dir);
	snprintf(read_only, sizeof(read_only), "%s/maps", dir);
	snprintf(from, sizeof(from), "%s/qf/x", inside);
	snprintf(to, sizeof(to), "%s/df", inside);
	if (mkdir(inside, 0700) < 0 || mkdir(read_only, 0700) < 0 ||
	    !can_open(read_only, "m", O_CREAT | O_WRONLY))
		return 1;
	error = sandbox_files(read, 2, write, 1);
	if (error == -ENOSYS || error == -EOPNOTSUPP)
		return 0;
	if (error < 0)
		return 2;
	if (!can_open(read_only, "m", O_RDONLY) || can_open(read_only, "m", O_WRONLY))
		return 3;
	if (can_open(dir, "elsewhere", O_CREAT | O_WRONLY) || can_open("/etc", "passwd", O_RDONLY))
		return 4;
	snprintf(from, sizeof(from), "%s/a", inside);
	snprintf(to, sizeof(to), "%s/sub", inside);
	if (!can_open(inside, "a", O_CREAT | O_WRONLY | O_TRUNC) || mkdir(to, 0700) < 0)
		return 5;
	snprintf(to, sizeof(to), "%s/sub/b", inside);
	return rename(from, to) < 0 ? 6 : 0;
}

TEST_COVERS("only the files that were named can be reached, and those in full", 169)
{
	CHECK_INT(in_child(files_case), 0);
}

static void *nothing(void *arg)
{
	return arg;
}

static int calls_case(const char *dir __attribute__((unused)))
{
	char name[] = "true";
	char *const argv[] = { name, NULL }, *const envp[] = { NULL };
	pthread_t t;

	if (sandbox_calls() == -EOPNOTSUPP)
		return 0;
	execve("/bin/true", argv, envp);
	if (errno != EPERM)
		return 1;
	if (pthread_create(&t, NULL, nothing, NULL) != 0 || pthread_join(t, NULL) != 0)
		return 2;
	return can_open("/etc", "passwd", O_RDONLY) ? 0 : 3;
}

TEST("no program can be entered any more, and threads still work")
{
	CHECK_INT(in_child(calls_case), 0);
}

static int capabilities_case(const char *dir)
{
	if (geteuid() != 0)
		return 0;
	if (!can_open(dir, "mine", O_CREAT | O_WRONLY))
		return 1;
	if (privileges_drop_capabilities() < 0)
		return 2;
	if (geteuid() != 0 || !can_open(dir, "mine", O_RDONLY))
		return 3;
	return chown(dir, 1234, 1234) == 0 || setuid(1234) == 0 ? 4 : 0;
}

TEST_COVERS("root without capabilities has its own files and nothing else", 169, 170)
{
#ifdef __SANITIZE_THREAD__
	skip(); /* its run time in the child does not live through the loss of rights */
#endif
	CHECK_INT(in_child(capabilities_case), 0);
}

static int become_case(const char *dir __attribute__((unused)))
{
	if (geteuid() != 0)
		return privileges_become(0, 0, NULL) == -EPERM ? 0 : 1;
	if (privileges_become(65534, 65534, NULL) < 0)
		return 2;
	if (geteuid() != 65534 || getegid() != 65534 || getgroups(0, NULL) > 1)
		return 3;
	return privileges_become(1, 1, NULL) == -EPERM && seteuid(0) < 0 ? 0 : 4;
}

TEST_COVERS("who becomes another user cannot come back", 170)
{
	CHECK_INT(in_child(become_case), 0);
}
