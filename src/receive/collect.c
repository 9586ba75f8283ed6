/*
 * collect.c - see collect.h.
 *
 * Two places: in the header, lines are gathered until a field is complete (the next line does not go on with it) and the
 * field is added, checked and forgotten; in the body, pieces are gathered in a small buffer and appended to the body.
 */
#include "receive/collect.h"

#include <errno.h>

#include "base/mem.h"
#include "receive/data_lines.h"
#include "receive/header_gather.h"
#include "receive/session.h"

#define STAGE_BYTES     8192
#define BODY_MEMORY_MIN (64 * 1024)
#define HEADER_MAX      (16 * 1024 * 1024) /* where MaxHeadersLength is 0 */

enum place { IN_HEADER, IN_BODY };

struct collect {
	struct session *s;
	struct envelope *env;
	struct data_lines lines;
	enum place place;
	struct header_gather header;
	bool is_line_begun;
	bool is_over_length; /* the header, or the message: the rest is read and dropped */
	bool had_nul, header_has_8bit;
	bool is_7bit; /* SevenBitInput */
	bool bare_in_header, bare_in_body, had_bare_lf, had_bare_cr;
	int n_fields;
	int64_t size;
	struct status status;
	size_t n_staged;
	char stage[STAGE_BYTES];
};

static enum data_policy policy(unsigned features, unsigned ok, unsigned blank)
{
	return features & ok ? DATA_ACCEPT : features & blank ? DATA_BLANK : DATA_REFUSE;
}

static void take_field(void *arg, struct view name, struct view value);

struct collect *collect_new(struct session *s, unsigned features)
{
	const struct options *o = session_options(s);
	struct collect *c = MEM_NEW(struct collect);
	size_t memory = o->data_file_buffer_size > BODY_MEMORY_MIN
				? (size_t)o->data_file_buffer_size
				: BODY_MEMORY_MIN;

	c->s = s;
	c->env = s->env;
	c->is_7bit = o->seven_bit_input;
	gather_init(&c->header,
		    (size_t)(o->max_headers_length > 0 ? o->max_headers_length : HEADER_MAX) +
			    REPLY_SHOWN_MAX,
		    o->save_from_line, take_field, c);
	data_lines_init(&c->lines, policy(features, FEATURE_BARE_LF_OK, FEATURE_BARE_LF_SPACE),
			policy(features, FEATURE_BARE_CR_OK, FEATURE_BARE_CR_SPACE),
			!(features & FEATURE_STRICT_CRLF));
	if (!c->env->body)
		c->env->body = body_new(memory,
					queue_spool_dir(server_params_of(s->server)->queue));
	return c;
}

void collect_free(struct collect *c)
{
	if (!c)
		return;
	gather_done(&c->header);
	free(c);
}

const struct status *collect_status(const struct collect *c)
{
	return &c->status;
}

int64_t collect_size(const struct collect *c)
{
	return c->size;
}

bool collect_had_bare_lf(const struct collect *c)
{
	return c->had_bare_lf;
}

bool collect_had_bare_cr(const struct collect *c)
{
	return c->had_bare_cr;
}

const char *collect_where(const struct collect *c)
{
	if (c->bare_in_header && c->bare_in_body)
		return "header+body";
	return c->bare_in_header ? "header" : "body";
}

/* The first thing that is wrong with the message is what its sender is told. */
static void reject(struct collect *c, int code, const char *dsn, struct view text)
{
	if (c->status.smtp == 0)
		c->status = status_make(code, dsn, -1, arena_dup(c->env->arena, text));
}

/* ---- checks ---- */

static struct view ruleset_name(const struct config *cf, int number, struct arena *a)
{
	for (int i = 0; i < cf->n_rulesets; i++)
		if (cf->rulesets[i].number == number && !view_is_none(cf->rulesets[i].name))
			return cf->rulesets[i].name;
	return arena_printf(a, "%d", number);
}

static void take_verdict(struct collect *c, const struct check *k, struct view ruleset)
{
	switch (k->verdict) {
	case CHECK_OK:
		break;
	case CHECK_DISCARD:
		c->env->flags |= ENV_DISCARDED;
		break;
	case CHECK_QUARANTINE:
		c->env->flags |= ENV_QUARANTINED;
		c->env->quarantine_reason = arena_dup(c->env->arena,
						      k->reason.len ? k->reason : ruleset);
		macros_set(c->env->macros, MACRO_QUARANTINE, c->env->quarantine_reason);
		break;
	case CHECK_REJECT:
		if (c->status.smtp == 0) {
			c->status = k->status;
			c->status.text = arena_dup(c->env->arena, k->status.text);
			c->status.remote = c->status.reply = VIEW_NONE;
		}
		break;
	}
}

static void check(struct collect *c, struct view ruleset, struct view p1, struct view p2,
		  unsigned flags)
{
	struct arena *work = session_work(c->s);
	struct rw rw;
	struct check k;

	session_rw(c->s, &rw);
	rw_check(&rw, arena_dupz(work, ruleset), p1, p2, flags, arena_dupz(work, c->s->relay), &k);
	take_verdict(c, &k, ruleset);
}

static void check_field(struct collect *c, struct view name, struct view value)
{
	const struct config *cf = c->s->snap->cf;
	const struct cf_header *rule = rw_header_rule(cf, name);
	struct arena *work = session_work(c->s);
	struct rw rw;
	struct check k;

	if (!rule || c->status.smtp != 0)
		return;
	session_rw(c->s, &rw);
	rw_check_header(&rw, rule, name, value, arena_dupz(work, c->s->relay), &k);
	take_verdict(c, &k, ruleset_name(cf, rule->check_ruleset, work));
}

static void check_eoh(struct collect *c)
{
	struct arena *work = session_work(c->s);

	if (c->status.smtp != 0 || config_ruleset_number(c->s->snap->cf, VIEW("check_eoh")) < 0)
		return;
	check(c, VIEW("check_eoh"), arena_printf(work, "%d", c->n_fields),
	      arena_printf(work, "%lld", (long long)c->size), CHECK_RAW);
}

static void set_message_id(struct envelope *e)
{
	const struct header_field *f = header_find(&e->header, VIEW("Message-Id"));

	if (f)
		macros_set(e->macros, MACRO_MSG_ID, view_trim(f->value));
}

static void check_message(struct collect *c)
{
	const struct options *o = session_options(c->s);
	struct envelope *e = c->env;
	bool declared = view_eq_nocase(e->body_type, VIEW("8BITMIME"));

	if (body_has_8bit(e->body))
		e->flags |= ENV_HAS_8BIT;
	if (((e->flags & ENV_HAS_8BIT) || c->header_has_8bit) && !declared &&
	    o->eight_bit_mode == 0)
		reject(c, 554, "5.6.1", VIEW("Eight bit data not allowed"));
	if (c->had_nul && o->reject_nul)
		reject(c, 554, "5.6.1", VIEW("NUL byte not allowed"));
	e->size = c->size;
	if (o->max_message_size > 0 && c->size > o->max_message_size)
		log_event(session_log(c->s), 7, LOG_NOTICE, e->id,
			  "message size (%lld) exceeds maximum (%lld)", (long long)c->size,
			  (long long)o->max_message_size);
	macros_setf(e->macros, MACRO_MSG_SIZE, "%lld", (long long)c->size);
	set_message_id(e);
	if (c->status.smtp == 0 && config_ruleset_number(c->s->snap->cf, VIEW("check_eom")) >= 0)
		check(c, VIEW("check_eom"),
		      arena_printf(session_work(c->s), "%lld", (long long)c->size), VIEW_NONE,
		      CHECK_RAW);
}

/* ---- body ---- */

static void body_flush(struct collect *c)
{
	int error;

	if (c->n_staged == 0)
		return;
	error = c->is_over_length ? 0 : body_append(c->env->body, view_from(c->stage, c->n_staged));
	c->n_staged = 0;
	if (error == 0)
		return;
	c->is_over_length = true;
	log_event(session_log(c->s), 1, LOG_ERR, c->env->id,
		  "cannot store the text of the message: %s", strerror(-error));
	if (error == -ENOSPC || error == -EDQUOT || error == -EFBIG)
		reject(c, 452, "4.4.5", VIEW("Out of disk space for temp file"));
	else
		reject(c, 451, "4.3.0", VIEW("Cannot store the message now"));
}

static void body_add(struct collect *c, struct view text)
{
	while (text.len > 0) {
		size_t n = STAGE_BYTES - c->n_staged;

		if (n > text.len)
			n = text.len;
		memcpy(c->stage + c->n_staged, text.p, n);
		if (c->is_7bit)
			for (size_t i = 0; i < n; i++)
				c->stage[c->n_staged + i] &= 0x7f;
		c->n_staged += n;
		text = view_skip(text, n);
		if (c->n_staged == STAGE_BYTES)
			body_flush(c);
	}
}

/* ---- header ---- */

static void too_large(struct collect *c)
{
	long long max = (long long)session_options(c->s)->max_headers_length;

	if (!c->is_over_length)
		log_event(session_log(c->s), 1, LOG_NOTICE, c->env->id,
			  "headers too large (%lld max) from " VIEW_FMT " during message collect",
			  max, VIEW_ARG(c->s->client_name));
	c->is_over_length = true;
	reject(c, 552, "5.6.0",
	       arena_printf(session_work(c->s), "Headers too large (%lld max)", max));
}

static void enter_body(struct collect *c)
{
	c->place = IN_BODY;
	check_eoh(c);
}

static bool has_8bit(struct view v)
{
	for (size_t i = 0; i < v.len; i++)
		if ((unsigned char)v.p[i] >= 0x80)
			return true;
	return false;
}

static void take_field(void *arg, struct view name, struct view value)
{
	struct collect *c = arg;
	const struct options *o = session_options(c->s);
	struct header_field *f;

	if (c->is_over_length)
		return;
	f = header_add(&c->env->header, c->env->arena, name, value);
	f->flags |= HEADER_USER;
	c->header_has_8bit = c->header_has_8bit || has_8bit(value);
	c->n_fields++;
	if (o->max_headers_length > 0 && c->env->header.bytes > (size_t)o->max_headers_length)
		too_large(c);
	else
		check_field(c, f->name, f->value);
}

static void header_line(struct collect *c)
{
	struct view line;

	switch (gather_line(&c->header, &line)) {
	case GATHER_MORE:
		return;
	case GATHER_END:
		enter_body(c);
		break;
	case GATHER_BODY_LINE:
		enter_body(c);
		body_add(c, line);
		body_add(c, VIEW("\n"));
		break;
	}
	gather_done(&c->header);
}

static void header_add_text(struct collect *c, struct view text, bool ends_line)
{
	if (!c->is_over_length && !gather_text(&c->header, text))
		too_large(c);
	if (!ends_line)
		return;
	if (!c->is_over_length) {
		header_line(c);
		return;
	}
	/* Too large: nothing is kept, but the end of the header is still looked for. */
	if (text.len == 0 && !c->is_line_begun)
		c->place = IN_BODY;
}

/* ---- in and out ---- */

static void count(struct collect *c, struct view text, bool ends_line)
{
	int64_t max = session_options(c->s)->max_message_size;

	c->size += (int64_t)text.len + ends_line;
	if (!c->had_nul && session_options(c->s)->reject_nul &&
	    memchr(text.p ? text.p : "", '\0', text.len))
		c->had_nul = true;
	if (max > 0 && c->size > max && !c->is_over_length) {
		c->is_over_length = true;
		c->n_staged = 0;
		reject(c, 552, "5.2.3",
		       arena_printf(session_work(c->s), "Message exceeds maximum fixed size (%lld)",
				    (long long)max));
	}
}

static void finish(struct collect *c)
{
	if (c->place == IN_HEADER) {
		gather_end(&c->header);
		enter_body(c);
	}
	body_flush(c);
	check_message(c);
}

static void note_bare(struct collect *c)
{
	struct data_lines *d = &c->lines;

	if (!d->had_bare_lf && !d->had_bare_cr)
		return;
	c->had_bare_lf |= d->had_bare_lf;
	c->had_bare_cr |= d->had_bare_cr;
	d->had_bare_lf = d->had_bare_cr = false;
	if (c->place == IN_HEADER)
		c->bare_in_header = true;
	else
		c->bare_in_body = true;
}

enum collect_state collect_add(struct collect *c, struct view bytes, size_t *out_used)
{
	struct view rest = bytes;
	struct data_piece piece;

	while (data_lines_next(&c->lines, &rest, &piece)) {
		bool ends_line = piece.kind == PIECE_LINE_END;

		note_bare(c);
		if (piece.kind >= PIECE_MESSAGE_END) {
			*out_used = bytes.len - rest.len;
			if (piece.kind != PIECE_MESSAGE_END)
				return piece.kind == PIECE_BARE_LF ? COLLECT_BARE_LF
								   : COLLECT_BARE_CR;
			finish(c);
			return COLLECT_DONE;
		}
		count(c, piece.text, ends_line);
		if (c->place == IN_HEADER) {
			header_add_text(c, piece.text, ends_line);
			c->is_line_begun = !ends_line && (c->is_line_begun || piece.text.len > 0);
		} else if (!c->is_over_length) {
			body_add(c, piece.text);
			if (ends_line)
				body_add(c, VIEW("\n"));
		}
	}
	*out_used = bytes.len;
	return COLLECT_MORE;
}
