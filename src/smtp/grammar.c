/*
 * grammar.c - see grammar.h.
 *
 * The forms that are taken are the reference's, found by asking it: an address ends at the first blank outside quotes,
 * angle brackets and comments, so `<a@b>SIZE=1` is one address and `A B <a@b>` is the address A with a parameter B.
 */
#include "smtp/grammar.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct view skip_blanks(struct view v)
{
	while (v.len > 0 && is_blank(v.p[0]))
		v = view_skip(v, 1);
	return v;
}

void grammar_command(struct view line, struct smtp_command *out)
{
	size_t n = 0;

	line = skip_blanks(line);
	while (n < line.len && !is_blank(line.p[n]))
		n++;
	out->verb = view_first(line, n);
	out->args = skip_blanks(view_skip(line, n));
}

/* Length of the address at the start of v. */
static size_t address_length(struct view v)
{
	int comments = 0;
	bool in_quotes = false, in_angle = false;

	for (size_t i = 0; i < v.len; i++) {
		char c = v.p[i];

		if (c == '\\' && i + 1 < v.len && !is_blank(v.p[i + 1]))
			i++;
		else if (c == '"' && comments == 0)
			in_quotes = !in_quotes;
		else if (in_quotes)
			continue;
		else if (c == '(')
			comments++;
		else if (c == ')' && comments > 0)
			comments--;
		else if (comments > 0)
			continue;
		else if (c == '<' || c == '>')
			in_angle = c == '<';
		else if (is_blank(c) && !in_angle)
			return i;
	}
	return v.len;
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '-';
}

static bool is_value_char(char c)
{
	return (unsigned char)c > ' ' && c != '=' && c != 0x7f;
}

/* Cuts one parameter off the front of *rest, with the byte that ends it. */
static struct smtp_param cut_param(struct view *rest)
{
	struct smtp_param param = { .value = VIEW_NONE };
	struct view v = *rest;
	size_t n = 0;

	while (n < v.len && is_name_char(v.p[n]))
		n++;
	param.name = view_first(v, n);
	v = view_skip(v, n);
	if (v.len > 0 && v.p[0] == '=') {
		v = view_skip(v, 1);
		for (n = 0; n < v.len && is_value_char(v.p[n]);)
			n++;
		param.has_value = true;
		param.value = view_first(v, n);
		v = view_skip(v, n);
	}
	*rest = view_skip(v, 1);
	return param;
}

static enum grammar_error read_params(struct view rest, struct smtp_path *out)
{
	for (rest = skip_blanks(rest); rest.len > 0; rest = skip_blanks(rest)) {
		if (out->n_params == GRAMMAR_PARAMS_MAX)
			return GRAMMAR_TOO_MANY_PARAMS;
		out->params[out->n_params++] = cut_param(&rest);
	}
	return GRAMMAR_OK;
}

enum grammar_error grammar_path(struct view args, struct view keyword, struct smtp_path *out)
{
	struct view rest = skip_blanks(args);
	size_t n = 0;

	out->address = VIEW_NONE;
	out->n_params = 0;
	while (n < rest.len && !is_blank(rest.p[n]) && rest.p[n] != ':')
		n++;
	out->scanned = view_first(rest, n);
	rest = skip_blanks(view_skip(rest, n));
	if (!view_eq_nocase(out->scanned, keyword) || rest.len == 0 || rest.p[0] != ':')
		return GRAMMAR_NO_KEYWORD;
	rest = skip_blanks(view_skip(rest, 1));
	if (rest.len == 0)
		return GRAMMAR_NO_KEYWORD;
	out->address = view_first(rest, address_length(rest));
	return read_params(view_skip(rest, out->address.len), out);
}

/* ---- xtext: printable ASCII without '+' and '=', anything else as +HH ---- */

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static bool is_plain(char c)
{
	return c > ' ' && c < 0x7f && c != '+' && c != '=';
}

bool xtext_is_valid(struct view v)
{
	for (size_t i = 0; i < v.len; i++) {
		if (is_plain(v.p[i]))
			continue;
		if (v.p[i] != '+' || v.len - i < 3 || hex_value(v.p[i + 1]) < 0 ||
		    hex_value(v.p[i + 2]) < 0)
			return false;
		i += 2;
	}
	return true;
}

struct view xtext_decode(struct view v, struct arena *a)
{
	char *to;
	size_t len = 0;

	if (!xtext_is_valid(v))
		return VIEW_NONE;
	to = arena_bytes(a, v.len + 1);
	for (size_t i = 0; i < v.len; i++) {
		if (v.p[i] == '+') {
			to[len++] = (char)(hex_value(v.p[i + 1]) << 4 | hex_value(v.p[i + 2]));
			i += 2;
		} else {
			to[len++] = v.p[i];
		}
	}
	to[len] = '\0';
	return view_from(to, len);
}

struct view xtext_encode(struct view v, struct arena *a)
{
	static const char hex[] = "0123456789ABCDEF";
	char *to = arena_bytes(a, 3 * v.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < v.len; i++) {
		unsigned char c = (unsigned char)v.p[i];

		if (is_plain((char)c)) {
			to[len++] = (char)c;
			continue;
		}
		to[len++] = '+';
		to[len++] = hex[c >> 4];
		to[len++] = hex[c & 15];
	}
	to[len] = '\0';
	return view_from(to, len);
}
