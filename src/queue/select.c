/*
 * select.c - the conditions of a queue run or listing.
 */
#include "queue/select.h"

bool select_line(struct view *rest, char *out_letter, struct view *out_value)
{
	struct view line;

	while (view_cut(rest, '\n', &line)) {
		if (line.len == 0 || line.p[0] == '\t' || line.p[0] == ' ')
			continue;
		line.len -= line.p[line.len - 1] == '\r'; /* an editor's line end */
		if (line.len == 0)
			continue;
		*out_letter = line.p[0];
		*out_value = view_first(view_skip(line, 1), view_find(view_skip(line, 1), '\0'));
		return true;
	}
	return false;
}

/* As much of it as is a number: what stands behind is of no interest. */
static int64_t number_or_zero(struct view v)
{
	int64_t n = 0;
	bool is_negative;

	v = view_trim(v);
	is_negative = v.len && v.p[0] == '-';
	for (size_t i = is_negative; i < v.len && isdigit((unsigned char)v.p[i]); i++) {
		if (n > (INT64_MAX - 9) / 10)
			return is_negative ? INT64_MIN : INT64_MAX;
		n = n * 10 + (v.p[i] - '0');
	}
	return is_negative ? -n : n;
}

void select_head(struct view text, struct qf_head *out)
{
	struct view value;
	char letter;

	*out = (struct qf_head){ 0 };
	while (select_line(&text, &letter, &value)) {
		if (letter == 'H' && !view_is_none(out->sender))
			break; /* in no file of ours does anything follow it */
		switch (letter) {
		case 'V':
			out->version = number_or_zero(value);
			break;
		case 'T':
			out->created_s = number_or_zero(value);
			break;
		case 'K':
			out->last_try_s = number_or_zero(value);
			break;
		case 'N':
			out->tries = number_or_zero(value);
			break;
		case 'P':
			out->priority = number_or_zero(value);
			out->has_priority = true;
			break;
		case 'B':
			if (view_is_none(out->sender))
				out->body_type = value;
			break;
		case 'q':
			out->reason = value;
			break;
		case 'F':
			out->is_warned |= view_find(value, 'w') < value.len;
			break;
		case 'S':
			out->sender = value;
			break;
		case 'M':
			if (view_is_none(out->sender))
				out->status = value;
			break;
		case 'R':
			if (view_is_none(out->first_rcpt))
				out->first_rcpt = select_rcpt(value);
			break;
		default:
			break;
		}
	}
	out->is_empty = !out->has_priority && out->created_s == 0 && view_is_none(out->sender);
}

struct view select_rcpt(struct view value)
{
	size_t colon = view_find(value, ':');

	/* Version 0 had no flags: the whole line is the address. */
	for (size_t i = 0; i < colon && i < value.len; i++)
		if (!isalpha((unsigned char)value.p[i]))
			return value;
	return colon < value.len ? view_skip(value, colon + 1) : value;
}

const char *select_letters(const struct queue_select *sel)
{
	if (sel && sel->lost)
		return "Q";
	return sel && sel->quarantined ? "h" : "q";
}

static bool contains(const struct queue_condition *c, struct view text)
{
	size_t at = c->letter == 'R' || c->letter == 'S' ? view_search_nocase(text, c->text)
							 : view_search(text, c->text);

	return c->text.len == 0 || at < text.len;
}

/* Does any condition of that letter hold for the text? True when there is none. */
static bool any_holds(const struct queue_select *sel, char letter, struct view text)
{
	bool is_asked = false;

	for (size_t i = 0; i < sel->n; i++) {
		const struct queue_condition *c = &sel->conditions[i];

		if (c->letter != letter)
			continue;
		is_asked = true;
		if (contains(c, text) != c->is_not)
			return true;
	}
	return !is_asked;
}

bool select_id(const struct queue_select *sel, struct view id)
{
	return !sel || any_holds(sel, 'I', id);
}

bool select_needs_text(const struct queue_select *sel)
{
	for (size_t i = 0; sel && i < sel->n; i++)
		if (sel->conditions[i].letter != 'I')
			return true;
	return false;
}

/* A recipient condition asks whether there is a recipient that holds the text; its ! form, whether there is one that does not. */
static bool rcpts_hold(const struct queue_select *sel, struct view text)
{
	bool is_asked = false;

	for (size_t i = 0; i < sel->n; i++) {
		const struct queue_condition *c = &sel->conditions[i];
		struct view rest = text, value;
		char letter;

		if (c->letter != 'R')
			continue;
		is_asked = true;
		while (select_line(&rest, &letter, &value))
			if (letter == 'R' && contains(c, select_rcpt(value)) != c->is_not)
				return true;
	}
	return !is_asked;
}

bool select_text(const struct queue_select *sel, struct view text)
{
	struct qf_head head;

	if (!select_needs_text(sel))
		return true;
	select_head(text, &head);
	return any_holds(sel, 'S', head.sender) && any_holds(sel, 'Q', head.reason) &&
	       rcpts_hold(sel, text);
}
