/* testmode_help.c - "?": the part of the help file that is about test mode. */
#include "base/own.h"
#include "config/trusted_file.h"
#include "rewrite/testmode_part.h"

#define HELP_TOPIC "-bt\t"

/* Help text may hold macros. */
static void print_help_line(struct testmode *t, struct view text)
{
	own_str struct str template = STR_MAX(4096), line = STR_MAX(4096);

	macros_encode(text, &template);
	macros_expand(t->rw.macros, str_view(&template), &line);
	fputs(str_z(&line), t->out);
	putc('\n', t->out);
}

void testmode_help(struct testmode *t)
{
	struct view path = t->snap->cf->options.help_file;
	struct safe_file opened = { .fd = -1 };
	own_file FILE *f = NULL;
	own_mem char *line = NULL;
	size_t cap = 0;
	ssize_t len;

	if (path.len && trusted_open(&t->snap->cf->options, TRUSTED_HELP,
				     arena_dupz(t->rw.arena, path), &opened) == 0)
		f = fdopen(opened.fd, "r");
	if (!f) {
		fprintf(t->out, "Sendmail " VIEW_FMT " -- HELP not implemented\n",
			VIEW_ARG(t->params->version ? view_of(t->params->version)
						    : VIEW(CONFIG_VERSION)));
		return;
	}
	while ((len = getline(&line, &cap, f)) > 0) {
		struct view v = view_trim_end(view_from(line, (size_t)len));

		if (view_starts(v, VIEW(HELP_TOPIC)))
			print_help_line(t, view_skip(v, sizeof(HELP_TOPIC) - 1));
	}
	fputs("End of HELP info\n", t->out);
}
