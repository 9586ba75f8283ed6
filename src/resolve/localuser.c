/*
 * localuser.c - the account database, without the calls that keep state.
 */
#include "resolve/localuser.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/own.h"
#include "base/str.h"

#define ENTRY_MAX   (1 << 20)
#define SHELLS_FILE "/etc/shells"
#define ANY_SHELL   "/SENDMAIL/ANY/SHELL/"

struct view local_user_full_name(struct view gecos, struct view login, struct arena *a)
{
	own_str struct str s = STR_MAX(1024);

	for (size_t i = 0;
	     i < gecos.len && gecos.p[i] != ',' && gecos.p[i] != ';' && gecos.p[i] != '%'; i++) {
		if (gecos.p[i] != '&') {
			str_addc(&s, gecos.p[i]);
		} else if (login.len > 0) {
			str_addc(&s, (char)toupper((unsigned char)login.p[0]));
			str_add(&s, view_skip(login, 1));
		}
	}
	return arena_dup(a, str_view(&s));
}

static void keep(const struct passwd *pw, struct arena *a, struct local_user *out)
{
	out->name = arena_dup(a, view_of(pw->pw_name));
	out->home = arena_dup(a, view_of(pw->pw_dir));
	out->shell = arena_dup(a, view_of(pw->pw_shell));
	out->full_name = local_user_full_name(view_of(pw->pw_gecos), out->name, a);
	out->uid = pw->pw_uid;
	out->gid = pw->pw_gid;
}

static bool is_login_name(struct view name)
{
	return name.len > 0 && name.len < 256 && !memchr(name.p, '\0', name.len) &&
	       view_find(name, ':') == name.len && view_find(name, '/') == name.len;
}

enum found local_user_find(struct view name, struct arena *a, struct local_user *out)
{
	struct passwd pw, *found = NULL;
	char z[256];
	size_t size = 2048;
	own_mem char *buf = NULL;
	int rc;

	if (!is_login_name(name))
		return NOT_FOUND;
	memcpy(z, name.p, name.len);
	z[name.len] = '\0';
	do {
		buf = mem_resize(buf, size, 1);
		rc = getpwnam_r(z, &pw, buf, size, &found);
		size *= 4;
	} while (rc == ERANGE && size <= ENTRY_MAX);
	if (found) {
		keep(found, a, out);
		return FOUND;
	}
	/* These all mean "no such name" on one system or another. */
	if (rc == 0 || rc == ENOENT || rc == ESRCH || rc == EBADF || rc == EPERM)
		return NOT_FOUND;
	return LOOKUP_FAILED;
}

enum found local_user_find_by_full_name(struct view name, struct arena *a, struct local_user *out)
{
	own_file FILE *f = fopen("/etc/passwd", "re");
	struct passwd pw, *found;
	own_mem char *buf = mem_alloc(ENTRY_MAX / 16);
	char wanted[256];

	if (!f || name.len == 0 || name.len >= sizeof(wanted))
		return f ? NOT_FOUND : LOOKUP_FAILED;
	for (size_t i = 0; i < name.len; i++)
		wanted[i] = name.p[i] == '_' || name.p[i] == '.' ? ' ' : name.p[i];
	while (fgetpwent_r(f, &pw, buf, ENTRY_MAX / 16, &found) == 0) {
		struct view full = local_user_full_name(view_of(pw.pw_gecos), view_of(pw.pw_name),
							a);

		if (view_eq_nocase(full, view_from(wanted, name.len))) {
			keep(&pw, a, out);
			return FOUND;
		}
	}
	return NOT_FOUND;
}

bool local_user_has_shell(struct view shell)
{
	own_file FILE *f = fopen(SHELLS_FILE, "re");
	char line[512];

	if (!f) /* the shells of a system without the file */
		return view_eq(shell, VIEW("/bin/sh")) || view_eq(shell, VIEW("/bin/csh"));
	while (fgets(line, sizeof(line), f)) {
		struct view v = view_of(line);

		v = view_trim(view_first(v, view_find(v, '#')));
		if (v.len > 0 && (view_eq(v, shell) || view_eq(v, VIEW(ANY_SHELL))))
			return true;
	}
	return false;
}
