/* editmap.c - one record of a database shown, changed or removed (contract/command-line.md 8.11). */
#include "programs/editmap.h"

#include <errno.h>
#include <getopt.h>

#include "base/clock.h"
#include "mail/status.h"
#include "programs/map_tool.h"

#define RECORD_BYTES_MAX (1u << 20)

struct editmap {
	struct map_tool tool;
	const char *cf, *type, *map;
	bool has_nul, keeps_case;
	char action; /* q, u, x */
	struct str key, value;
};

static int usage(const struct editmap *em)
{
	fprintf(stderr,
		"Usage: %s [-C cffile] [-N] [-f] [-q|-u|-x] maptype mapname key [ \"value ...\" ]\n",
		em->tool.name);
	return EX_USAGE_;
}

static struct view shown(const struct str *s)
{
	struct view v = str_view(s);

	if (v.len > 0 && v.p[v.len - 1] == '\0')
		v.len--;
	return v;
}

static int query(struct editmap *em, struct database *db)
{
	struct view value;
	int e = database_get(db, str_view(&em->key), deadline_in(60000), &value);

	if (e == -ENOENT) {
		fprintf(stderr, "%s: couldn't find key " VIEW_FMT " in map %s\n", em->tool.name,
			VIEW_ARG(shown(&em->key)), em->map);
		return EX_UNAVAILABLE_;
	}
	if (e < 0) {
		fprintf(stderr, "%s: %s: %s\n", em->tool.name, em->map, strerror(-e));
		return EX_IOERR_;
	}
	while (value.len > 0 && value.p[value.len - 1] == '\0')
		value.len--;
	fwrite(value.p, 1, value.len, stdout);
	putchar('\n');
	return EX_OK_;
}

static int change(struct editmap *em, struct database *db, bool is_new)
{
	int e;

	if (em->action == 'u') {
		e = database_put(db, str_view(&em->key), str_view(&em->value), true);
		if (e < 0)
			fprintf(stderr, "%s: error updating (" VIEW_FMT ") in map %s: %s\n",
				em->tool.name, VIEW_ARG(shown(&em->key)), em->map, strerror(-e));
	} else {
		e = database_delete(db, str_view(&em->key));
		if (e == -ENOENT) {
			fprintf(stderr, "%s: key " VIEW_FMT " doesn't exist in map %s\n",
				em->tool.name, VIEW_ARG(shown(&em->key)), em->map);
			e = is_new ? 0 : -ENOENT; /* a map that was not there is now, empty */
		} else if (e < 0)
			fprintf(stderr, "%s: error deleting " VIEW_FMT " in map %s: %s\n",
				em->tool.name, VIEW_ARG(shown(&em->key)), em->map, strerror(-e));
	}
	if (e == -ENOENT)
		return EX_OK_;
	if (e == 0)
		e = database_commit(db);
	return e < 0 ? EX_IOERR_ : EX_OK_;
}

static int run(struct editmap *em)
{
	const struct map_tool_open o = { .type = em->type,
					 .map = em->map,
					 .mode = em->action == 'q' ? DATABASE_READ
								   : DATABASE_UPDATE };
	bool is_new = !map_tool_exists(em->type, em->map);
	struct database *db;
	int e = map_tool_database(&em->tool, &o, &db);

	if (e != EX_OK_)
		return e;
	e = em->action == 'q' ? query(em, db) : change(em, db, is_new);
	database_close(db);
	return e;
}

static bool take_option(struct editmap *em, int c)
{
	switch (c) {
	case 'C':
		em->cf = optarg;
		return true;
	case 'N':
		em->has_nul = true;
		return true;
	case 'f':
		em->keeps_case = true;
		return true;
	case 'q':
	case 'u':
	case 'x':
		if (em->action)
			return false;
		em->action = (char)c;
		return true;
	default:
		return false;
	}
}

static int help(void)
{
	printf("usage: editmap -q|-x [-fN] [-C FILE] TYPE MAP KEY\n"
	       "       editmap -u [-fN] [-C FILE] TYPE MAP KEY VALUE\n\n"
	       "  -q       print the value of the key\n"
	       "  -u       set it; the record may be new\n"
	       "  -x       remove the record\n"
	       "  -C FILE  configuration file, for TrustedUser\n"
	       "  -f       keep the case of the key\n"
	       "  -N       keys and values end in a NUL\n\n"
	       "See editmap(8) for all of it.\n");
	return EX_OK_;
}

int editmap_main(int argc, char **argv)
{
	struct editmap em = { .key = STR_MAX(RECORD_BYTES_MAX),
			      .value = STR_MAX(RECORD_BYTES_MAX) };
	bool is_good = true;
	int c, n, e;

	if (map_tool_is_help(argc, argv))
		return help();
	map_tool_init(&em.tool, argv[0]);
	optind = 1;
	while (is_good && (c = getopt(argc, argv, "C:Nfqux")) >= 0)
		is_good = take_option(&em, c);
	n = argc - optind;
	if (!is_good || !em.action || (em.action == 'u' ? n < 4 : n != 3)) {
		e = usage(&em);
	} else {
		em.type = argv[optind];
		em.map = argv[optind + 1];
		map_tool_key(view_of(argv[optind + 2]), em.keeps_case, em.has_nul, &em.key);
		if (em.action == 'u')
			map_tool_key(view_of(argv[optind + 3]), true, em.has_nul, &em.value);
		e = map_tool_read_cf(&em.tool, em.cf);
		if (e == EX_OK_)
			e = run(&em);
	}
	str_done(&em.key);
	str_done(&em.value);
	map_tool_done(&em.tool);
	return e;
}
