/*
 * localuser.h - accounts of this host: by login name, or by full name where MatchGECOS allows it.
 *
 * Threads: any. Blocks: on the account database. Results live in the arena.
 */
#ifndef RESOLVE_LOCALUSER_H
#define RESOLVE_LOCALUSER_H

#include <sys/types.h>

#include "base/arena.h"
#include "base/found.h"

struct local_user {
	struct view name, home, shell, full_name;
	uid_t uid;
	gid_t gid;
};

enum found local_user_find(struct view name, struct arena *a, struct local_user *out);
/* By full name: '_' and '.' stand for blanks, case does not matter. Only the password file is searched. */
enum found local_user_find_by_full_name(struct view name, struct arena *a, struct local_user *out);
/* The full name of a GECOS field: up to the first comma, '&' replaced by the capitalised login name. */
struct view local_user_full_name(struct view gecos, struct view login, struct arena *a);
/* May this login shell run programs for its owner: it is in /etc/shells, or that file allows any. */
bool local_user_has_shell(struct view shell);

#endif
