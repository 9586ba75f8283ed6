/* lint_part.h - what the parts of lint share. Private to config/. No I/O, thread-safe. */
#ifndef CONFIG_LINT_PART_H
#define CONFIG_LINT_PART_H

#include "config/lint.h"

/* The name that a text begins with: letters, digits and underscores; may be empty. */
struct view lint_name_at(struct view v);

/* Line ends of the whole text; characters of one line that came in by copy and paste. */
void lint_line_ends(struct lint *l, struct view path, struct view text);
void lint_characters(struct lint *l, struct view path, struct view line, int number,
		     bool is_comment);

/* Each rule of the configuration by itself. */
void lint_rule_texts(const struct config *cf, struct lint *l);

/* Names of the .mc language, each list ends with NULL. */
extern const char *const mc_conf_names[]; /* without "conf" */
extern const char *const mc_features[], *const mc_ostypes[], *const mc_mailers[],
								     *const mc_domains[];
extern const char *const mc_variables[]; /* other names for define */
extern const char *const mc_macros[];    /* macros that a file may call */

/* One call of a macro, as m4 would see it. */
#define MC_ARGS_MAX 10

struct mc_call {
	struct view name;
	int line;
	struct view args[MC_ARGS_MAX]; /* quotes taken off */
	int n_args;
	bool is_conditional; /* inside ifdef or ifelse */
};

/* The numbers, rising, of the lines of an .mc file that its local sections give to the .cf and that begin a command. */
size_t lint_mc_local_lines(struct view text, struct arena *a, const int **out);

/* Checks of the calls of one file, in order: what is given twice, too late, without what it needs, or in a wrong form. */
void lint_mc_calls(struct lint *l, struct view path, const struct mc_call *calls, size_t n);

#endif
