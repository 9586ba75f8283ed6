/* parts.c - see parts.h. */
#include "resolve/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/own.h"
#include "resolve/owner.h"

#define PART_BYTES (16u << 20) /* of a part with long addresses */

struct source {
	struct source *next;
	struct membership m;
	struct view rest;          /* what is not read yet of the text, or of the line */
	char *text;                /* of an alias; NULL: a file */
	int fd;                    /* of a file, -1 */
	struct member_lines lines; /* of a file */
};

bool parts_is_long(const struct walk *w, size_t n)
{
	return (w->ctx->hand_on || w->ctx->leaves_long) && !(w->flags & RESOLVE_VERIFY_ONLY) &&
	       w->n_members + n > PART_RCPTS;
}

static void source_free(struct source *s)
{
	free(s->text);
	if (s->fd >= 0) {
		close(s->fd);
		member_lines_done(&s->lines);
	}
	free(s);
}

/* NULL: the list stays as it is. */
static struct source *take(struct walk *w, const struct membership *m, size_t n)
{
	struct source *s;

	if (w->ctx->leaves_long) {
		m->parent->state = RCPT_ROUTED;
		return NULL;
	}
	s = MEM_NEW(struct source);
	s->m = *m;
	s->fd = -1;
	if (n > 1)
		s->m.flags &= ~(uint32_t)RCPT_PRIMARY;
	if (w->last_source)
		w->last_source->next = s;
	else
		w->sources = s;
	w->last_source = s;
	return s;
}

void parts_take_text(struct walk *w, const struct membership *m, struct view text, size_t n)
{
	struct source *s = take(w, m, n);

	if (!s)
		return;
	s->text = mem_dup(text.p, text.len);
	s->rest = view_from(s->text, text.len);
}

int parts_take_file(struct walk *w, const struct membership *m, int fd, size_t n)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	struct source *s;

	if (own < 0)
		return -errno;
	s = take(w, m, n);
	if (!s) {
		close(own);
		return 0;
	}
	s->fd = own;
	member_lines_init(&s->lines, own);
	return 0;
}

void parts_drop(struct walk *w)
{
	struct source *s;

	while ((s = w->sources)) {
		w->sources = s->next;
		source_free(s);
	}
	w->last_source = NULL;
}

/* 1 and the next member, 0 at the end, -errno. */
static int next_member(struct source *s, struct view *out)
{
	do {
		while (member_cut(&s->rest, out))
			if (out->len > 0)
				return 1;
		if (s->fd >= 0) {
			int got = member_lines_next(&s->lines, &s->rest);

			if (got <= 0)
				return got;
		}
	} while (s->fd >= 0);
	return 0;
}

static void fail_list(struct walk *w, struct rcpt *list)
{
	struct envelope *env = w->env;

	w->env = list->env;
	walk_failz(w, list, 451, "4.3.0", EX_TEMPFAIL_,
		   "the members of the list cannot be queued: try again later");
	w->env = env;
}

/* What is not read goes with its list: that is tried again later. */
static void fail_sources(struct walk *w, struct source *s)
{
	while (s) {
		struct source *next = s->next;

		fail_list(w, s->m.parent);
		source_free(s);
		s = next;
	}
}

/* ---- a part ---- */

static struct envelope *part_begin(struct walk *w)
{
	struct envelope *part = envelope_clone(w->root, w->root->sender);

	owner_settle_copy(w->root, part);
	seen_enter(w->seen);
	w->env = part;
	w->n_members = 0;
	walk_next(w);
	return part;
}

/* Fills the part from the source. True: the source is at its end (*out_error 0), or cannot be read further. */
static bool part_fill(struct walk *w, struct source *s, int *out_error)
{
	struct view item;
	int got = 1;

	while (w->n_members < PART_RCPTS && arena_used(w->env->arena) < PART_BYTES &&
	       (got = next_member(s, &item)) > 0)
		member_add(w, &s->m, item);
	*out_error = got < 0 ? got : 0;
	return got <= 0;
}

/* The lists in front of the part fail: it could not be handed on. */
static void fail_lists_of(struct walk *w, const struct envelope *part)
{
	LIST_EACH (&part->rcpts, it) {
		const struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (r->parent && r->parent->env != part && r->parent->state == RCPT_EXPANDED)
			fail_list(w, r->parent);
	}
}

static int hand_on_all(struct walk *w, struct envelope **copies, size_t n)
{
	int result = 0;

	for (size_t i = 0; i < n; i++) {
		if (result == 0)
			result = w->ctx->hand_on(w->ctx->hand_on_arg, copies[i]);
		if (result < 0)
			envelope_free(copies[i]);
	}
	return result;
}

/* Settles the part and gives its members away, in copies by the owner of their list. 0 or -errno. */
static int part_end(struct walk *w, struct envelope *part, struct envelope *before)
{
	own_mem struct envelope **copies = NULL;
	size_t n;
	int result;

	walk_settle(w);
	w->env = before;
	walk_mark_loops(part);
	n = owner_split_all(part, &copies);
	result = hand_on_all(w, copies, n);
	if (result < 0)
		fail_lists_of(w, part);
	seen_leave(w->seen);
	envelope_free(part);
	return result;
}

/* ---- all of it ---- */

/* Parts are filled across sources, so that many short lists do not make many small ones. */
static void read_all(struct walk *w, struct source *s, struct envelope *before)
{
	struct envelope *part = NULL;
	int result = 0, error = 0;

	while (s && result == 0) {
		struct source *next = s->next;

		if (!part)
			part = part_begin(w);
		if (!part_fill(w, s, &error)) {
			result = part_end(w, part, before);
			part = NULL;
			continue;
		}
		if (error < 0)
			fail_list(w, s->m.parent);
		source_free(s);
		s = next;
	}
	if (part)
		part_end(w, part, before);
	fail_sources(w, s);
}

bool parts_read(struct walk *w)
{
	struct envelope *before = w->env;
	struct source *s = w->sources;
	size_t n_members = w->n_members;

	if (!s)
		return false;
	w->sources = w->last_source = NULL;
	read_all(w, s, before);
	w->env = before;
	w->n_members = n_members;
	walk_next(w);
	return true;
}
