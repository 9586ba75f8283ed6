/*
 * alias_rebuild.c - newaliases: the text of each AliasFile becomes its database.
 *
 * The text file is locked while it is read. The database is built beside the old one and takes its place when it is whole, so
 * readers see the old one or the new one, and a run that is interrupted changes nothing. The last record is "@" -> "@",
 * by which sendmail's own readers know that a database is complete.
 */
#include "map/class.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "config/trusted_file.h"
#include "map/alias_file.h"
#include "map/database.h"
#include "map/database_kind.h"
#include "map/db_map.h"
#include "os/writable_dirs.h"

#define ALIAS_TEXT_MAX ((int64_t)2 << 30)
#define LOCK_WAIT_MS   60000

struct rebuild {
	const struct config *cf;
	const struct services *services;
	const struct map_alias_names *names;
	struct map *m;
	const char *path;
	struct database *db;
	struct str *out;
	bool has_nul;
	int error; /* of the database, -errno */
	int exit;
};

static bool rebuild_key(void *arg, struct view name, struct arena *a, struct view *out_key,
			struct alias_blame *out_why)
{
	const struct rebuild *r = arg;

	if (r->names && r->names->key_of)
		return r->names->key_of(r->names->arg, name, a, out_key, out_why);
	return alias_key_by_class(r->cf->classes, name, a, out_key, out_why);
}

static bool rebuild_next_bad(void *arg, struct view *rest, struct arena *a, struct view *out_item,
			     struct alias_blame *out_why)
{
	const struct rebuild *r = arg;

	return r->names->next_bad(r->names->arg, rest, a, out_item, out_why);
}

/* Writes one record, with the NULs that sendmail's alias databases have. */
static int put(struct rebuild *r, struct view key, struct view value, bool replace)
{
	own_str struct str k = STR_MAX(ALIAS_LINE_MAX), v = STR_MAX((size_t)ALIAS_LINE_MAX * 4);

	if (!r->has_nul)
		return database_put(r->db, key, value, replace);
	str_add(&k, key);
	str_addc(&k, '\0');
	str_add(&v, value);
	str_addc(&v, '\0');
	return database_put(r->db, str_view(&k), str_view(&v), replace);
}

/* -A: what is there already and what comes now make one list. */
static int put_appended(struct rebuild *r, struct view key, struct view value)
{
	own_str struct str k = STR_MAX(ALIAS_LINE_MAX), v = STR_MAX((size_t)ALIAS_LINE_MAX * 4);
	struct view old;

	str_add(&k, key);
	if (r->has_nul)
		str_addc(&k, '\0');
	if (database_get(r->db, str_view(&k), DEADLINE_NEVER, &old) != 0)
		return put(r, key, value, true);
	if (r->has_nul && old.len > 0)
		old.len--;
	str_add(&v, old);
	str_addc(&v, ',');
	str_add(&v, value);
	return put(r, key, str_view(&v), true);
}

static bool rebuild_entry(void *arg, struct view key, struct view value)
{
	struct rebuild *r = arg;
	int e = put(r, key, value, false);
	bool is_known = e == -EEXIST;

	if (is_known)
		e = (r->m->flags & MAP_APPEND) ? put_appended(r, key, value)
					       : put(r, key, value, true);
	if (e < 0)
		r->error = e;
	return is_known && !(r->m->flags & MAP_APPEND);
}

static void rebuild_complain(void *arg, int line, bool is_warning, const char *text)
{
	struct rebuild *r = arg;

	(void)is_warning;
	str_addf(r->out, "%s: line %d: %s\n", r->path, line, text);
}

/* May this user rebuild it? Root and TrustedUser may; so may whoever could replace the text file by other means. */
static bool is_trusted(const struct rebuild *r)
{
	own_mem char *dir = mem_dup(r->path, strlen(r->path));
	char *slash = strrchr(dir, '/');

	if (getuid() == 0 || getuid() == r->cf->options.trusted_uid)
		return true;
	if (slash)
		slash[slash == dir ? 1 : 0] = '\0';
	return access(slash ? dir : ".", W_OK) == 0 || access(r->path, W_OK) == 0;
}

static int open_text(const struct rebuild *r, int *out_fd, char *reason, size_t reason_size)
{
	struct safe_file file = { .fd = -1 };
	int e = trusted_open(&r->cf->options, TRUSTED_ALIAS_TEXT, r->path, &file);

	if (e == 0)
		*out_fd = file.fd;
	else
		snprintf(reason, reason_size, "%s", file.reason[0] ? file.reason : strerror(-e));
	return e;
}

static int read_text(int fd, char **out, size_t *out_len)
{
	struct stat st;
	size_t len = 0;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size > ALIAS_TEXT_MAX)
		return -EFBIG;
	*out = mem_alloc((size_t)st.st_size + 1);
	while (len < (size_t)st.st_size && (n = read(fd, *out + len, (size_t)st.st_size - len)) > 0)
		len += (size_t)n;
	*out_len = len;
	return 0;
}

static bool exists(struct view file, enum database_kind kind)
{
	own_mem char *path = db_map_path(file, database_suffix(kind));

	return access(path, F_OK) == 0;
}

/* Which database an alias map is kept in: its own class, or for implicit the one that exists, else the first built. */
static bool kind_of(const struct map *m, enum database_kind *out)
{
	static const enum database_kind order[] = { DATABASE_HASH, DATABASE_CDB, DATABASE_LMDB };
	const size_t n = sizeof(order) / sizeof(order[0]);

	if (database_kind_find(view_of(m->class->name), out))
		return true;
	if (strcmp(m->class->name, "implicit") != 0)
		return false;
	for (size_t i = 0; i < 2 * n; i++) {
		*out = order[i % n];
		if (database_kind_is_built(*out) && (i >= n || exists(m->file, *out)))
			return true;
	}
	return false;
}

static void log_rebuilt(const struct rebuild *r, const struct alias_counts *c)
{
	struct log *log = r->services ? r->services->log : NULL;
	char buffer[4096];
	struct passwd pw, *found = NULL;

	if (!log || !log_wants(log, 8))
		return;
	getpwuid_r(getuid(), &pw, buffer, sizeof(buffer), &found);
	log_event(log, 8, LOG_NOTICE, NULL, "alias database %s rebuilt by %s", r->path,
		  found ? pw.pw_name : "unknown");
	log_event(log, 8, LOG_INFO, NULL, "%s: %zu aliases, longest %zu bytes, %zu bytes total",
		  r->path, c->n, c->longest, c->total);
}

static void warn_of(void *arg, const char *kind, const char *dir)
{
	str_addf(arg, "WARNING: %s writable directory %s\n", kind, dir);
}

/* Root is told which directories on the way others can write in. */
static void warn_root(const struct rebuild *r)
{
	if (geteuid() == 0 && access(r->path, F_OK) == 0)
		writable_dirs_tell(r->path, r->cf->options.dont_blame_sendmail, warn_of, r->out);
}

/* May the database be written: no link, no second name, in a directory that only the right ones can change? */
static bool can_write(const struct rebuild *r, const char *path)
{
	struct safe_file file = { .fd = -1 };
	struct stat st;
	int e = trusted_check(&r->cf->options, TRUSTED_ALIAS_DATABASE, path, &file);

	if (e == -ENOENT) /* it will be made, though not through a link that leads nowhere */
		return lstat(path, &st) < 0;
	return e == 0;
}

/* From the text in memory to the new database in place. */
static void build(struct rebuild *r, enum database_kind kind, struct view text)
{
	own_mem char *path = db_map_path(r->m->file, database_suffix(kind));
	struct database_params params = { .kind = kind,
					  .mode = DATABASE_CREATE,
					  .path = path,
					  .cache_bytes = 4u << 20,
					  .deadline = deadline_in(LOCK_WAIT_MS) };
	struct alias_sink sink = { r, rebuild_key, NULL, rebuild_entry, rebuild_complain };
	struct alias_counts counts;
	int e = can_write(r, path) ? database_open(&params, &r->db) : -EPERM;

	if (e < 0) {
		str_addf(r->out,
			 "WARNING: cannot open alias database %s\n"
			 "Cannot create database for alias file %s\n",
			 r->path, r->path);
		r->exit = EX_SOFTWARE_;
		return;
	}
	warn_root(r);
	if (geteuid() == 0 && r->cf->options.trusted_uid != 0)
		database_give(r->db, r->cf->options.trusted_uid);
	r->has_nul = !(r->m->flags & MAP_NO_NUL) &&
		     (kind == DATABASE_HASH || kind == DATABASE_BTREE);
	if (r->cf->options.check_aliases && r->names && r->names->next_bad)
		sink.next_bad = rebuild_next_bad;
	alias_file_parse(text, &sink, &counts);
	r->exit = counts.exit;
	e = r->error ? r->error : put(r, VIEW("@"), VIEW("@"), true);
	if (e == 0)
		e = database_commit(r->db);
	database_close(r->db);
	if (e < 0) {
		str_addf(r->out, "newaliases: cannot write %s: %s\n", path, strerror(-e));
		r->exit = EX_IOERR_;
		return;
	}
	str_addf(r->out, "%s: %zu aliases, longest %zu bytes, %zu bytes total\n", r->path, counts.n,
		 counts.longest, counts.total);
	log_rebuilt(r, &counts);
}

static int rebuild_one(const struct config *cf, const struct services *sv,
		       const struct map_alias_names *names, struct map *m, struct str *out)
{
	own_mem char *path = mem_dup(m->file.p ? m->file.p : "", m->file.len);
	struct rebuild r = {
		.cf = cf, .services = sv, .names = names, .m = m, .path = path, .out = out
	};
	enum database_kind kind;
	own_mem char *text = NULL;
	own_fd int fd = -1;
	char reason[200];
	size_t len = 0;
	int e;

	if (!kind_of(m, &kind))
		return EX_OK_;
	if (!is_trusted(&r)) {
		str_addz(out, "Permission denied (real uid not trusted)\n");
		return EX_USAGE_;
	}
	warn_root(&r);
	if (open_text(&r, &fd, reason, sizeof(reason)) < 0) {
		str_addf(out, "newaliases: cannot open %s: %s\n", path, reason);
		return EX_OK_;
	}
	e = database_lock(fd, LOCK_EX, deadline_in(LOCK_WAIT_MS));
	if (e == -ETIMEDOUT)
		str_addf(out, "Alias file %s is locked (maybe being edited)\n", path);
	else if (e == 0)
		e = read_text(fd, &text, &len);
	if (e < 0) {
		str_addf(out, "newaliases: cannot read %s: %s\n", path, strerror(-e));
		return e == -ETIMEDOUT ? EX_TEMPFAIL_ : EX_IOERR_;
	}
	build(&r, kind, view_from(text, len));
	return r.exit;
}

int map_rebuild_aliases(const struct config *cf, const struct services *sv,
			const struct map_alias_names *names, struct str *out)
{
	struct map_set *s = map_set_open(cf, sv, true);
	int status = EX_OK_;

	for (size_t i = 0; i < s->n_aliases; i++) {
		int one = s->aliases[i]->flags & MAP_INVALID
				  ? EX_CONFIG_
				  : rebuild_one(cf, sv, names, s->aliases[i], out);

		if (one != EX_OK_)
			status = one;
	}
	map_set_free(s);
	return status;
}
