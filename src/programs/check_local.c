/* check_local.c - see check_local.h. */
#include "programs/check_local.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "mail/status.h"
#include "programs/check_files.h"
#include "programs/config_command.h"

#define PATH_SIZE 32

/* A nameless file; m4, which is a child, reads and writes it by its number. */
static int nameless(const char *name, char path[static PATH_SIZE])
{
	int fd = memfd_create(name, 0);

	if (fd >= 0 && fchmod(fd, 0600) < 0) {
		close(fd);
		return -1;
	}
	snprintf(path, PATH_SIZE, "/proc/self/fd/%d", fd);
	return fd;
}

static bool write_all(int fd, struct view v)
{
	while (v.len) {
		ssize_t n = write(fd, v.p, v.len);

		if (n <= 0)
			return false;
		v = view_skip(v, (size_t)n);
	}
	return true;
}

static bool names_commands(struct view mc)
{
	static const char *const words[] = { "syscmd", "builtin", "indir", "maketemp", "mkstemp" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (view_search(mc, view_of(words[i])) < mc.len)
			return true;
	return false;
}

const char *check_local_build(struct view mc, struct str *out)
{
	char mc_path[PATH_SIZE], cf_path[PATH_SIZE];
	own_fd int mc_fd = nameless("mc", mc_path), cf_fd = nameless("cf", cf_path);

	if (mc_fd < 0 || cf_fd < 0 || !write_all(mc_fd, mc))
		return "there is no memory for it";
	if (names_commands(mc))
		return "the file has m4 run commands, which is left to you";
	switch (config_build_quietly(mc_path, cf_fd)) {
	case 0:
		break;
	case EX_UNAVAILABLE_:
		return "m4 cannot be run";
	case EX_OSFILE_:
		return "the configuration tree is not there";
	case EX_CONFIG_:
		return "m4 finds errors in the file (postrider config build tells which)";
	default:
		return "m4 does not end";
	}
	return check_read_file(cf_path, out) == 0 ? NULL : "the .cf is too long";
}
