/* envelope.c - see envelope.h. */
#include "envelope/envelope.h"

#include "base/mem.h"
#include "base/str.h"
#include "envelope/qf.h"

#define ARENA_LIMIT     (64u << 20)
#define TRANSCRIPT_MAX  65536
#define TRANSCRIPT_HEAD (TRANSCRIPT_MAX / 2)
#define TRANSCRIPT_LINE 2048
#define LEFT_OUT        "... lines left out ...\n"

struct envelope *envelope_new(struct snapshot *snap)
{
	struct envelope *e = MEM_NEW(struct envelope);

	pthread_mutex_init(&e->lock, NULL);
	e->arena = arena_new(ARENA_LIMIT);
	e->snap = snap ? snapshot_get(snap) : NULL;
	e->macros = macros_new(snap ? snap->cf->macros : NULL, e->arena);
	header_init(&e->header);
	list_init(&e->rcpts);
	e->timeout_class = 'n';
	e->delivery_mode = 'b';
	return e;
}

void envelope_free(struct envelope *e)
{
	if (!e)
		return;
	body_put(e->body);
	snapshot_put(e->snap);
	arena_free(e->arena);
	pthread_mutex_destroy(&e->lock);
	free(e);
}

struct rcpt *envelope_add_rcpt(struct envelope *e, struct view address, struct rcpt *parent)
{
	struct rcpt *r;

	pthread_mutex_lock(&e->lock);
	r = ARENA_NEW(e->arena, struct rcpt);
	r->env = e;
	r->parent = parent;
	r->address = arena_dup(e->arena, address);
	if (parent)
		parent->n_members++;
	else
		r->flags = RCPT_PRIMARY;
	list_append(&e->rcpts, &r->link);
	e->n_rcpts++;
	pthread_mutex_unlock(&e->lock);
	return r;
}

static bool state_is_open(enum rcpt_state s)
{
	return s == RCPT_NEW || s == RCPT_ROUTED || s == RCPT_TRYING || s == RCPT_DEFERRED;
}

bool envelope_is_done(const struct envelope *e)
{
	LIST_EACH (&e->rcpts, it) {
		if (state_is_open(LIST_OWNER(it, struct rcpt, link)->state))
			return false;
	}
	return true;
}

size_t envelope_count(const struct envelope *e, enum rcpt_state state)
{
	size_t n = 0;

	LIST_EACH (&e->rcpts, it) {
		n += LIST_OWNER(it, struct rcpt, link)->state == state;
	}
	return n;
}

int64_t envelope_size_in_file(const struct envelope *e)
{
	int64_t size = e->body ? body_size(e->body) : 0;

	LIST_EACH (&e->header.fields, it) {
		const struct header_field *f = LIST_OWNER(it, struct header_field, link);

		size += (int64_t)(f->name.len + f->value.len + 1 + f->raw_condition.len);
	}
	return size;
}

size_t envelope_count_wanted(const struct envelope *e)
{
	size_t n = 0;

	LIST_EACH (&e->rcpts, it) {
		const struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		n += r->state != RCPT_EXPANDED && r->state != RCPT_DROPPED &&
		     (r->state != RCPT_FAILED || r->triple.mailer);
	}
	return n;
}

static void clone_header(struct envelope *to, const struct envelope *from)
{
	LIST_EACH (&from->header.fields, it) {
		const struct header_field *f = LIST_OWNER(it, struct header_field, link);
		struct header_field *copy = header_add(&to->header, to->arena, f->name, f->value);

		copy->flags = f->flags;
		memcpy(copy->mailer_flags, f->mailer_flags, sizeof(copy->mailer_flags));
		copy->macro = f->macro;
		copy->raw_condition = arena_dup(to->arena, f->raw_condition);
	}
}

static struct rcpt_user clone_user(struct arena *a, const struct rcpt_user *u)
{
	struct rcpt_user copy = *u;

	copy.name = arena_dup(a, u->name);
	copy.alias = arena_dup(a, u->alias);
	return copy;
}

static void clone_texts(struct envelope *to, const struct envelope *from)
{
	struct arena *a = to->arena;

	to->sender_logged = arena_dup(a, from->sender_logged);
	to->envid = arena_dup(a, from->envid);
	to->auth_param = arena_dup(a, from->auth_param);
	to->body_type = arena_dup(a, from->body_type);
	to->quarantine_reason = arena_dup(a, from->quarantine_reason);
	to->status_text = arena_dup(a, from->status_text);
	to->msgid = arena_dup(a, from->msgid);
	to->relay = arena_dup(a, from->relay);
	to->protocol = arena_dup(a, from->protocol);
	to->daemon_name = arena_dup(a, from->daemon_name);
	to->submitter = clone_user(a, &from->submitter);
}

struct envelope *envelope_clone(const struct envelope *e, struct view sender)
{
	struct envelope *c = envelope_new(e->snap);

	macros_copy(c->macros, e->macros);
	c->sender = arena_dup(c->arena, sender);
	c->sender_mailer = e->sender_mailer;
	clone_header(c, e);
	clone_texts(c, e);
	c->body = e->body ? body_get(e->body) : NULL;
	c->flags = e->flags & ~(uint32_t)(ENV_WARNED | ENV_LOGGED_SENDER);
	c->error_mode = e->error_mode;
	c->delivery_mode = e->delivery_mode;
	c->hop_count = e->hop_count;
	c->created_s = e->created_s;
	c->last_try_s = e->last_try_s;
	c->tries = e->tries;
	c->priority = e->priority;
	c->size = e->size;
	c->class_value = e->class_value;
	c->timeout_class = e->timeout_class;
	c->deliver_by_s = e->deliver_by_s;
	c->deliver_by_mode = e->deliver_by_mode;
	c->deliver_by_trace = e->deliver_by_trace;
	c->group = e->group;
	return c;
}

struct rcpt *envelope_copy_rcpt(struct envelope *to, const struct rcpt *r)
{
	struct rcpt *n = envelope_add_rcpt(to, r->address, NULL);

	n->orcpt = arena_dup(to->arena, r->orcpt);
	n->final_rcpt = arena_dup(to->arena, qf_final_rcpt(r, to->arena));
	n->flags = r->flags;
	n->user = clone_user(to->arena, &r->user);
	n->triple.mailer = r->triple.mailer;
	n->triple.host = arena_dup(to->arena, r->triple.host);
	n->state = RCPT_NEW;
	return n;
}

/* Makes room for more bytes: the buffer doubles up to TRANSCRIPT_MAX, then the older half of its tail is given up. */
static void transcript_room(struct envelope *e, size_t more)
{
	size_t want = e->transcript.len + more, cap = e->transcript_cap ? e->transcript_cap : 512;
	struct view tail;
	char *p;

	while (cap < want && cap < TRANSCRIPT_MAX)
		cap *= 2;
	if (cap != e->transcript_cap) {
		p = arena_bytes(e->arena, cap);
		if (e->transcript.len)
			memcpy(p, e->transcript.p, e->transcript.len);
		e->transcript.p = p;
		e->transcript_cap = cap;
	}
	if (want <= cap)
		return;
	p = (char *)e->transcript.p;
	tail = view_skip(e->transcript, TRANSCRIPT_HEAD + (TRANSCRIPT_MAX - TRANSCRIPT_HEAD) / 2);
	tail = view_skip(tail, view_find(tail, '\n') + 1);
	memcpy(p + TRANSCRIPT_HEAD, "\n" LEFT_OUT, sizeof("\n" LEFT_OUT) - 1);
	memmove(p + TRANSCRIPT_HEAD + sizeof("\n" LEFT_OUT) - 1, tail.p, tail.len);
	e->transcript.len = TRANSCRIPT_HEAD + sizeof("\n" LEFT_OUT) - 1 + tail.len;
}

void envelope_note(struct envelope *e, const char *fmt, ...)
{
	own_str struct str line = STR_MAX(TRANSCRIPT_LINE);
	va_list ap;

	va_start(ap, fmt);
	str_addv(&line, fmt, ap);
	va_end(ap);
	if (line.cut)
		str_truncate(&line, TRANSCRIPT_LINE - 1);
	line.cut = false;
	str_addc(&line, '\n');
	pthread_mutex_lock(&e->lock);
	transcript_room(e, line.len);
	memcpy((char *)e->transcript.p + e->transcript.len, line.p, line.len);
	e->transcript.len += line.len;
	pthread_mutex_unlock(&e->lock);
}

void envelope_tell_status(struct envelope *e, struct view text, bool is_final)
{
	if (!is_final && e->status_text.len > 0 && !(e->flags & ENV_OLD_STATUS))
		return;
	e->status_text = arena_dup(e->arena, text);
	e->flags &= (uint32_t)~ENV_OLD_STATUS;
}

void envelope_rw(const struct envelope *e, const struct services *sv, struct arena *a,
		 struct macros *scope, struct rw *out)
{
	*out = (struct rw){ .snap = e->snap,
			    .services = sv,
			    .macros = scope ? scope : e->macros,
			    .arena = a,
			    .id = e->id,
			    .deadline = INT64_MAX,
			    .is_deferred_mode = e->delivery_mode == 'd' };
}
