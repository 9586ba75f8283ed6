/* makemap.c - text from standard input into a database, and back (contract/command-line.md 8.11). */
#include "programs/makemap.h"

#include <errno.h>
#include <getopt.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/own.h"
#include "mail/status.h"
#include "programs/map_tool.h"

#define LINE_BYTES_MAX (1u << 20)

struct makemap {
	struct map_tool tool;
	const char *cf, *type, *map, *fallback, *from_type;
	char comment, separator;
	bool has_nul, keeps_duplicates, allows_empty, keeps_case, is_adding, replaces, is_dump,
		is_verbose, is_check;
	size_t cache_bytes;
	int status;
	size_t n_records;
	int64_t told_at; /* when the progress line was last written; 0: no terminal */
};

enum { OPT_CHECK = 256, OPT_CONVERT };

static const struct option long_options[] = {
	{"check",    no_argument,       NULL, OPT_CHECK  },
	{ "convert", required_argument, NULL, OPT_CONVERT},
	{ NULL,      0,                 NULL, 0          },
};

static int usage(const struct makemap *mm)
{
	fprintf(stderr,
		"Usage: %s [-C cffile] [-N] [-c cachesize] [-D commentchar]\n"
		"       %*s [-d] [-e] [-f] [-i type] [-l] [-o] [-r] [-s] [-t delimiter]\n"
		"       %*s [-u] [-v] type mapname\n",
		mm->tool.name, (int)strlen(mm->tool.name), "", (int)strlen(mm->tool.name), "");
	return EX_USAGE_;
}

/* A line on the terminal every second of long work, gone when it is done. */
static void tell_progress(struct makemap *mm, bool is_over)
{
	int64_t now;

	if (mm->told_at == 0 || (!is_over && mm->n_records % 4096 != 0))
		return;
	now = clock_ms();
	if (is_over)
		fprintf(stderr, "\r\033[K");
	else if (now - mm->told_at >= 1000)
		fprintf(stderr, "\r%s: %s: %zu records", mm->tool.name, mm->map, mm->n_records);
	else
		return;
	mm->told_at = now;
}

static void complain(struct makemap *mm, size_t line, int status, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void complain(struct makemap *mm, size_t line, int status, const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fprintf(stderr, "%s: %s: line %zu: ", mm->tool.name, mm->map, line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n");
	mm->status = status;
}

static struct view without_nul(struct view v)
{
	while (v.len > 0 && v.p[v.len - 1] == '\0')
		v.len--;
	return v;
}

/* Key and value of a line. False: the line is wrong, and that was said. */
static bool split(struct makemap *mm, size_t number, struct view line, struct view *key,
		  struct view *value)
{
	size_t n = 0;

	if (!mm->separator && isspace((unsigned char)line.p[0])) {
		complain(mm, number, EX_DATAERR_, "syntax error (leading space)");
		return false;
	}
	while (n < line.len &&
	       (mm->separator ? line.p[n] != mm->separator : !isspace((unsigned char)line.p[n])))
		n++;
	*key = view_first(line, n);
	*value = view_skip(line, n);
	while (value->len > 0 &&
	       (mm->separator ? value->p[0] == mm->separator : isspace((unsigned char)value->p[0])))
		*value = view_skip(*value, 1);
	return true;
}

/* One line into the database. False: the database itself failed, and that was said. */
static bool add_line(struct makemap *mm, struct database *db, size_t number, struct view line,
		     struct str *k, struct str *v)
{
	struct view key, value, shown;
	int e;

	if (line.len == 0 || line.p[0] == mm->comment || !split(mm, number, line, &key, &value))
		return true;
	map_tool_key(key, mm->keeps_case, mm->has_nul, k);
	map_tool_key(value, true, mm->has_nul, v);
	shown = without_nul(str_view(k));
	if (value.len == 0 && !mm->allows_empty) {
		complain(mm, number, EX_DATAERR_, "no RHS for LHS " VIEW_FMT, VIEW_ARG(shown));
		return true;
	}
	if (mm->is_verbose)
		printf("key=`" VIEW_FMT "', val=`" VIEW_FMT "'\n", VIEW_ARG(shown),
		       VIEW_ARG(value));
	e = database_put(db, str_view(k), str_view(v), mm->replaces);
	if (e == -EEXIST) {
		complain(mm, number, EX_DATAERR_, "key " VIEW_FMT ": duplicate key",
			 VIEW_ARG(shown));
	} else if (e < 0) {
		complain(mm, number, EX_IOERR_, "key " VIEW_FMT ": put error: %s", VIEW_ARG(key),
			 strerror(-e));
		return false;
	}
	mm->n_records++;
	tell_progress(mm, false);
	return true;
}

static bool add_all(struct makemap *mm, struct database *db)
{
	own_str struct str k = STR_MAX(LINE_BYTES_MAX + 1), v = STR_MAX(LINE_BYTES_MAX + 1);
	own_mem char *line = NULL;
	size_t cap = 0, number = 0;
	bool is_good = true;
	ssize_t n;

	while (is_good && (n = getline(&line, &cap, stdin)) > 0) {
		struct view text = view_from(line, (size_t)n);

		number++;
		if (text.p[text.len - 1] == '\n')
			text.len--;
		if (text.len > LINE_BYTES_MAX)
			complain(mm, number, EX_DATAERR_, "line too long (%u bytes max)",
				 LINE_BYTES_MAX);
		else if (view_find(text, '\0') < text.len)
			complain(mm, number, EX_DATAERR_, "line with a NUL in it");
		else
			is_good = add_line(mm, db, number, text, &k, &v);
	}
	return is_good;
}

/* The records of another type's file into the new one, as they are. */
static bool add_converted(struct makemap *mm, struct database *db)
{
	const struct map_tool_open o = { .type = mm->from_type,
					 .map = mm->map,
					 .mode = DATABASE_READ };
	struct database *from;
	struct view key, value;
	int e = map_tool_database(&mm->tool, &o, &from);

	if (e != EX_OK_) {
		mm->status = e;
		return false;
	}
	while ((e = database_next(from, &key, &value)) == 0) {
		e = database_put(db, key, value, mm->replaces);
		if (e < 0 && e != -EEXIST)
			break;
		if (e == -EEXIST)
			complain(mm, mm->n_records + 1, EX_DATAERR_,
				 "key " VIEW_FMT ": duplicate key", VIEW_ARG(key));
		mm->n_records++;
		tell_progress(mm, false);
	}
	database_close(from);
	if (e != -ENOENT) {
		fprintf(stderr, "%s: %s: %s\n", mm->tool.name, mm->map, strerror(-e));
		mm->status = EX_IOERR_;
		return false;
	}
	return true;
}

/* About how many lines standard input has, when it is a file: by its size and the length of its first lines. */
static size_t expected_lines(void)
{
	char sample[65536];
	struct stat st;
	ssize_t n;
	size_t lines = 0;

	if (fstat(STDIN_FILENO, &st) < 0 || !S_ISREG(st.st_mode) ||
	    (n = pread(STDIN_FILENO, sample, sizeof(sample), 0)) <= 0)
		return 0;
	for (ssize_t i = 0; i < n; i++)
		lines += sample[i] == '\n';
	return (size_t)((uint64_t)st.st_size * lines / (uint64_t)n);
}

static int build(struct makemap *mm)
{
	const struct map_tool_open o = { .type = mm->type,
					 .fallback_type = mm->fallback,
					 .map = mm->map,
					 .mode = mm->is_adding ? DATABASE_UPDATE : DATABASE_CREATE,
					 .keeps_duplicates = mm->keeps_duplicates,
					 .cache_bytes = mm->cache_bytes,
					 .expected = mm->from_type ? 0 : expected_lines(),
					 .is_made_of_itself = mm->from_type != NULL };
	struct database *db;
	bool is_good;
	int e;

	if (mm->is_adding && !map_tool_exists(mm->type, mm->map)) {
		map_tool_tell_missing(&mm->tool, mm->type, mm->map);
		return EX_CANTCREAT_;
	}
	e = map_tool_database(&mm->tool, &o, &db);
	if (e != EX_OK_)
		return e;
	if (isatty(STDERR_FILENO) && !mm->is_verbose)
		mm->told_at = clock_ms();
	is_good = mm->from_type ? add_converted(mm, db) : add_all(mm, db);
	e = is_good ? database_commit(db) : 0;
	tell_progress(mm, true);
	database_close(db);
	if (e < 0) {
		fprintf(stderr, "%s: error creating output file %s: %s\n", mm->tool.name, mm->map,
			strerror(-e));
		return EX_CANTCREAT_;
	}
	return mm->status;
}

static int dump(struct makemap *mm)
{
	const struct map_tool_open o = { .type = mm->type, .map = mm->map, .mode = DATABASE_READ };
	struct database *db;
	struct view key, value;
	int e = map_tool_database(&mm->tool, &o, &db);

	if (e != EX_OK_)
		return e;
	while ((e = database_next(db, &key, &value)) == 0) {
		key = without_nul(key);
		value = without_nul(value);
		fwrite(key.p, 1, key.len, stdout);
		putchar(mm->separator ? mm->separator : '\t');
		fwrite(value.p, 1, value.len, stdout);
		putchar('\n');
	}
	database_close(db);
	if (e != -ENOENT || fflush(stdout) != 0) {
		fprintf(stderr, "%s: %s: %s\n", mm->tool.name, mm->map,
			strerror(e != -ENOENT ? -e : errno));
		return EX_IOERR_;
	}
	return EX_OK_;
}

/* --check: every record can be read and found again by its key. */
static int check(struct makemap *mm)
{
	const struct map_tool_open o = { .type = mm->type, .map = mm->map, .mode = DATABASE_READ };
	struct database *walk, *ask;
	struct view key, value, found;
	size_t n = 0, longest = 0, n_lost = 0;
	int e = map_tool_database(&mm->tool, &o, &walk);

	if (e != EX_OK_)
		return e;
	e = map_tool_database(&mm->tool, &o, &ask);
	if (e != EX_OK_) {
		database_close(walk);
		return e;
	}
	while ((e = database_next(walk, &key, &value)) == 0) {
		n++;
		if (value.len > longest)
			longest = value.len;
		if (database_get(ask, key, deadline_in(10000), &found) != 0) {
			fprintf(stderr, "%s: %s: key " VIEW_FMT " cannot be found\n", mm->tool.name,
				mm->map, VIEW_ARG(key));
			n_lost++;
		}
	}
	database_close(walk);
	database_close(ask);
	if (e != -ENOENT)
		fprintf(stderr, "%s: %s: damaged after %zu records: %s\n", mm->tool.name, mm->map,
			n, strerror(-e));
	printf("%s: %zu records, longest value %zu bytes, %zu lost\n", mm->map, n, longest, n_lost);
	return e == -ENOENT && n_lost == 0 ? EX_OK_ : EX_DATAERR_;
}

/* One option. Less than 0: go on; else the program ends with that status. */
static int take_option(struct makemap *mm, int c)
{
	int64_t number;

	switch (c) {
	case 'C':
		mm->cf = optarg;
		break;
	case 'N':
		mm->has_nul = true;
		break;
	case 'c':
		mm->cache_bytes = number_parse(view_of(optarg), 0, 1 << 30, &number)
					  ? (size_t)number
					  : 0;
		break;
	case 'D':
		mm->comment = optarg[0];
		break;
	case 'd':
		mm->keeps_duplicates = true;
		break;
	case 'e':
		mm->allows_empty = true;
		break;
	case 'f':
		mm->keeps_case = true;
		break;
	case 'i':
		mm->fallback = optarg;
		break;
	case 'l':
		map_tool_list_types();
		return EX_OK_;
	case 'L':
		printf("cf\nCF\n");
		map_tool_list_types();
		return EX_OK_;
	case 'o':
		mm->is_adding = true;
		break;
	case 'r':
		mm->replaces = true;
		break;
	case 's':
		mm->tool.is_unchecked = true;
		break;
	case 't':
		if (!optarg[0]) {
			fprintf(stderr, "Invalid separator\n");
			return EX_OK_;
		}
		mm->separator = optarg[0];
		break;
	case 'u':
		mm->is_dump = true;
		break;
	case 'v':
		mm->is_verbose = true;
		break;
	case 'x':
		map_tool_list_suffixes();
		return EX_OK_;
	case OPT_CHECK:
		mm->is_check = true;
		break;
	case OPT_CONVERT:
		mm->from_type = optarg;
		break;
	default:
		return usage(mm);
	}
	return -1;
}

/* The type that the .cf has for the map, else that of -i. */
static int take_class(struct makemap *mm)
{
	mm->type = mm->tool.found_class ? mm->tool.found_class : mm->fallback;
	if (mm->type)
		return EX_OK_;
	fprintf(stderr, "%s: mapfile %s: not found in %s\n", mm->tool.name, mm->map,
		mm->cf ? mm->cf : MAP_TOOL_DEFAULT_CF);
	return EX_DATAERR_;
}

static int help(void)
{
	printf("usage: makemap [options] TYPE MAP < TEXT\n"
	       "       makemap -u TYPE MAP > TEXT\n"
	       "       makemap --check TYPE MAP\n\n"
	       "Makes the database MAP of lines with a key, blanks and a value.\n\n"
	       "  -C FILE     configuration file, for TrustedUser\n"
	       "  -c BYTES    cache for hash and btree\n"
	       "  -D CHAR     comments begin with it, not with #\n"
	       "  -d          keep records with the same key\n"
	       "  -e          values may be empty\n"
	       "  -f          keep the case of keys\n"
	       "  -i TYPE     type to use where the configuration has none (TYPE cf, CF)\n"
	       "  -l, -L, -x  list the types of this build\n"
	       "  -N          a NUL at the end of keys and values\n"
	       "  -o          add to a database that exists\n"
	       "  -r          a repeated key replaces the record\n"
	       "  -s          the database may be a link\n"
	       "  -t CHAR     separates key and value\n"
	       "  -u          print the records\n"
	       "  -v          print each record as it is written\n"
	       "  --check     read every record, and look each up\n"
	       "  --convert TYPE  take the records of the database of that type\n\n"
	       "See makemap(8) for all of it.\n");
	return EX_OK_;
}

int makemap_main(int argc, char **argv)
{
	struct makemap mm = { .comment = '#' };
	int c, e = -1;
	bool is_of_cf = false;

	if (map_tool_is_help(argc, argv))
		return help();
	map_tool_init(&mm.tool, argv[0]);
	optind = 1;
	while (e < 0 &&
	       (c = getopt_long(argc, argv, "C:Nc:D:defi:lLorst:uvx", long_options, NULL)) >= 0)
		e = take_option(&mm, c);
	if (e < 0 && argc - optind != 2)
		e = usage(&mm);
	if (e < 0) {
		mm.type = argv[optind];
		mm.map = argv[optind + 1];
		is_of_cf = map_tool_want_class(&mm.tool, mm.type, mm.map);
		e = map_tool_read_cf(&mm.tool, mm.cf);
		if (e == EX_OK_ && is_of_cf)
			e = take_class(&mm);
		if (e == EX_OK_)
			e = mm.is_check ? check(&mm) : mm.is_dump ? dump(&mm) : build(&mm);
	}
	map_tool_done(&mm.tool);
	return e;
}
