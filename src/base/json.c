/* json.c - see json.h. */
#include "base/json.h"

#include "base/bug.h"

struct json json_into(struct str *out)
{
	return (struct json){ .out = out };
}

static void add_quoted(struct str *s, struct view v)
{
	str_addc(s, '"');
	while (v.len) {
		unsigned char c = (unsigned char)v.p[0];
		size_t n = utf8_sequence(v);

		if (c == '"' || c == '\\')
			str_addf(s, "\\%c", c);
		else if (c == '\n')
			str_addz(s, "\\n");
		else if (c == '\t')
			str_addz(s, "\\t");
		else if (c == '\0')
			str_addz(s, "\\ufffd");
		else if (c < 0x20 || c == 0x7f || n == 0)
			str_addf(s, "\\u%04x", c);
		else
			str_add(s, view_first(v, n));
		v = view_skip(v, n ? n : 1);
	}
	str_addc(s, '"');
}

static void new_line(struct json *j)
{
	if (j->is_compact)
		return;
	str_addc(j->out, '\n');
	for (int i = 0; i < j->depth; i++)
		str_addz(j->out, "  ");
}

/* The comma after the value before, a line of its own, and the key. */
static void begin_value(struct json *j, const char *key)
{
	int top = j->depth - 1;

	if (j->depth == 0)
		return;
	if (j->has_members[top])
		str_addc(j->out, ',');
	j->has_members[top] = true;
	new_line(j);
	bug_if(j->is_array[top] != (key == NULL));
	if (!key)
		return;
	add_quoted(j->out, view_of(key));
	str_addz(j->out, ": ");
}

static void begin_group(struct json *j, const char *key, bool is_array)
{
	begin_value(j, key);
	bug_if(j->depth >= JSON_DEPTH_MAX);
	str_addc(j->out, is_array ? '[' : '{');
	j->is_array[j->depth] = is_array;
	j->has_members[j->depth] = false;
	j->depth++;
}

void json_object(struct json *j, const char *key)
{
	begin_group(j, key, false);
}

void json_array(struct json *j, const char *key)
{
	begin_group(j, key, true);
}

void json_end(struct json *j)
{
	bug_if(j->depth == 0);
	j->depth--;
	if (j->has_members[j->depth])
		new_line(j);
	str_addc(j->out, j->is_array[j->depth] ? ']' : '}');
	if (j->depth == 0)
		str_addc(j->out, '\n');
}

void json_text(struct json *j, const char *key, struct view v)
{
	begin_value(j, key);
	if (view_is_none(v))
		str_addz(j->out, "null");
	else
		add_quoted(j->out, v);
}

void json_textf(struct json *j, const char *key, const char *fmt, ...)
{
	own_str struct str text = STR_MAX(j->out->max);
	va_list ap;

	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	json_text(j, key, str_view(&text));
}

void json_number(struct json *j, const char *key, int64_t n)
{
	begin_value(j, key);
	str_addf(j->out, "%lld", (long long)n);
}

void json_bool(struct json *j, const char *key, bool b)
{
	begin_value(j, key);
	str_addz(j->out, b ? "true" : "false");
}

void json_null(struct json *j, const char *key)
{
	begin_value(j, key);
	str_addz(j->out, "null");
}
