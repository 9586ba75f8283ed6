/* status.c - see status.h. The tables are contract/mailers.md 4.5 and 4.6. */
#include "mail/status.h"

#include "base/number.h"

struct exit_row {
	int exit;
	const char *name;
	int smtp;
	uint8_t dsn[3];
	const char *text;
};

static const struct exit_row exits[] = {
	{EX_OK_,           "EX_OK",          250, { 2, 0, 0 }, "Sent"                     },
	{ EX_USAGE_,       "EX_USAGE",       500, { 5, 0, 0 }, "Command line usage error" },
	{ EX_DATAERR_,     "EX_DATAERR",     501, { 5, 6, 0 }, "Data format error"        },
	{ EX_NOINPUT_,     "EX_NOINPUT",     550, { 5, 3, 0 }, "Cannot open input"        },
	{ EX_NOUSER_,      "EX_NOUSER",      550, { 5, 1, 1 }, "User unknown"             },
	{ EX_NOHOST_,      "EX_NOHOST",      550, { 5, 1, 2 }, "Host unknown"             },
	{ EX_UNAVAILABLE_, "EX_UNAVAILABLE", 554, { 5, 0, 0 }, "Service unavailable"      },
	{ EX_SOFTWARE_,    "EX_SOFTWARE",    554, { 5, 3, 0 }, "Internal error"           },
	{ EX_OSERR_,       "EX_OSERR",       451, { 4, 0, 0 }, "Operating system error"   },
	{ EX_OSFILE_,      "EX_OSFILE",      554, { 5, 3, 5 }, "System file missing"      },
	{ EX_CANTCREAT_,   "EX_CANTCREAT",   550, { 5, 0, 0 }, "Can't create output"      },
	{ EX_IOERR_,       "EX_IOERR",       451, { 4, 0, 0 }, "I/O error"                },
	{ EX_TEMPFAIL_,    "EX_TEMPFAIL",    450, { 4, 0, 0 }, "Deferred"                 },
	{ EX_PROTOCOL_,    "EX_PROTOCOL",    554, { 5, 5, 0 }, "Remote protocol error"    },
	{ EX_NOPERM_,      "EX_NOPERM",      550, { 5, 0, 0 }, "Insufficient permission"  },
	{ EX_CONFIG_,      "EX_CONFIG",      554, { 5, 3, 5 }, "Local configuration error"},
};

/* 5.subject.detail -> exit status. A detail of ANY_DETAIL covers what no row before it did. */
#define ANY_DETAIL -1
static const struct dsn_row {
	int subject, detail, exit;
} failures[] = {
	{0,  ANY_DETAIL, EX_UNAVAILABLE_},
	{ 1, 0,          EX_DATAERR_    },
	{ 1, 1,          EX_NOUSER_     },
	{ 1, 2,          EX_NOHOST_     },
	{ 1, 3,          EX_USAGE_      },
	{ 1, 4,          EX_UNAVAILABLE_},
	{ 1, 5,          EX_CONFIG_     },
	{ 1, 6,          EX_NOUSER_     },
	{ 1, 7,          EX_USAGE_      },
	{ 1, 8,          EX_NOHOST_     },
	{ 2, 3,          EX_DATAERR_    },
	{ 3, ANY_DETAIL, EX_OSERR_      },
	{ 4, 0,          EX_IOERR_      },
	{ 4, 1,          EX_TEMPFAIL_   },
	{ 4, 2,          EX_IOERR_      },
	{ 4, 3,          EX_TEMPFAIL_   },
	{ 4, 4,          EX_PROTOCOL_   },
	{ 4, 5,          EX_TEMPFAIL_   },
	{ 4, 6,          EX_CONFIG_     },
	{ 4, 7,          EX_UNAVAILABLE_},
	{ 5, ANY_DETAIL, EX_PROTOCOL_   },
	{ 7, ANY_DETAIL, EX_DATAERR_    },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct exit_row *exit_row(int exit)
{
	for (size_t i = 0; i < COUNT(exits); i++) {
		if (exits[i].exit == exit)
			return &exits[i];
	}
	return NULL;
}

static enum outcome outcome_of_digit(int digit)
{
	switch (digit) {
	case 2:
		return OUTCOME_SENT;
	case 4:
		return OUTCOME_LATER;
	case 5:
		return OUTCOME_NEVER;
	default:
		return OUTCOME_NONE;
	}
}

enum outcome status_outcome(const struct status *st)
{
	enum outcome o = outcome_of_digit(st->smtp / 100);

	if (o != OUTCOME_NONE)
		return o;
	o = outcome_of_digit(st->dsn[0]);
	if (o != OUTCOME_NONE)
		return o;
	if (st->exit == EX_OK_)
		return st->smtp ? OUTCOME_NEVER : OUTCOME_NONE;
	if (st->exit == EX_TEMPFAIL_ || st->exit == EX_IOERR_ || st->exit == EX_OSERR_)
		return OUTCOME_LATER;
	return OUTCOME_NEVER;
}

struct status status_make(int smtp, const char *dsn, int exit, struct view text)
{
	struct status st = { .smtp = smtp, .exit = exit, .text = text };

	if (dsn)
		status_parse_dsn(view_of(dsn), st.dsn);
	if (exit >= 0)
		return st;
	if (st.dsn[0])
		st.exit = status_exit_of_dsn(st.dsn);
	else
		st.exit = smtp / 100 == 2   ? EX_OK_
			  : smtp / 100 == 4 ? EX_TEMPFAIL_
					    : EX_UNAVAILABLE_;
	return st;
}

/* Cuts 1 to 3 digits off v; -1 when there are none or more. */
static int cut_number(struct view *v)
{
	int n = 0;
	size_t i = 0;

	while (i < v->len && isdigit((unsigned char)v->p[i])) {
		if (i == 3)
			return -1;
		n = n * 10 + (v->p[i++] - '0');
	}
	*v = view_skip(*v, i);
	return i ? n : -1;
}

/* Cuts "x.y.z" off the front of v when it stands there whole (a blank or the end follows). */
static bool cut_dsn(struct view *v, uint8_t out[3])
{
	struct view rest = *v;
	int n[3];

	for (int i = 0; i < 3; i++) {
		if (i > 0) {
			if (rest.len == 0 || rest.p[0] != '.')
				return false;
			rest = view_skip(rest, 1);
		}
		n[i] = cut_number(&rest);
		if (n[i] < 0 || n[i] > UINT8_MAX)
			return false;
	}
	if (n[0] != 2 && n[0] != 4 && n[0] != 5)
		return false;
	if (rest.len && rest.p[0] != ' ' && rest.p[0] != '\t')
		return false;
	for (int i = 0; i < 3; i++)
		out[i] = (uint8_t)n[i];
	*v = rest;
	return true;
}

bool status_parse_dsn(struct view text, uint8_t out[3])
{
	return cut_dsn(&text, out) && text.len == 0;
}

void status_format_dsn(const struct status *st, char out[16])
{
	if (st->dsn[0])
		snprintf(out, 16, "%u.%u.%u", st->dsn[0], st->dsn[1], st->dsn[2]);
	else
		out[0] = '\0';
}

void status_from_text(struct view v, struct status *out)
{
	struct view rest = view_trim(v);
	int64_t code;

	*out = (struct status){ .exit = EX_OK_ };
	if (rest.len >= 3 && number_parse(view_first(rest, 3), 100, 599, &code) &&
	    rest.p[0] != '+' && (rest.len == 3 || rest.p[3] == ' ' || rest.p[3] == '-')) {
		out->smtp = (int)code;
		rest = view_trim(view_skip(rest, 4));
	}
	cut_dsn(&rest, out->dsn);
	out->text = view_trim(rest);
	if (out->dsn[0])
		out->exit = status_exit_of_dsn(out->dsn);
	else if (out->smtp >= 400)
		out->exit = out->smtp < 500 ? EX_TEMPFAIL_ : EX_UNAVAILABLE_;
}

struct status status_from_exit(int exit)
{
	const struct exit_row *row = exit_row(exit);
	struct status st = { .exit = exit };

	if (!row) {
		st.smtp = 554;
		memcpy(st.dsn, (uint8_t[3]){ 5, 3, 0 }, 3);
		st.text = VIEW("unknown mailer error");
		return st;
	}
	st.smtp = row->smtp;
	memcpy(st.dsn, row->dsn, 3);
	st.text = view_of(row->text);
	return st;
}

int status_exit_of_dsn(const uint8_t dsn[3])
{
	if (dsn[0] == 2)
		return EX_OK_;
	if (dsn[0] == 4)
		return EX_TEMPFAIL_;
	if (dsn[0] != 5)
		return EX_CONFIG_;
	for (size_t i = 0; i < COUNT(failures); i++) {
		const struct dsn_row *row = &failures[i];

		if (row->subject == dsn[1] && (row->detail == ANY_DETAIL || row->detail == dsn[2]))
			return row->exit;
	}
	return EX_UNAVAILABLE_;
}

const char *status_exit_name(int exit)
{
	const struct exit_row *row = exit_row(exit);

	return row ? row->name : NULL;
}
