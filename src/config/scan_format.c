/* scan_format.c - see scan_format.h. */
#include "config/scan_format.h"

struct conversion {
	char kind; /* s [ c, 0: not understood */
	bool is_skipped;
	size_t width;
	bool is_negated;
	struct view set; /* between the brackets */
};

void scan_format_init(struct scan_format *f, struct view format)
{
	f->text = format;
}

static bool in_set(const struct conversion *c, char byte)
{
	bool found = false;

	for (size_t i = 0; i < c->set.len && !found; i++) {
		bool is_range = i > 0 && i + 1 < c->set.len && c->set.p[i] == '-';

		if (is_range)
			found = (unsigned char)byte >= (unsigned char)c->set.p[i - 1] &&
				(unsigned char)byte <= (unsigned char)c->set.p[i + 1];
		else
			found = c->set.p[i] == byte;
	}
	return found != c->is_negated;
}

/* A ] at the front of a set belongs to it; a set that is not closed goes to the end (a # in it began a comment). */
static size_t read_set(struct view f, size_t i, struct conversion *c)
{
	size_t start, end;

	c->is_negated = i < f.len && f.p[i] == '^';
	start = i + c->is_negated;
	end = start < f.len && f.p[start] == ']' ? start + 1 : start;
	while (end < f.len && f.p[end] != ']')
		end++;
	c->set = view_first(view_skip(f, start), end - start);
	return end < f.len ? end + 1 : f.len;
}

static size_t read_conversion(struct view f, struct conversion *c)
{
	size_t i = 0;

	*c = (struct conversion){ .width = SIZE_MAX };
	if (i < f.len && f.p[i] == '*') {
		c->is_skipped = true;
		i++;
	}
	if (i < f.len && isdigit((unsigned char)f.p[i])) {
		c->width = 0;
		for (; i < f.len && isdigit((unsigned char)f.p[i]) && c->width < 100000; i++)
			c->width = c->width * 10 + (size_t)(f.p[i] - '0');
	}
	if (i >= f.len)
		return f.len;
	c->kind = f.p[i++];
	if (c->kind == '[')
		return read_set(f, i, c);
	if (c->kind == 'c' && c->width == SIZE_MAX)
		c->width = 1;
	if (c->kind != 's' && c->kind != 'c')
		c->kind = '\0';
	return i;
}

static struct view skip_blanks(struct view v)
{
	while (v.len && isspace((unsigned char)v.p[0]))
		v = view_skip(v, 1);
	return v;
}

static size_t taken_by(const struct conversion *c, struct view line)
{
	size_t n = 0;

	while (n < line.len && n < c->width) {
		if (c->kind == 's' && isspace((unsigned char)line.p[n]))
			break;
		if (c->kind == '[' && !in_set(c, line.p[n]))
			break;
		n++;
	}
	return c->kind == 'c' && n < c->width ? 0 : n;
}

bool scan_format_match(const struct scan_format *format, struct view line, struct view *out_found)
{
	struct view f = format->text;

	while (f.len) {
		struct conversion c;
		size_t n;

		if (isspace((unsigned char)f.p[0])) {
			line = skip_blanks(line);
			f = view_skip(f, 1);
			continue;
		}
		if (f.p[0] != '%' || (f.len > 1 && f.p[1] == '%')) {
			if (line.len == 0 || line.p[0] != f.p[0])
				return false;
			f = view_skip(f, f.p[0] == '%' ? 2 : 1);
			line = view_skip(line, 1);
			continue;
		}
		f = view_skip(f, 1 + read_conversion(view_skip(f, 1), &c));
		if (!c.kind)
			return false;
		if (c.kind == 's')
			line = skip_blanks(line);
		n = taken_by(&c, line);
		if (n == 0)
			return false;
		*out_found = view_first(line, n);
		if (!c.is_skipped)
			return true;
		line = view_skip(line, n);
	}
	return false;
}
