/* map_tool.c - what makemap, editmap and praliases share. */
#include "programs/map_tool.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/own.h"
#include "mail/status.h"
#include "os/safefile.h"
#include "os/writable_dirs.h"

#define LOCK_WAIT_MS  600000
#define FILE_MODE_NEW 0640

bool map_tool_is_help(int argc, char **argv)
{
	return argc > 1 && strcmp(argv[1], "--help") == 0;
}

void map_tool_init(struct map_tool *t, const char *argv0)
{
	const char *slash = strrchr(argv0, '/');

	*t = (struct map_tool){ .name = slash ? slash + 1 : argv0, .aliases = STR_MAX(1u << 20) };
}

void map_tool_done(struct map_tool *t)
{
	str_done(&t->aliases);
	free(t->found_class);
}

bool map_tool_want_class(struct map_tool *t, const char *type, const char *map)
{
	if (type[0] && strcasecmp(type, "cf") != 0)
		return false;
	t->wanted_file = type[0] ? map : ""; /* no type at all finds nothing */
	t->is_wanted_by_base = type[0] == 'C';
	return true;
}

static void read_trusted(struct map_tool *t, struct view value)
{
	own_mem char *name = mem_dup(value.p, value.len);
	const struct passwd *pw = getpwnam(name);
	int64_t number;

	if (pw)
		t->trusted_uid = pw->pw_uid;
	else if (number_parse(value, 0, UINT32_MAX, &number))
		t->trusted_uid = (uid_t)number;
	else
		fprintf(stderr, "TrustedUser: unknown user %s\n", name);
}

static void read_option(struct map_tool *t, struct view name, struct view value)
{
	name = view_trim(name);
	value = view_trim(value);
	if (view_eq_nocase(name, VIEW("TrustedUser"))) {
		read_trusted(t, value);
	} else if (view_eq_nocase(name, VIEW("AliasFile")) || view_eq(name, VIEW("A"))) {
		if (t->aliases.len > 0)
			str_addc(&t->aliases, ',');
		str_add(&t->aliases, value);
	}
}

static struct view base_of(struct view path)
{
	for (size_t i = path.len; i > 0; i--)
		if (path.p[i - 1] == '/')
			return view_skip(path, i);
	return path;
}

static bool is_wanted_file(const struct map_tool *t, struct view file)
{
	struct view wanted = view_of(t->wanted_file);

	if (!t->is_wanted_by_base)
		return view_eq(wanted, file);
	wanted = base_of(wanted);
	wanted = view_first(wanted, view_find(wanted, '.'));
	file = base_of(file);
	for (size_t i = file.len; i > 0; i--)
		if (file.p[i - 1] == '.')
			return view_eq(wanted, view_first(file, i - 1));
	return view_eq(wanted, file);
}

/* "Kname class flags file": the class of the wanted file; the first such line decides. */
static void read_map(struct map_tool *t, struct view line)
{
	struct view name, class, word, file = { 0 };

	if (!t->wanted_file || t->found_class || !view_word(&line, &name) ||
	    !view_word(&line, &class))
		return;
	while (view_word(&line, &word))
		file = word;
	if (file.len > 0 && is_wanted_file(t, file))
		t->found_class = mem_dup(class.p, class.len);
}

/* "O Name=value", or "Avalue" after the O for the old one-letter form. */
static void read_line(struct map_tool *t, struct view line)
{
	size_t equals;

	if (line.len >= 2 && line.p[0] == 'K')
		read_map(t, view_skip(line, 1));
	if (line.len < 2 || line.p[0] != 'O')
		return;
	line = view_skip(line, 1);
	equals = view_find(line, '=');
	if (isspace((unsigned char)line.p[0]) && equals < line.len)
		read_option(t, view_first(line, equals), view_skip(line, equals + 1));
	else if (!isspace((unsigned char)line.p[0]))
		read_option(t, view_first(line, 1), view_skip(line, 1));
}

int map_tool_read_cf(struct map_tool *t, const char *path)
{
	own_file FILE *f = fopen(path ? path : MAP_TOOL_DEFAULT_CF, "re");
	own_mem char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	if (!f && !path)
		return EX_OK_;
	if (!f) {
		fprintf(stderr, "%s: %s: %s\n", t->name, path, strerror(errno));
		return EX_NOINPUT_;
	}
	while ((n = getline(&line, &cap, f)) > 0)
		read_line(t, view_trim_end(view_from(line, (size_t)n)));
	return EX_OK_;
}

static mode_t mode_of_new(void)
{
	mode_t mask = umask(077);

	umask(mask);
	return FILE_MODE_NEW & ~mask;
}

void map_tool_key(struct view key, bool keeps_case, bool has_nul, struct str *out)
{
	str_clear(out);
	str_reserve(out, key.len + 1);
	for (size_t i = 0; i < key.len; i++) {
		char c = key.p[i];

		str_addc(out, !keeps_case && c >= 'A' && c <= 'Z' ? (char)(c + 32) : c);
	}
	if (has_nul)
		str_addc(out, '\0');
}

void map_tool_list_types(void)
{
	for (int i = 0; i < DATABASE_KINDS; i++)
		if (database_kind_is_built((enum database_kind)i))
			printf("%s\n", database_kind_name((enum database_kind)i));
	printf("implicit\n");
}

static char *path_of(const char *map, const char *suffix)
{
	own_str struct str s = STR_MAX(8192);
	size_t n = strlen(suffix), len = strlen(map);

	str_addz(&s, map);
	if (len < n || strcmp(map + len - n, suffix) != 0)
		str_addz(&s, suffix);
	return mem_dup(str_z(&s), s.len);
}

void map_tool_list_suffixes(void)
{
	for (int i = 0; i < DATABASE_KINDS; i++)
		if (database_kind_is_built((enum database_kind)i))
			printf("%s:%s\n", database_kind_name((enum database_kind)i),
			       database_suffix((enum database_kind)i) + 1);
	printf("implicit:\n");
}

bool map_tool_exists(const char *type, const char *map)
{
	for (int i = 0; i < DATABASE_KINDS; i++) {
		own_mem char *path = path_of(map, database_suffix((enum database_kind)i));

		if ((strcmp(type, "implicit") == 0 ||
		     strcmp(type, database_kind_name((enum database_kind)i)) == 0) &&
		    access(path, F_OK) == 0)
			return true;
	}
	return false;
}

static void warn_of(void *arg __attribute__((unused)), const char *kind, const char *dir)
{
	fprintf(stderr, "WARNING: %s writable directory %s\n", kind, dir);
}

static void warn_root(const char *path)
{
	if (geteuid() == 0)
		writable_dirs_tell(path, 0, warn_of, NULL);
}

static bool has_directory(const char *path)
{
	own_mem char *dir = mem_dup(path, strlen(path));
	char *slash = strrchr(dir, '/');

	if (slash)
		slash[slash == dir ? 1 : 0] = '\0';
	return access(slash ? dir : ".", F_OK) == 0;
}

/*
 * The safety rules of these tools; 0 or -errno and the reason. Links are refused for reading too, whatever DontBlameSendmail
 * says; only -s allows them.
 */
static int check_safe(const struct map_tool *t, const char *path, bool is_writing, char reason[128])
{
	struct safe_request r = { .path = path,
				  .open_flags = is_writing ? O_RDWR | O_CREAT : O_RDONLY,
				  .mode = FILE_MODE_NEW,
				  .flags = t->is_unchecked ? 0 : SAFE_NO_LINK | SAFE_NO_HARD_LINK,
				  .uid = geteuid(),
				  .gid = getegid(),
				  .trusted_uid = t->trusted_uid };
	struct safe_file file = { .fd = -1 };
	int e = safe_check(&r, &file);

	if (e == -ENOENT && is_writing && has_directory(path))
		return 0;
	if (e < 0)
		snprintf(reason, 128, "%s", file.reason[0] ? file.reason : strerror(-e));
	return e;
}

/* What root has opened belongs to TrustedUser from now on. */
static void give_to_trusted(const struct map_tool *t, struct database *db, const char *path)
{
	own_fd int fd = -1;

	if (geteuid() != 0 || t->trusted_uid == 0)
		return;
	database_give(db, t->trusted_uid);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0 && fchown(fd, t->trusted_uid, (gid_t)-1) < 0)
		return; /* a file system without owners */
}

/* Which kind of file a type names. implicit: the first that exists, else the first of this build. */
static int find_kind(const struct map_tool *t, const struct map_tool_open *o,
		     enum database_kind *out)
{
	if (strcmp(o->type, "implicit") == 0) {
		for (int i = 0; i < 2 * DATABASE_KINDS; i++) {
			own_mem char *path = NULL;

			*out = (enum database_kind)(i % DATABASE_KINDS);
			path = path_of(o->map, database_suffix(*out));
			if (database_kind_is_built(*out) &&
			    (i >= DATABASE_KINDS || access(path, F_OK) == 0))
				return EX_OK_;
		}
	}
	if (strcmp(o->type, "dbm") == 0) {
		fprintf(stderr, "%s: Need to recompile with -DNDBM for dbm support\n", t->name);
		return EX_CANTCREAT_;
	}
	if (!database_kind_find(view_of(o->type), out)) {
		fprintf(stderr, "%s: error opening type %s map %s: Unknown database type\n",
			t->name, o->type, o->map);
		return EX_CANTCREAT_;
	}
	if (!database_kind_is_built(*out) &&
	    !(o->fallback_type && database_kind_find(view_of(o->fallback_type), out) &&
	      database_kind_is_built(*out))) {
		fprintf(stderr, "%s: type %s is not in this build\n", t->name, o->type);
		return EX_CANTCREAT_;
	}
	return EX_OK_;
}

void map_tool_tell_missing(const struct map_tool *t, const char *type, const char *map)
{
	fprintf(stderr, "%s: error opening type %s map %s: %s\n", t->name, type, map,
		strcmp(type, "implicit") == 0 ? "Unknown database type" : strerror(ENOENT));
}

int map_tool_database(struct map_tool *t, const struct map_tool_open *o, struct database **out)
{
	struct database_params p = { .mode = o->mode,
				     .permissions = mode_of_new(),
				     .keeps_duplicates = o->keeps_duplicates,
				     .cache_bytes = o->cache_bytes,
				     .expected = o->expected,
				     .is_made_of_itself = o->is_made_of_itself };
	bool is_writing = o->mode != DATABASE_READ;
	own_mem char *path = NULL;
	char reason[128] = "";
	struct stat st;
	bool is_new;
	int e = find_kind(t, o, &p.kind);

	if (e != EX_OK_)
		return e;
	path = path_of(o->map, database_suffix(p.kind));
	is_new = stat(path, &st) < 0;
	if (!o->is_quiet_about_dirs)
		warn_root(path);
	e = check_safe(t, path, is_writing, reason);
	if (e == 0 && !o->is_quiet_about_dirs)
		warn_root(path);
	p.path = path;
	p.deadline = deadline_in(LOCK_WAIT_MS);
	if (e == 0 && p.mode == DATABASE_UPDATE && is_new)
		p.mode = DATABASE_CREATE;
	if (e == 0)
		e = database_open(&p, out);
	if (e == -EINVAL && p.kind == DATABASE_HASH && p.mode != DATABASE_CREATE &&
	    strcmp(o->type, "implicit") == 0) {
		p.kind = DATABASE_BTREE; /* the suffix is the same */
		e = database_open(&p, out);
	}
	if (e < 0) {
		if (e == -ENOENT && reason[0])
			map_tool_tell_missing(t, o->type, o->map);
		else
			fprintf(stderr, "%s: error opening type %s map %s: %s\n", t->name, o->type,
				o->map, reason[0] ? reason : strerror(-e));
		return EX_CANTCREAT_;
	}
	give_to_trusted(t, *out, path);
	return EX_OK_;
}
