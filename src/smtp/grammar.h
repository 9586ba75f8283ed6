/*
 * grammar.h - commands as lines: the verb, the path, ESMTP parameters, xtext (RFC 5321 4.1, RFC 3461 4).
 *
 * Lenient where sendmail is: any case, blanks after the colon, brackets may be missing. No I/O; views into the line.
 */
#ifndef SMTP_GRAMMAR_H
#define SMTP_GRAMMAR_H

#include "base/arena.h"

#define GRAMMAR_PARAMS_MAX 17 /* what the reference takes; one more is "Too many parameters" */

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
	struct view
		scanned; /* for GRAMMAR_NO_KEYWORD: what stood where "From:" should, "" for nothing */
};
enum grammar_error { GRAMMAR_OK, GRAMMAR_NO_KEYWORD, GRAMMAR_TOO_MANY_PARAMS };
/*
 * keyword: "from" or "to". args: what follows MAIL or RCPT. GRAMMAR_NO_KEYWORD: no "From:" with something after it; the
 * reply is `501 5.5.2 Syntax error in parameters scanning "SCANNED"`. The address is not checked here. A parameter's name is
 * letters, digits and '-', and may be empty when something else stands there (it is then unrecognized); its value ends
 * at a blank or at '='. "SIZE=" has an empty value. After GRAMMAR_TOO_MANY_PARAMS the address and the first parameters are there.
 */
enum grammar_error grammar_path(struct view args, struct view keyword, struct smtp_path *out);

bool xtext_is_valid(struct view v);
struct view xtext_decode(struct view v, struct arena *a); /* none when invalid */
struct view xtext_encode(struct view v, struct arena *a);

#endif
