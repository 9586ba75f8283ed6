/*
 * explain_page.h - how explanations are laid out: lines of at most 80 columns, labels with their values, and what each part shows.
 *
 * Private to explain_*.c. What a terminal could obey is shown as a question mark.
 */
#ifndef PROGRAMS_EXPLAIN_PAGE_H
#define PROGRAMS_EXPLAIN_PAGE_H

#include "programs/explain.h"

#define PAGE_TEXT_MAX 2000 /* bytes of one paragraph */

struct page {
	const struct explanation *x;
	FILE *out;
};

/* explain_page.c. A paragraph; its further lines are indented two more. */
void page_line(const struct page *p, int indent, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* "label   value", the value's further lines below its first. */
void page_field(const struct page *p, const char *label, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void page_heading(const struct page *p, const char *text);

/* explain_text_rules.c */
void page_rules(const struct page *p, const char *title, const struct ex_node *rules);
void page_nodes(const struct page *p, const struct ex_node *parent, int indent);
void page_lookup(const struct page *p, const struct ex_node *n, int indent);
void page_name_ruleset(const struct ex_node *n, struct str *out);

/* explain_text_route.c */
void page_steps(const struct page *p, const struct ex_rcpt *r);
void page_route(const struct page *p, const struct ex_rcpt *r);
void page_hosts(const struct page *p, const struct ex_rcpt *r);
struct view page_without_dot(struct view name);

#endif
