/* praliases.c - the alias databases, all of them or some keys (contract/command-line.md 8.11). */
#include "programs/praliases.h"

#include <errno.h>
#include <getopt.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/own.h"
#include "mail/status.h"
#include "programs/map_tool.h"

struct praliases {
	struct map_tool tool;
	char **keys;
	int n_keys;
};

static int usage(const struct praliases *pa)
{
	fprintf(stderr, "usage: %s [-C cffile] [-f aliasfile] [key ...]\n", pa->tool.name);
	return EX_USAGE_;
}

static void show(struct view key, struct view value)
{
	while (key.len > 0 && key.p[key.len - 1] == '\0')
		key.len--;
	while (value.len > 0 && value.p[value.len - 1] == '\0')
		value.len--;
	fwrite(key.p, 1, key.len, stdout);
	putchar(':');
	fwrite(value.p, 1, value.len, stdout);
	putchar('\n');
}

/* A key as sendmail stores it has a NUL; other tools' databases may not. */
static void show_key(struct database *db, const char *key)
{
	const struct view plain = view_of(key), with_nul = { key, plain.len + 1 };
	struct view value;

	if (database_get(db, with_nul, deadline_in(60000), &value) == 0 ||
	    database_get(db, plain, deadline_in(60000), &value) == 0)
		show(plain, value);
	else
		printf("%s: No such key\n", key);
}

static void show_database(struct praliases *pa, struct database *db, struct view file)
{
	struct view key, value;
	int e;

	for (int i = 0; i < pa->n_keys; i++)
		show_key(db, pa->keys[i]);
	if (pa->n_keys > 0)
		return;
	while ((e = database_next(db, &key, &value)) == 0)
		show(key, value);
	if (e != -ENOENT)
		fprintf(stderr, "%s: " VIEW_FMT ": %s\n", pa->tool.name, VIEW_ARG(file),
			strerror(-e));
}

static int open_kind(struct view file, enum database_kind kind, struct database **out)
{
	own_str struct str path = STR_MAX(8192);
	struct database_params p = { .kind = kind,
				     .mode = DATABASE_READ,
				     .deadline = deadline_in(60000) };
	const char *suffix = database_suffix(kind);
	size_t n = strlen(suffix);

	str_add(&path, file);
	if (file.len < n || memcmp(file.p + file.len - n, suffix, n) != 0)
		str_addz(&path, suffix);
	p.path = str_z(&path);
	return database_open(&p, out);
}

/* One element of AliasFile. Without a class: whichever database there is. */
static void show_file(struct praliases *pa, struct view spec)
{
	static const enum database_kind order[] = { DATABASE_HASH, DATABASE_BTREE, DATABASE_CDB,
						    DATABASE_LMDB };
	size_t colon = view_find(spec, ':');
	struct view file = view_trim(view_skip(spec, colon + 1)),
		    class = view_trim(view_first(spec, colon)), word;
	struct database *db = NULL;
	enum database_kind kind;
	int e = -ENOENT;

	if (colon<spec.len &&class.len> 0 && !database_kind_find(class, &kind)) {
		fflush(stdout);
		fprintf(stderr, "%s: Skipping non-file based alias type " VIEW_FMT "\n",
			pa->tool.name, VIEW_ARG(class));
		return;
	}
	if (colon == spec.len)
		file = spec;
	while (file.len > 0 && file.p[0] == '-') /* flags of the map do not matter here */
		if (!view_word(&file, &word))
			break;
	file = view_trim(file);
	if (file.len == 0 || (colon < spec.len && class.len == 0)) {
		fflush(stdout);
		fprintf(stderr, "%s: illegal alias specification: " VIEW_FMT "\n", pa->tool.name,
			VIEW_ARG(spec));
		return;
	}
	if (colon < spec.len)
		e = open_kind(file, kind, &db);
	else
		for (size_t i = 0; (e == -ENOENT || e == -EINVAL || e == -ENOTSUP) &&
				   i < sizeof(order) / sizeof(order[0]);
		     i++)
			e = open_kind(file, order[i], &db);
	if (e < 0) {
		fflush(stdout);
		fprintf(stderr, "%s: " VIEW_FMT ": open: %s\n", pa->tool.name, VIEW_ARG(file),
			colon == spec.len && e != -EACCES ? "Unknown database type" : strerror(-e));
		return;
	}
	show_database(pa, db, file);
	database_close(db);
}

static void show_all(struct praliases *pa, struct view specs)
{
	struct view spec;

	while (view_cut(&specs, ',', &spec))
		if (view_trim(spec).len > 0)
			show_file(pa, view_trim(spec));
}

static int help(void)
{
	printf("usage: praliases [-C FILE] [-f ALIASFILE] [KEY ...]\n\n"
	       "Prints the records of the alias databases, or those of the keys.\n\n"
	       "  -C FILE       configuration file that names the alias files\n"
	       "  -f ALIASFILE  this file's database\n"
	       "  -l            list the database types of this build\n\n"
	       "See praliases(8) for all of it.\n");
	return EX_OK_;
}

int praliases_main(int argc, char **argv)
{
	struct praliases pa = { 0 };
	const char *cf = NULL, *file = NULL;
	int c, e = EX_OK_;

	if (map_tool_is_help(argc, argv))
		return help();
	map_tool_init(&pa.tool, argv[0]);
	optind = 1;
	while (e == EX_OK_ && (c = getopt(argc, argv, "C:f:l")) >= 0) {
		if (c == 'C') {
			cf = optarg;
		} else if (c == 'f') {
			file = optarg;
		} else if (c == 'l') {
			map_tool_list_types();
			map_tool_done(&pa.tool);
			return EX_OK_;
		} else {
			e = usage(&pa);
		}
	}
	if (e == EX_OK_)
		e = map_tool_read_cf(&pa.tool, cf);
	if (e == EX_OK_) {
		pa.keys = argv + optind;
		pa.n_keys = argc - optind;
		if (file)
			show_file(&pa, view_trim(view_of(file)));
		else
			show_all(&pa, str_view(&pa.tool.aliases));
	}
	map_tool_done(&pa.tool);
	return e;
}
