/* check_command.c - see check_command.h. */
#include "programs/check_command.h"

#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json.h"
#include "mail/status.h"
#include "programs/check_files.h"
#include "programs/check_local.h"
#include "programs/postrider.h"
#include "programs/runtime.h"
#include "rewrite/rules.h"
#include "rewrite/rules_lint.h"

#define FILE_MAX  ((size_t)16 << 20)
#define ARENA_MAX ((size_t)256 << 20)
#define JSON_MAX  ((size_t)64 << 20)

enum { FOUND_NOTHING = 0, FOUND_FAULTS = 1, CANNOT_READ = 2 };

static const char help[] =
	"usage: postrider check [-q] [--json] [--files] [FILE.cf | FILE.mc ...]\n\n"
	"Reads configuration files as a careful colleague would, and names what a typing error\n"
	"hides: with file and line, what it means, and what to do. Without a file: the installed\n"
	"sendmail.cf.\n\n"
	"      --files   also look at the maps and alias files that a .cf names: are they there,\n"
	"                safe, newer than their text (always done for the installed sendmail.cf)\n"
	"      --json    the findings as data\n"
	"  -q, --quiet   print nothing; the exit status tells\n"
	"      --kinds   list the kinds of findings\n"
	"  -h, --help    this text\n\n"
	"Exit status: 0 clean (notes do not count), 1 findings, 2 a file cannot be read, 64 usage.\n";

struct wish {
	bool as_json, is_quiet, with_files, has_help, wants_kinds;
};

static int parse_arguments(int argc, char **argv, struct wish *w)
{
	static const struct option options[] = {
		{"files",  no_argument, NULL, 'F'},
                { "json",  no_argument, NULL, 'j'},
		{ "quiet", no_argument, NULL, 'q'},
                { "kinds", no_argument, NULL, 'k'},
		{ "help",  no_argument, NULL, 'h'},
                { NULL,    0,           NULL, 0  }
	};
	int c;

	optind = 0;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "qh", options, NULL)) != -1) {
		switch (c) {
		case 'F':
			w->with_files = true;
			break;
		case 'j':
			w->as_json = true;
			break;
		case 'q':
			w->is_quiet = true;
			break;
		case 'k':
			w->wants_kinds = true;
			break;
		case 'h':
			w->has_help = true;
			break;
		default:
			return subcommand_usage("check", "%s is no option", argv[optind - 1]);
		}
	}
	return 0;
}

/* ---- one file ---- */

/* By its name, else by what is in it. */
static bool is_mc(const char *path, struct view text)
{
	struct view name = view_of(path);

	if (view_ends_nocase(name, VIEW(".mc")) || view_ends_nocase(name, VIEW(".m4")))
		return true;
	if (view_ends_nocase(name, VIEW(".cf")))
		return false;
	return view_search(text, VIEW("OSTYPE(")) < text.len ||
	       view_search(text, VIEW("FEATURE(`")) < text.len;
}

/* Accounts of another machine are not known here. */
static void drop_accounts(struct lint *l)
{
	static const char *const texts[] = { "unknown user", "unknown group",
					     "must have RunAsUser" };
	size_t kept = 0;

	for (size_t i = 0; i < l->n; i++) {
		bool is_account = false;

		for (size_t k = 0; k < sizeof(texts) / sizeof(texts[0]); k++)
			is_account |= l->v[i].kind == LINT_READ_ERROR &&
				      view_search(l->v[i].text, view_of(texts[k])) <
					      l->v[i].text.len;
		if (!is_account)
			l->v[kept++] = l->v[i];
	}
	l->n = kept;
}

enum source {
	AS_INSTALLED, /* on the machine where it is used, with the files that it names */
	BY_ITSELF,    /* nothing but the file is touched */
	MADE_TEXT     /* the path is but a name for the text */
};

static void check_cf(const char *path, struct view text, enum source source, struct lint *l)
{
	bool with_files = source == AS_INSTALLED;
	char hostname[256] = "localhost";
	struct services services = { .log = log_new(LOG_TO_NOTHING, "check", NULL),
				     .hostname = hostname };
	struct config_params p = { .path = source == MADE_TEXT ? NULL : path,
				   .path_label = source == MADE_TEXT ? path : NULL,
				   .text = source == MADE_TEXT ? text : VIEW_NONE,
				   .hostname = with_files ? NULL : "host.example",
				   .is_offline = !with_files,
				   .is_text_only = !with_files };
	struct snapshot snap = { .services = &services };

	gethostname(hostname, sizeof(hostname) - 1);
	snap.cf = config_load(&p);
	snap.maps = map_set_open(snap.cf, &services, true);
	for (size_t i = 0; i < map_set_messages(snap.maps)->n; i++)
		rules_add_message(snap.cf, map_set_messages(snap.maps)->v[i]);
	snap.rules = rules_compile(snap.cf);
	config_lint(snap.cf, l);
	config_lint_text(arena_dup(l->arena, snap.cf->path), text, l);
	rules_lint(snap.rules, arena_dup(l->arena, snap.cf->path), l);
	if (with_files)
		check_files(&snap, l);
	else
		drop_accounts(l);
	/* What was found outlives the configuration. */
	for (size_t i = 0; i < l->n; i++)
		l->v[i].file = arena_dup(l->arena, l->v[i].file);
	rules_free(snap.rules);
	map_set_free(snap.maps);
	config_free(snap.cf);
	log_free(services.log);
}

/* What is between LOCAL_CONFIG and its like is looked at in the .cf that it becomes. */
static void check_mc(const char *path, struct view text, struct lint *l)
{
	own_str struct str marked = STR_MAX(FILE_MAX * 2), cf = STR_MAX(FILE_MAX);
	struct lint found = LINT_INIT(l->arena);
	const char *why_not;

	config_lint_mc(view_of(path), text, l);
	if (!lint_mc_mark(text, l->arena, &marked))
		return;
	why_not = check_local_build(str_view(&marked), &cf);
	if (why_not) {
		lint_add(l, LINT_MC_LOCAL, view_of(path), 0,
			 "the lines of the LOCAL_ sections are not checked as those of a .cf: %s",
			 why_not);
	} else {
		struct view kept = arena_dup(l->arena, str_view(&cf));

		check_cf(path, kept, MADE_TEXT, &found);
		lint_mc_take(view_of(path), kept, &found, l);
	}
}

/* False: it cannot be read, and that has been said. */
static bool check_file(const char *path, bool with_files, struct lint *l)
{
	own_str struct str text = STR_MAX(FILE_MAX);
	char words[128];
	int rc = check_read_file(path, &text);
	struct view kept;

	if (rc < 0) {
		fprintf(stderr, "postrider check: %s: %s\n", path,
			strerror_r(-rc, words, sizeof(words)));
		return false;
	}
	kept = arena_dup(l->arena, str_view(&text));
	if (is_mc(path, kept))
		check_mc(path, kept, l);
	else
		check_cf(path, kept, with_files ? AS_INSTALLED : BY_ITSELF, l);
	return true;
}

/* ---- what to say ---- */

static const char *severity_word(enum lint_severity s)
{
	return s == LINT_ERROR ? "error" : s == LINT_WARNING ? "warning" : "note";
}

static void print_count(size_t n, const char *word, bool *has_one)
{
	if (n == 0)
		return;
	printf("%s%zu %s%s", *has_one ? ", " : "", n, word, n == 1 ? "" : "s");
	*has_one = true;
}

/* The meaning of a kind is told with its first finding. */
static void print_findings(const struct lint *l)
{
	bool told[LINT_KINDS] = { false }, has_one = false;

	for (size_t i = 0; i < l->n; i++) {
		const struct lint_finding *f = &l->v[i];
		const struct lint_kind_row *row = lint_kind_row(f->kind);
		own_str struct str text = STR_MAX(8192);

		str_add_escaped(&text, f->text);
		printf(VIEW_FMT, VIEW_ARG(f->file));
		if (f->line)
			printf(":%d", f->line);
		printf(": %s: %s [%s]\n", severity_word(row->severity), str_z(&text), row->name);
		if (!told[f->kind])
			printf("    %s\n    %s\n", row->meaning, row->advice);
		told[f->kind] = true;
	}
	if (l->n)
		putchar('\n');
	print_count(lint_count(l, LINT_ERROR), "error", &has_one);
	print_count(lint_count(l, LINT_WARNING), "warning", &has_one);
	print_count(lint_count(l, LINT_NOTE), "note", &has_one);
	puts(has_one ? "" : "nothing found");
}

static void write_finding(struct json *j, const struct lint_finding *f)
{
	const struct lint_kind_row *row = lint_kind_row(f->kind);

	json_object(j, NULL);
	json_text(j, "file", f->file);
	if (f->line)
		json_number(j, "line", f->line);
	else
		json_null(j, "line");
	json_text(j, "kind", view_of(row->name));
	json_text(j, "severity", view_of(severity_word(row->severity)));
	json_text(j, "text", f->text);
	json_text(j, "meaning", view_of(row->meaning));
	json_text(j, "advice", view_of(row->advice));
	json_end(j);
}

static void print_json(const struct lint *l, int exit)
{
	own_str struct str text = STR_MAX(JSON_MAX);
	struct json j = json_into(&text);

	json_object(&j, NULL);
	json_number(&j, "exit", exit);
	json_number(&j, "errors", (int64_t)lint_count(l, LINT_ERROR));
	json_number(&j, "warnings", (int64_t)lint_count(l, LINT_WARNING));
	json_number(&j, "notes", (int64_t)lint_count(l, LINT_NOTE));
	json_array(&j, "findings");
	for (size_t i = 0; i < l->n; i++)
		write_finding(&j, &l->v[i]);
	json_end(&j);
	json_end(&j);
	fputs(str_z(&text), stdout);
}

static void print_kinds(void)
{
	for (enum lint_kind i = 0; i < LINT_KINDS; i++) {
		const struct lint_kind_row *row = lint_kind_row(i);

		printf("%s (%s)\n    %s\n    %s\n", row->name, severity_word(row->severity),
		       row->meaning, row->advice);
	}
}

/* ---- the command ---- */

static int check_all(const struct wish *w, char *const *files, int n)
{
	own_arena struct arena *arena = arena_new(ARENA_MAX);
	struct lint l = LINT_INIT(arena);
	char dir[PATH_MAX - 32], installed[PATH_MAX];
	int exit = FOUND_NOTHING;

	snprintf(installed, sizeof(installed), "%s/sendmail.cf",
		 runtime_config_dir(dir, sizeof(dir)));
	if (n == 0 && !check_file(installed, true, &l))
		exit = CANNOT_READ;
	for (int i = 0; i < n; i++)
		if (!check_file(files[i], w->with_files || strcmp(files[i], installed) == 0, &l))
			exit = CANNOT_READ;
	lint_sort(&l);
	if (exit == FOUND_NOTHING && lint_count(&l, LINT_ERROR) + lint_count(&l, LINT_WARNING) > 0)
		exit = FOUND_FAULTS;
	if (w->as_json)
		print_json(&l, exit);
	else if (!w->is_quiet)
		print_findings(&l);
	return exit;
}

int check_main(int argc, char **argv)
{
	struct wish w = { 0 };
	int rc = parse_arguments(argc, argv, &w);

	if (rc)
		return rc;
	if (w.has_help)
		fputs(help, stdout);
	else if (w.wants_kinds)
		print_kinds();
	else
		rc = check_all(&w, argv + optind, argc - optind);
	fflush(stdout);
	return rc;
}
