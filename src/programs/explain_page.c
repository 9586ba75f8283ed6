/* explain_page.c - lines on a screen of 80 columns; see explain_page.h. */
#include "programs/explain_page.h"

#define COLUMNS    80
#define LABEL_HANG 20

/* Words are moved to the next line where they do not fit; a word longer than a line stands alone. column: where the first one begins. */
static void wrap(FILE *out, int column, int hang, struct view rest)
{
	bool is_first = true;

	while (rest.len) {
		size_t n = view_find(rest, ' ');
		struct view word = view_first(rest, n);

		if (!is_first && column + 1 + (int)word.len > COLUMNS) {
			fprintf(out, "\n%*s", hang, "");
			column = hang;
		} else if (!is_first) {
			putc(' ', out);
			column++;
		}
		fwrite(word.p, 1, word.len, out);
		column += (int)word.len;
		is_first = false;
		rest = view_skip(rest, n + 1);
	}
	putc('\n', out);
}

/* What a terminal could obey, or is no text, is shown as a question mark. */
static void make_harmless(struct str *s)
{
	size_t n;

	for (size_t i = 0; i < s->len; i += n) {
		unsigned char c = (unsigned char)s->p[i];

		n = utf8_sequence(view_skip(str_view(s), i));
		if (c < 0x20 || c == 0x7f || n == 0) {
			s->p[i] = c == '\t' || c == '\n' ? ' ' : '?';
			n = 1;
		}
	}
}

void page_line(const struct page *p, int indent, const char *fmt, ...)
{
	own_str struct str s = STR_MAX(PAGE_TEXT_MAX);
	va_list ap;

	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	make_harmless(&s);
	fprintf(p->out, "%*s", indent, "");
	wrap(p->out, indent, indent + 2, str_view(&s));
}

void page_field(const struct page *p, const char *label, const char *fmt, ...)
{
	own_str struct str s = STR_MAX(PAGE_TEXT_MAX);
	va_list ap;

	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	make_harmless(&s);
	fprintf(p->out, "    %-*s", LABEL_HANG - 4, label);
	wrap(p->out, LABEL_HANG, LABEL_HANG, str_view(&s));
}

void page_heading(const struct page *p, const char *text)
{
	fprintf(p->out, "\n  %s\n", text);
}
