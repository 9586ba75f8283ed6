/* trusted_file.c - see trusted_file.h. */
#include "config/trusted_file.h"

#include <fcntl.h>
#include <unistd.h>

#define GROUPS_MAX  256
#define RELIEFS_MAX 3

static const struct {
	int open_flags;
	unsigned flags;
	struct {
		uint64_t blame;
		unsigned flags; /* which it lifts */
	} relief[RELIEFS_MAX];
} rules[TRUSTED_KINDS] = {
	[TRUSTED_MAP] = {O_RDONLY,
                         SAFE_DIRS | SAFE_NO_LINK_IN_WRITABLE,
                         { { BLAME(MAP_IN_UNSAFE_DIR_PATH), SAFE_DIRS },
			    { BLAME(LINKED_MAP_IN_WRITABLE_DIR), SAFE_NO_LINK_IN_WRITABLE } }                                                              },
	[TRUSTED_CLASS] = { O_RDONLY,
                         SAFE_DIRS | SAFE_NO_LINK_IN_WRITABLE,
                         { { BLAME(CLASS_FILE_IN_UNSAFE_DIR_PATH), SAFE_DIRS },
			      { BLAME(LINKED_CLASS_FILE_IN_WRITABLE_DIR),
				SAFE_NO_LINK_IN_WRITABLE } }											       },
	[TRUSTED_ALIAS_TEXT] = { O_RDONLY,
                         SAFE_ROOT_OK | SAFE_NO_LINK_IN_WRITABLE | SAFE_NO_GROUP_WRITE |
					 SAFE_NO_WORLD_WRITE,          { { BLAME(LINKED_ALIAS_FILE_IN_WRITABLE_DIR),
				     SAFE_NO_LINK_IN_WRITABLE },
				   { BLAME(GROUP_WRITABLE_ALIAS_FILE), SAFE_NO_GROUP_WRITE },
				   { BLAME(WORLD_WRITABLE_ALIAS_FILE), SAFE_NO_WORLD_WRITE } }},
	[TRUSTED_ALIAS_DATABASE] = { O_RDWR | O_CREAT,
                         SAFE_DIRS | SAFE_NO_LINK | SAFE_NO_HARD_LINK,
                         { { BLAME(MAP_IN_UNSAFE_DIR_PATH), SAFE_DIRS },
				       { BLAME(WRITE_MAP_TO_SYM_LINK), SAFE_NO_LINK },
				       { BLAME(WRITE_MAP_TO_HARD_LINK), SAFE_NO_HARD_LINK } }                                                              },
	[TRUSTED_HELP] = { O_RDONLY,
                         SAFE_ROOT_OK | SAFE_DIRS,
                         { { BLAME(HELP_FILE_IN_UNSAFE_DIR_PATH), SAFE_DIRS } }                                                                            },
	[TRUSTED_ERROR_HEADER] = { O_RDONLY,
                         SAFE_ROOT_OK | SAFE_DIRS,
                         { { BLAME(ERROR_HEADER_IN_UNSAFE_DIR_PATH), SAFE_DIRS } }                                                                         },
};

static int judge(const struct options *o, enum trusted_kind kind, const char *path,
		 int (*call)(const struct safe_request *r, struct safe_file *out),
		 struct safe_file *out)
{
	gid_t groups[GROUPS_MAX];
	int n = getgroups(GROUPS_MAX, groups);
	struct safe_request r = { .path = path,
				  .open_flags = rules[kind].open_flags,
				  .flags = rules[kind].flags,
				  .dont_blame = o->dont_blame_sendmail,
				  .uid = geteuid(),
				  .gid = getegid(),
				  .groups = groups,
				  .n_groups = n > 0 ? (size_t)n : 0,
				  .trusted_uid = o->trusted_uid };

	for (int i = 0; i < RELIEFS_MAX; i++)
		if (o->dont_blame_sendmail & rules[kind].relief[i].blame)
			r.flags &= ~rules[kind].relief[i].flags;
	return call(&r, out);
}

int trusted_open(const struct options *o, enum trusted_kind kind, const char *path,
		 struct safe_file *out)
{
	return judge(o, kind, path, safe_open, out);
}

int trusted_check(const struct options *o, enum trusted_kind kind, const char *path,
		  struct safe_file *out)
{
	return judge(o, kind, path, safe_check, out);
}
