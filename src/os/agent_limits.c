/* agent_limits.c - see agent_limits.h. */
#include "os/agent_limits.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/own.h"

#define ENTRY_MAX  65536
#define GROUPS_MAX 256

struct limits {
	char **keep_uid_paths, **keep_uid_env, **roots; /* NULL ends */
	struct agent_ids *ids;
	size_t n_ids;
	char *safe_dir;
	uint64_t dont_blame;
	bool any_root, has_files;
};

static char **copy_list(const char *const *list)
{
	size_t n = 0;
	char **copy;

	while (list && list[n])
		n++;
	copy = mem_zero((n + 1) * sizeof(*copy));
	for (size_t i = 0; i < n; i++)
		copy[i] = mem_dup(list[i], strlen(list[i]));
	return copy;
}

static void free_list(char **list)
{
	for (char **at = list; *at; at++)
		free(*at);
	free(list);
}

struct limits *limits_new(const struct agent_limits *from)
{
	struct limits *l = MEM_NEW(struct limits);

	l->keep_uid_paths = copy_list(from->keep_uid_paths);
	l->keep_uid_env = copy_list(from->keep_uid_env);
	l->roots = copy_list(from->roots);
	l->any_root = from->any_root;
	l->ids = mem_zero((from->n_ids + 1) * sizeof(*l->ids));
	for (size_t i = 0; i < from->n_ids; i++)
		l->ids[l->n_ids++] = from->ids[i];
	l->safe_dir = from->safe_dir ? mem_dup(from->safe_dir, strlen(from->safe_dir)) : NULL;
	l->dont_blame = from->dont_blame;
	l->has_files = from->has_files;
	return l;
}

void limits_free(struct limits *l)
{
	if (!l)
		return;
	free_list(l->keep_uid_paths);
	free_list(l->keep_uid_env);
	free_list(l->roots);
	free(l->ids);
	free(l->safe_dir);
	free(l);
}

static bool has_text(char *const *list, const char *text)
{
	for (; *list; list++)
		if (strcmp(*list, text) == 0)
			return true;
	return false;
}

/* ---- users ---- */

static bool is_configured(const struct limits *l, uid_t uid, gid_t gid)
{
	for (size_t i = 0; l && i < l->n_ids; i++)
		if (l->ids[i].uid == uid && l->ids[i].gid == gid)
			return true;
	return false;
}

static bool is_member(const struct passwd *pw, gid_t gid)
{
	gid_t groups[GROUPS_MAX];
	int n = GROUPS_MAX;

	if (getgrouplist(pw->pw_name, pw->pw_gid, groups, &n) < 0)
		return gid == pw->pw_gid;
	for (int i = 0; i < n; i++)
		if (groups[i] == gid)
			return true;
	return false;
}

static bool is_known_group(gid_t gid)
{
	own_mem char *buf = mem_alloc(ENTRY_MAX);
	struct group gr, *found = NULL;

	return getgrgid_r(gid, &gr, buf, ENTRY_MAX, &found) != 0 || found;
}

static bool name_has_uid(const char *name, uid_t uid)
{
	own_mem char *buf = mem_alloc(ENTRY_MAX);
	struct passwd pw, *found = NULL;

	return getpwnam_r(name, &pw, buf, ENTRY_MAX, &found) == 0 && found && found->pw_uid == uid;
}

/*
 * A user brings his own groups and no others. A foreign group, which a list may have from its file, becomes his own; an id
 * without an account can have no group that has a name.
 */
static int check_user(const struct limits *l, uid_t uid, gid_t *gid, const char **user)
{
	own_mem char *buf = mem_alloc(ENTRY_MAX);
	struct passwd pw, *found = NULL;

	if (*user && !name_has_uid(*user, uid))
		*user = NULL; /* a list, or somebody else: no groups come with the name */
	if (is_configured(l, uid, *gid))
		return 0;
	if (getpwuid_r(uid, &pw, buf, ENTRY_MAX, &found) != 0)
		return -EPERM;
	if (!found)
		return is_known_group(*gid) ? -EPERM : 0;
	if (!is_member(found, *gid))
		*gid = found->pw_gid;
	return 0;
}

/* ---- requests ---- */

/* What runs as root is what the configuration names, in the environment that it gives. */
static int check_keep_uid(const struct limits *l, const struct agent_program *p)
{
	if (!l || !has_text(l->keep_uid_paths, p->path))
		return -EPERM;
	for (const char *const *e = p->envp; *e; e++)
		if (strcmp(*e, "AGENT=sendmail") != 0 && !has_text(l->keep_uid_env, *e))
			return -EPERM;
	return 0;
}

int limits_on_program(const struct limits *l, struct agent_program *p)
{
	if (geteuid() != 0)
		return 0;
	if (p->chroot_dir && l && !l->any_root && !has_text(l->roots, p->chroot_dir))
		return -EPERM;
	return p->keep_uid ? check_keep_uid(l, p) : check_user(l, p->uid, &p->gid, &p->user);
}

int limits_on_open(const struct limits *l, struct agent_open *o)
{
	if (geteuid() != 0)
		return 0;
	if (l && l->has_files) {
		o->dont_blame = l->dont_blame;
		o->safe_dir = o->kind == AGENT_OPEN_APPEND ? l->safe_dir : NULL;
	}
	return check_user(l, o->uid, &o->gid, &o->user);
}
