/* testmode_d0.c - -d0: what this program is, how it was built, who it thinks it is. */
#include "build_config.h"
#include "rewrite/testmode_part.h"

/* Words fill a line up to here; a continuation begins as if in column 8. */
#define FILL_COLUMN         72
#define CONTINUATION_COLUMN 8

static const char *const build_words[] = {
	"DNSMAP",     "EPOLL",     "IPV6_FULL",
#if HAVE_LDAP
	"LDAPMAP",
#endif
	"LOG",        "MAP_REGEX", "MATCHGECOS", "MILTER",    "MIME7TO8", "MIME8TO7",
	"NAMED_BIND", "NETINET",   "NETINET6",   "NETUNIX",   "CDB",
#if HAVE_LMDB
	"LMDB",
#endif
#if HAVE_DB
	"NEWDB=5.3",
#endif
	"PIPELINING", "SASLv2",    "SCANF",      "SOCKETMAP", "STARTTLS", "TLS_EC",
	"USERDB",     NULL,
};

static void print_words(const char *title, const char *const *words, FILE *out)
{
	size_t column = strlen(title);

	fputs(title, out);
	for (; *words; words++) {
		size_t len = strlen(*words) + 1;

		if (column + len > FILL_COLUMN) {
			fprintf(out, "\n\t\t%s", *words);
			column = CONTINUATION_COLUMN + len;
		} else {
			fprintf(out, " %s", *words);
			column += len;
		}
	}
	putc('\n', out);
}

static void print_macro(const struct snapshot *snap, const char *label, char name, FILE *out)
{
	own_arena struct arena *a = arena_new(65536);
	struct view value = macros_get_expanded(snap->cf->macros, name, a);

	fprintf(out, "%s $%c = " VIEW_FMT "\n", label, name, VIEW_ARG(value));
}

/* The other names this host answers to: class w without the canonical name. */
static void print_names(const struct snapshot *snap, FILE *out)
{
	own_arena struct arena *a = arena_new(65536);
	struct view j = macros_get_expanded(snap->cf->macros, 'j', a);
	struct view k = macros_get_expanded(snap->cf->macros, 'k', a);
	const struct table *words = classes_words(snap->cf->classes, 'w');
	struct view word;
	void *none;
	size_t at = 0;

	fprintf(out, "Canonical name: " VIEW_FMT "\n", VIEW_ARG(j));
	fprintf(out, " UUCP nodename: " VIEW_FMT "\n", VIEW_ARG(k));
	while (words && table_next(words, &at, &word, &none))
		if (!view_eq_nocase(word, j))
			fprintf(out, "\ta.k.a.: " VIEW_FMT "\n", VIEW_ARG(word));
}

void testmode_print_d0(const struct snapshot *snap, int level, const char *version, FILE *out)
{
	own_arena struct arena *a = arena_new(65536);
	struct view v = version ? view_of(version) : VIEW(CONFIG_VERSION);

	fprintf(out, "Version " VIEW_FMT "\n", VIEW_ARG(v));
	print_words(" Compiled with:", build_words, out);
	if (level >= 4)
		print_names(snap, out);
	if (level >= 10) {
		fprintf(out, "     Conf file:\t" VIEW_FMT " (selected)\n",
			VIEW_ARG(snap->cf->path));
		fprintf(out, "      Pid file:\t" VIEW_FMT " (selected)\n",
			VIEW_ARG(snap->cf->options.pid_file));
	}
	fputs("\n============ SYSTEM IDENTITY (after readcf) ============\n", out);
	print_macro(snap, "      (short domain name)", 'w', out);
	print_macro(snap, "  (canonical domain name)", 'j', out);
	print_macro(snap, "         (subdomain name)", 'm', out);
	print_macro(snap, "              (node name)", 'k', out);
	fputs("========================================================\n\n", out);
	if (level >= 15)
		testmode_mailers(snap, out);
}
