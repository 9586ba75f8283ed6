/*
 * grammar.h - commands as lines: the verb, the path, ESMTP parameters, xtext (RFC 5321 4.1, RFC 3461 4).
 *
 * Lenient where sendmail is: any case, blanks after the colon, brackets may be missing. No I/O; views into the line.
 */
#ifndef SMTP_GRAMMAR_H
#define SMTP_GRAMMAR_H

#include "base/arena.h"

#define GRAMMAR_PARAMS_MAX 20 /* contract/smtp.md 7.6 */

struct smtp_command {
	struct view verb; /* as written */
	struct view args; /* rest of the line, leading blanks cut */
};
void grammar_command(struct view line, struct smtp_command *out);

struct smtp_param {
	struct view name, value;
	bool has_value;
};
struct smtp_path {
	struct view address; /* with its brackets if it had them, as given */
	struct smtp_param params[GRAMMAR_PARAMS_MAX];
	size_t n_params;
};
enum grammar_error { GRAMMAR_OK, GRAMMAR_NO_KEYWORD, GRAMMAR_MISSING_ADDRESS, GRAMMAR_TOO_MANY_PARAMS };
/* keyword: "from" or "to". args: what follows MAIL or RCPT. */
enum grammar_error grammar_path(struct view args, struct view keyword, struct smtp_path *out);

bool xtext_is_valid(struct view v);
struct view xtext_decode(struct view v, struct arena *a); /* none when invalid */
struct view xtext_encode(struct view v, struct arena *a);

#endif
