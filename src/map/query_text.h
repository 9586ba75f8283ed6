/*
 * query_text.h - the parts of a declaration that the SQL and Redis classes share: "key=value" settings from a file or the K line.
 *
 *   Kvirt pgsql -d "host=db dbname=mail" -Q "select dest from virt where addr = %s" -V " "
 *
 * -Q the query, where %s stands for the key and %1 to %9 for the rule's arguments: each is handed to the server as a parameter,
 * never pasted into the text. -d where and how to connect (class-specific). -V what joins several rows or columns (default ",").
 * -n the most connections (default 4). -l the seconds a question may take (default 10). Not locked; made at declaration.
 */
#ifndef MAP_QUERY_TEXT_H
#define MAP_QUERY_TEXT_H

#include "map/class.h"

#define QUERY_PARAMETERS_MAX 32

enum query_style {
	QUERY_DOLLAR,
	QUERY_QUESTION
}; /* how the server writes parameters: $1 $2, or ? */

struct query_text {
	struct view text, connect, joiner;
	char *sql;                            /* the query with the server's parameters */
	int parameters[QUERY_PARAMETERS_MAX]; /* 0: the key, n: the n-th argument */
	int n_parameters;
	size_t connections;
	int64_t timeout_ms;
};

bool query_text_option(struct query_text *t, struct map *m, char letter, struct view *rest);
/* Turns %s, %0-%9 into parameters; '%s' may stand in quotes, which go. False: wrong, and it was said. */
bool query_text_compile(struct query_text *t, struct map *m, enum query_style style);
void query_text_done(struct query_text *t);
/* The value of parameter i. */
struct view query_text_value(const struct query_text *t, const struct map_query *q, int i);
/* Does a value hold a NUL? No text column can. */
bool query_text_has_nul(const struct query_text *t, const struct map_query *q);
/* What the class returns for a question that ended so: the text when it is found. */
enum found query_text_answer(struct map_query *q, enum found found, const struct str *text,
			     struct view *out);
int64_t query_text_deadline(const struct query_text *t, const struct map_query *q);

#endif
