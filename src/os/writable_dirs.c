/* writable_dirs.c - see writable_dirs.h. */
#include "os/writable_dirs.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/own.h"
#include "base/str.h"
#include "os/safefile.h"

#define LINKS_MAX      32
#define PATH_BYTES_MAX 8192

struct telling {
	void (*tell)(void *arg, const char *kind, const char *dir);
	void *arg;
	uint64_t dont_blame;
	int n_links;
};

static void walk(struct telling *t, const char *path);

/* A directory that is a link: what it points to, and a name behind it, since only directories are looked at. */
static bool follow(struct telling *t, const char *dir)
{
	own_str struct str s = STR_MAX(PATH_BYTES_MAX);
	const char *slash = strrchr(dir, '/');
	char target[4096];
	ssize_t n = readlink(dir, target, sizeof(target));

	if (n < 0)
		return false;
	if (target[0] != '/' && slash)
		str_add(&s, view_from(dir, (size_t)(slash - dir) + 1));
	str_add(&s, view_from(target, (size_t)n));
	str_addz(&s, "/.");
	if (t->n_links++ < LINKS_MAX)
		walk(t, str_z(&s));
	return true;
}

static void look(struct telling *t, const char *dir)
{
	struct stat st;

	if (follow(t, dir) || stat(dir, &st) < 0)
		return;
	if ((st.st_mode & S_ISVTX) && (t->dont_blame & BLAME(TRUST_STICKY_BIT)))
		return;
	if (st.st_mode & S_IWOTH)
		t->tell(t->arg, "World", dir);
	else if ((st.st_mode & S_IWGRP) && !(t->dont_blame & BLAME(GROUP_WRITABLE_DIR_PATH_SAFE)))
		t->tell(t->arg, "Group", dir);
}

static void walk(struct telling *t, const char *path)
{
	own_mem char *dir = mem_dup(path, strlen(path));

	if (!strchr(dir, '/'))
		look(t, ".");
	for (char *p = strchr(dir, '/'); p; p = strchr(p + 1, '/')) {
		bool is_up = p - dir >= 2 && p[-1] == '.' && p[-2] == '.' &&
			     (p - dir == 2 || p[-3] == '/');

		if (p == dir || p[-1] == '/' || (is_up && dir[0] != '/'))
			continue;
		*p = '\0';
		look(t, dir);
		*p = '/';
	}
}

void writable_dirs_tell(const char *path, uint64_t dont_blame,
			void (*tell)(void *arg, const char *kind, const char *dir), void *arg)
{
	struct telling t = { .tell = tell, .arg = arg, .dont_blame = dont_blame };

	walk(&t, path);
}
