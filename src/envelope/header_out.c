/* header_out.c - see header_out.h. */
#include "envelope/header_out.h"

static void scan_priority(struct envelope *e, struct view value)
{
	if (view_eq_nocase(value, VIEW("urgent")))
		e->timeout_class = 'u';
	else if (view_eq_nocase(value, VIEW("non-urgent")))
		e->timeout_class = 'l';
	else if (view_eq_nocase(value, VIEW("normal")))
		e->timeout_class = 'n';
}

static void scan_field(struct envelope *e, const struct header_field *f)
{
	struct view value = view_trim(f->value);

	if (f->flags & HEADER_TRACE)
		e->hop_count++;
	if (f->flags & HEADER_RESENT)
		e->flags |= ENV_RESENT;
	switch (f->name.len) { /* few fields matter here: their lengths keep the comparisons away from the rest */
	case 8:
		if (view_eq_nocase(f->name, VIEW("priority")))
			scan_priority(e, value);
		break;
	case 10:
		if (view_eq_nocase(f->name, VIEW("message-id")))
			e->msgid = value;
		else if (e->snap && view_eq_nocase(f->name, VIEW("precedence")))
			e->class_value = config_precedence(e->snap->cf, value);
		break;
	case 17:
		if (view_eq_nocase(f->name, VIEW("resent-message-id")))
			e->msgid = value;
		break;
	default:
		break;
	}
}

void envelope_scan_header(struct envelope *e)
{
	e->hop_count = 0;
	LIST_EACH (&e->header.fields, it) {
		scan_field(e, LIST_OWNER(it, struct header_field, link));
	}
	if ((e->flags & ENV_RESPONSE) || view_eq(e->sender, VIEW("<>")))
		e->timeout_class = 'd';
}
