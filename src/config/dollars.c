/* dollars.c - see dollars.h. */
#include "config/dollars.h"

#include "base/own.h"

/* Bytes for long names: two that start-up gives away, then one after the other. */
#define BYTE_DELIVERY_MODE 0xa0
#define BYTE_LOAD_AVG      0xa1
#define BYTE_FIRST         0xa2
#define BYTE_OP_MODE       0x02
#define BYTES_MAX          (0x100 - BYTE_FIRST)

static void complain(const struct name_reader *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void complain(const struct name_reader *r, const char *fmt, ...)
{
	own_str struct str text = STR_MAX(1024);
	va_list ap;

	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	r->complain(r->context, str_z(&text));
}

uint8_t name_byte(const struct config *cf, int number)
{
	if (number < MACRO_LONG_FIRST)
		return (uint8_t)number;
	if (number == MACRO_DELIVERY_MODE)
		return BYTE_DELIVERY_MODE;
	if (number == MACRO_LOAD_AVG)
		return BYTE_LOAD_AVG;
	return number == MACRO_OP_MODE ? BYTE_OP_MODE : cf->name_bytes[number];
}

/* False when all bytes are given away. */
static bool give_byte(struct config *cf, int number)
{
	if (name_byte(cf, number))
		return true;
	if (cf->n_name_bytes == BYTES_MAX)
		return false;
	cf->name_bytes[number] = (uint8_t)(BYTE_FIRST + cf->n_name_bytes++);
	return true;
}

static int no_name(const struct name_reader *r, struct view *rest)
{
	complain(r, "Unable to assign macro/class ID (mid = 0xffffffff)");
	*rest = VIEW("");
	return 0;
}

/* {name}: letters, digits and _; what else stands there is told and left out, as the name is read on. */
static int long_name(const struct name_reader *r, struct view *rest)
{
	char name[MACRO_NAME_MAX + 1];
	size_t n = 0, i;
	int number;

	for (i = 1; i < rest->len && rest->p[i] != '}' && n < MACRO_NAME_MAX; i++) {
		if (isalnum((unsigned char)rest->p[i]) || rest->p[i] == '_')
			name[n++] = rest->p[i];
		else
			complain(r, "Invalid macro/class character %c",
				 r->is_read && rest->p[i] == '$' ? '\001' : rest->p[i] & 0x7f);
	}
	if (i == rest->len) {
		complain(r, "Unbalanced { on %.*s", (int)n, name);
		return no_name(r, rest);
	}
	if (rest->p[i] != '}') {
		complain(r, "Macro/class name ({%.*s}) too long (%d chars max)", (int)n, name,
			 MACRO_NAME_MAX);
		return no_name(r, rest);
	}
	*rest = view_skip(*rest, i + 1);
	if (n == 0) {
		complain(r, "Name required for macro/class");
		return 0;
	}
	number = macro_number(view_from(name, n), true);
	if (number && give_byte(r->cf, number))
		return number;
	complain(r, "Macro/class {%.*s}: too many long names", (int)n, name);
	return no_name(r, rest);
}

int name_read(const struct name_reader *r, struct view *rest)
{
	int n;

	if (rest->len == 0) {
		complain(r, "Name required for macro/class");
		return 0;
	}
	if (rest->p[0] == '{')
		return long_name(r, rest);
	n = (unsigned char)rest->p[0];
	*rest = view_skip(*rest, 1);
	if (n == '$' && view_starts(*rest, VIEW("{}")))
		*rest = VIEW("");
	return n;
}

static void add_name(struct str *out, int number)
{
	struct view name = macro_name(number);

	if (name.len == 1)
		str_add(out, name);
	else
		str_addf(out, "{" VIEW_FMT "}", VIEW_ARG(name));
}

/* What stands behind a dollar. False at the end of what can be read. */
static bool read_one(const struct name_reader *r, struct view *rest, struct str *out)
{
	char c = rest->len ? rest->p[0] : '\0';
	int number;

	str_addc(out, '$');
	if (c != '{' && (c == '\0' || !strchr("=~&?$", c)))
		return true; /* an operator, or a name of one character */
	if (c != '{') {
		str_addc(out, c);
		*rest = view_skip(*rest, 1);
	}
	if (c == '$')
		return true;
	number = name_read(r, rest);
	if (number) {
		add_name(out, number);
		return true;
	}
	str_addz(out, "{}");
	return false;
}

void dollars_read(const struct name_reader *r, struct view text, struct str *out)
{
	while (text.len) {
		size_t dollar = view_find(text, '$');

		str_add(out, view_first(text, dollar));
		if (dollar == text.len)
			return;
		text = view_skip(text, dollar + 1);
		if (!read_one(r, &text, out))
			return;
	}
}
