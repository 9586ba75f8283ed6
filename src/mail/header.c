/* header.c - see header.h. */
#include "mail/header.h"

struct header_kind {
	const char *name;
	uint32_t flags;
};

/* contract/macros-classes-headers.md 3.5 */
static const struct header_kind kinds[] = {
	{"resent-sender",                HEADER_FROM | HEADER_RESENT                   },
	{ "resent-from",                 HEADER_FROM | HEADER_RESENT                   },
	{ "resent-reply-to",             HEADER_FROM | HEADER_RESENT                   },
	{ "sender",		      HEADER_FROM				   },
	{ "from",			HEADER_FROM				   },
	{ "reply-to",                    HEADER_FROM				   },
	{ "errors-to",                   HEADER_FROM | HEADER_ERRORSTO                 },
	{ "full-name",                   HEADER_ACHECK                                 },
	{ "return-receipt-to",           HEADER_RECEIPTTO                              },
	{ "delivery-receipt-to",         HEADER_RECEIPTTO                              },
	{ "disposition-notification-to", HEADER_FROM                                   },
	{ "to",			  HEADER_RCPT				   },
	{ "cc",			  HEADER_RCPT				   },
	{ "bcc",			 HEADER_RCPT | HEADER_BCC                      },
	{ "apparently-to",               HEADER_RCPT                                   },
	{ "resent-to",                   HEADER_RCPT | HEADER_RESENT                   },
	{ "resent-cc",                   HEADER_RCPT | HEADER_RESENT                   },
	{ "resent-bcc",                  HEADER_RCPT | HEADER_BCC | HEADER_RESENT      },
	{ "message-id",                  0					     },
	{ "resent-message-id",           HEADER_RESENT                                 },
	{ "date",			0					     },
	{ "resent-date",                 HEADER_RESENT                                 },
	{ "message",		     HEADER_EOH				    },
	{ "text",			HEADER_EOH				    },
	{ "received",                    HEADER_TRACE | HEADER_FORCE                   },
	{ "x400-received",               HEADER_TRACE | HEADER_FORCE                   },
	{ "via",			 HEADER_TRACE | HEADER_FORCE                   },
	{ "mail-from",                   HEADER_TRACE | HEADER_FORCE                   },
	{ "comments",                    HEADER_FORCE | HEADER_ENCODABLE               },
	{ "return-path",                 HEADER_FORCE | HEADER_ACHECK | HEADER_BINDLATE},
	{ "content-transfer-encoding",   HEADER_CTE                                    },
	{ "content-type",                HEADER_CTYPE                                  },
	{ "content-length",              HEADER_ACHECK                                 },
	{ "subject",		     HEADER_ENCODABLE                              },
	{ "x-authentication-warning",    HEADER_FORCE                                  },
};

void header_init(struct header *h)
{
	list_init(&h->fields);
	h->n = 0;
	h->bytes = 0;
}

uint32_t header_flags_of(struct view name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (view_eq_nocase(name, view_of(kinds[i].name)))
			return kinds[i].flags;
	}
	return 0;
}

static struct header_field *field_new(struct header *h, struct arena *a, struct view name,
				      struct view value)
{
	struct header_field *f = ARENA_NEW(a, struct header_field);
	char *p = arena_bytes(a, name.len + value.len + 2);

	/* One piece of memory, so that an unchanged field is written with one copy. */
	memcpy(p, name.p, name.len);
	p[name.len] = ':';
	if (value.len)
		memcpy(p + name.len + 1, value.p, value.len);
	p[name.len + 1 + value.len] = '\0';
	f->name = view_from(p, name.len);
	f->value = view_from(p + name.len + 1, value.len);
	f->flags = header_flags_of(name);
	h->n++;
	h->bytes += name.len + value.len + 2;
	return f;
}

struct header_field *header_add(struct header *h, struct arena *a, struct view name,
				struct view value)
{
	struct header_field *f = field_new(h, a, name, value);

	list_append(&h->fields, &f->link);
	return f;
}

struct header_field *header_prepend(struct header *h, struct arena *a, struct view name,
				    struct view value)
{
	struct header_field *f = field_new(h, a, name, value);

	list_prepend(&h->fields, &f->link);
	return f;
}

struct header_field *header_find(const struct header *h, struct view name)
{
	LIST_EACH (&h->fields, it) {
		struct header_field *f = LIST_OWNER(it, struct header_field, link);

		if (view_eq_nocase(f->name, name))
			return f;
	}
	return NULL;
}

void header_remove(struct header *h, struct header_field *f)
{
	list_remove(&f->link);
	h->n--;
	h->bytes -= f->name.len + f->value.len + 2;
}

struct view header_value(const struct header *h, struct view name)
{
	const struct header_field *f = header_find(h, name);

	return f ? view_trim(f->value) : VIEW_NONE;
}

void header_set_condition(struct header_field *f, struct arena *a, struct view text,
			  int (*macro_number)(struct view name, bool create))
{
	memset(f->mailer_flags, 0, sizeof(f->mailer_flags));
	f->macro = 0;
	f->raw_condition = text.len ? arena_dup(a, text) : VIEW_NONE;
	if (text.len > 1 && text.p[0] == '$') {
		struct view name = view_skip(text, 1);

		if (name.len > 2 && name.p[0] == '{' && name.p[name.len - 1] == '}')
			name = view_from(name.p + 1, name.len - 2);
		f->macro = macro_number ? macro_number(name, true) : 0;
		return;
	}
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c < 128)
			f->mailer_flags[c / 8] |= (uint8_t)(1u << (c % 8));
	}
}

bool header_parse_line(struct view line, struct view *out_name, struct view *out_value)
{
	size_t n = 0, colon;

	while (n < line.len && line.p[n] > ' ' && line.p[n] < 0x7f && line.p[n] != ':')
		n++;
	colon = n;
	while (colon < line.len && (line.p[colon] == ' ' || line.p[colon] == '\t'))
		colon++;
	if (n == 0 || colon == line.len || line.p[colon] != ':')
		return false;
	*out_name = view_first(line, n);
	*out_value = view_skip(line, colon + 1);
	return true;
}
