/* config_build.c - see config_command.h. m4 is a child of this short-lived program; nothing is shared with it but its output. */
#include "programs/config_command.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "build_config.h"
#include "mail/status.h"
#include "programs/postrider.h"

#define M4_SECONDS 60
#define M4_OUTPUT  ((rlim_t)16 << 20)
#define M4_MEMORY  ((rlim_t)1 << 30)

struct build {
	const char *mc;
	const char *out;  /* NULL: standard output */
	const char *tree; /* NULL: look for it */
	bool is_quiet;    /* no messages */
};

static bool is_tree(const struct str *dir)
{
	own_str struct str file = STR_MAX(PATH_MAX);

	str_addf(&file, "%s/m4/cf.m4", str_z(dir));
	return !file.cut && access(str_z(&file), R_OK) == 0;
}

/* The directory of the tree into out; false when there is none. */
static bool find_tree(const char *given, struct str *out)
{
	static const char *const beside[] = { "../share/postrider/cf", "../../cf", "../cf" };
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (given) {
		str_addz(out, given);
		return is_tree(out);
	}
	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	for (size_t i = 0; slash && i < sizeof(beside) / sizeof(beside[0]); i++) {
		str_clear(out);
		str_addf(out, "%.*s/%s", (int)(slash - self), self, beside[i]);
		if (is_tree(out))
			return true;
	}
	str_clear(out);
	str_addz(out, POSTRIDER_PREFIX "/share/postrider/cf");
	return is_tree(out);
}

/* In the child: nothing is said, and what never ends is ended, by its time or its size. */
static void go_quiet(void)
{
	struct rlimit output = { M4_OUTPUT, M4_OUTPUT }, memory = { M4_MEMORY, M4_MEMORY };
	int fd = open("/dev/null", O_RDWR);

	if (fd < 0 || dup2(fd, STDIN_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
		_exit(EX_OSERR_);
	if (setrlimit(RLIMIT_FSIZE, &output) < 0 || setrlimit(RLIMIT_AS, &memory) < 0)
		_exit(EX_OSERR_);
	alarm(M4_SECONDS);
}

/* Runs m4 with its output on fd, or on ours when fd is negative; 0 or an exit status. */
static int run_m4(const struct build *b, const struct str *tree, int fd)
{
	own_str struct str cf = STR_MAX(PATH_MAX);
	int status = 0;
	pid_t pid;

	str_addf(&cf, "%s/m4/cf.m4", str_z(tree));
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return EX_OSERR_;
	if (pid == 0) {
		if (fd >= 0 && dup2(fd, STDOUT_FILENO) < 0)
			_exit(EX_OSERR_);
		if (b->is_quiet)
			go_quiet();
		execlp("m4", "m4", str_z(&cf), b->mc, (char *)NULL);
		fprintf(stderr, "postrider config: m4 cannot be run: %s\n", strerror(errno));
		_exit(EX_UNAVAILABLE_);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return EX_OSERR_;
	if (!WIFEXITED(status))
		return EX_SOFTWARE_;
	if (WEXITSTATUS(status) == EX_UNAVAILABLE_)
		return EX_UNAVAILABLE_;
	return WEXITSTATUS(status) == 0 ? 0 : EX_CONFIG_;
}

/* Makes the file beside its place and renames it there. */
static int make_file(const struct build *b, const struct str *tree)
{
	own_str struct str temp = STR_MAX(PATH_MAX);
	int status;
	int fd;

	str_addf(&temp, "%s.XXXXXX", b->out);
	fd = temp.cut ? -1 : mkstemp(temp.p);
	if (fd < 0) {
		fprintf(stderr, "postrider config: %s: %s\n", b->out,
			strerror(temp.cut ? ENAMETOOLONG : errno));
		return EX_CANTCREAT_;
	}
	status = run_m4(b, tree, fd);
	if (status == 0 &&
	    (fchmod(fd, 0644) < 0 || fsync(fd) < 0 || rename(str_z(&temp), b->out) < 0)) {
		fprintf(stderr, "postrider config: %s: %s\n", b->out, strerror(errno));
		status = EX_CANTCREAT_;
	}
	if (status != 0)
		unlink(str_z(&temp));
	close(fd);
	return status;
}

int config_build_mc(const char *mc, const char *tree_given, const char *out)
{
	own_str struct str tree = STR_MAX(PATH_MAX);
	struct build b = { .mc = mc, .tree = tree_given, .out = out };

	if (access(mc, R_OK) < 0) {
		fprintf(stderr, "postrider config: %s: %s\n", mc, strerror(errno));
		return EX_NOINPUT_;
	}
	if (!find_tree(tree_given, &tree)) {
		fprintf(stderr,
			"postrider config: there is no configuration tree in %s; name it with --tree\n",
			str_z(&tree));
		return EX_OSFILE_;
	}
	return b.out ? make_file(&b, &tree) : run_m4(&b, &tree, -1);
}

int config_build_quietly(const char *mc, int fd)
{
	own_str struct str tree = STR_MAX(PATH_MAX);
	struct build b = { .mc = mc, .is_quiet = true };

	return find_tree(NULL, &tree) ? run_m4(&b, &tree, fd) : EX_OSFILE_;
}

int config_build(int argc, char **argv)
{
	struct build b = { 0 };

	for (int i = 1; i < argc; i++) {
		const char **value = strcmp(argv[i], "-o") == 0       ? &b.out
				     : strcmp(argv[i], "--tree") == 0 ? &b.tree
								      : NULL;

		if (value && ++i >= argc)
			return subcommand_usage("config", "%s needs a value", argv[i - 1]);
		if (!value && (argv[i][0] == '-' || b.mc))
			return subcommand_usage("config", "%s is not expected", argv[i]);
		if (value)
			*value = argv[i];
		else
			b.mc = argv[i];
	}
	if (!b.mc)
		return subcommand_usage("config", "build needs an .mc file");
	return config_build_mc(b.mc, b.tree, b.out);
}
