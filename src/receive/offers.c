/* offers.c - see offers.h. */
#include "receive/offers.h"

#include "base/clock.h"

/* One row for each letter of srv_features. */
static const struct feature_row {
	char letter;
	unsigned on;     /* set by the lower-case letter, cleared by the upper-case one */
	unsigned second; /* set instead by the letter and '2' */
} rows[] = {
	{'b',  FEATURE_VERB,             0                    },
	{ 'd', FEATURE_DSN,              0                    },
	{ 'e', FEATURE_ETRN,             0                    },
	{ 'f', FEATURE_STUFFING_CHECK,   0                    },
	{ 'g', FEATURE_BARE_LF_OK,       FEATURE_BARE_LF_SPACE},
	{ 'h', FEATURE_HTTP_CHECK,       0                    },
	{ 'i', FEATURE_UTF8,             0                    },
	{ 'a', FEATURE_AUTH,             0                    },
	{ 'c', FEATURE_AUTH_NEEDS_LAYER, 0                    },
	{ 'l', FEATURE_AUTH_REQUIRED,    0                    },
	{ 'o', FEATURE_STRICT_CRLF,      0                    },
	{ 'p', FEATURE_PIPELINING,       0                    },
	{ 'u', FEATURE_BARE_CR_OK,       FEATURE_BARE_CR_SPACE},
	{ 'x', FEATURE_EXPN,             0                    },
 /* TLS: nothing is offered, so nothing is to be turned off. */
	{ 'r', 0,			0		    },
	{ 's', 0,			0		    },
	{ 'v', 0,			0		    },
};

bool features_is_result(const struct tokens *t)
{
	return t->n > 0 && t->v[0].symbol == '#';
}

bool features_apply(unsigned *features, struct view word)
{
	if (word.len == 0)
		return true;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct feature_row *r = &rows[i];

		if (tolower((unsigned char)word.p[0]) != r->letter)
			continue;
		*features &= ~(r->on | r->second);
		if (word.p[0] == r->letter)
			*features |= word.len > 1 && word.p[1] == '2' && r->second ? r->second
										   : r->on;
		return true;
	}
	return false;
}

static unsigned features_of_options(const struct session *s)
{
	const struct options *o = session_options(s);
	unsigned privacy = o->privacy_options;
	unsigned f = FEATURE_PIPELINING | FEATURE_8BITMIME | FEATURE_STUFFING_CHECK |
		     FEATURE_STRICT_CRLF | FEATURE_HTTP_CHECK | FEATURE_AUTH;

	if (!(privacy & PRIVACY_NOEXPN)) {
		f |= FEATURE_EXPN;
		if (!(privacy & PRIVACY_NOVERB))
			f |= FEATURE_VERB;
	}
	if (!(privacy & PRIVACY_NOVRFY))
		f |= FEATURE_VRFY;
	if (!(privacy & PRIVACY_NOETRN))
		f |= FEATURE_ETRN;
	if (!(privacy & PRIVACY_NORECEIPTS) && o->send_mime_errors)
		f |= FEATURE_DSN;
	if (flag_has(&o->auth_options, 'p'))
		f |= FEATURE_AUTH_NEEDS_LAYER;
	if (s->daemon_index >= 0) {
		const struct flag_set *m = &o->daemons[s->daemon_index].modifiers;

		if (flag_has(m, 'E'))
			f &= ~(unsigned)FEATURE_ETRN;
		if (flag_has(m, 'A'))
			f &= ~(unsigned)FEATURE_AUTH;
		else if (flag_has(m, 'a'))
			f |= FEATURE_AUTH_REQUIRED;
	}
	return f;
}

void features_ask(struct session *s)
{
	struct tokens t = { 0 };
	struct rw rw;

	s->features = features_of_options(s);
	if (s->daemon_index < 0 || config_ruleset_number(s->snap->cf, VIEW("srv_features")) < 0)
		return;
	session_rw(s, &rw);
	macros_setf(s->macros, MACRO_TIME, "%lld", (long long)wall_s());
	if (rw_capture(&rw, "srv_features", s->relay, VIEW(""), &t) != EX_OK_ ||
	    !features_is_result(&t) || t.n < 2)
		return;
	if (view_eq_nocase(t.v[1].text, VIEW("temp"))) {
		if (s->refusal.smtp == 0)
			s->refusal = status_make(450, "4.3.0", -1, VIEW("Please try again later."));
		return;
	}
	for (size_t i = 1; i < t.n; i++) {
		struct view rest = t.v[i].text, word;

		while (view_word(&rest, &word))
			if (!features_apply(&s->features, word))
				log_event(session_log(s), 10, LOG_WARNING, NULL,
					  "srv_features: unknown feature " VIEW_FMT,
					  VIEW_ARG(word));
	}
}
