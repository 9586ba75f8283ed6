/*
 * member.c - the members of a list become recipients beside it.
 */
#include <errno.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/own.h"
#include "resolve/walk.h"

#define LINE_MAX_BYTES 65536

bool member_cut(struct view *rest, struct view *out_item)
{
	size_t i = 0;
	int comments = 0, angles = 0;
	bool in_quotes = false;

	if (rest->len == 0)
		return false;
	for (; i < rest->len; i++) {
		char c = rest->p[i];

		if (c == '\\' && i + 1 < rest->len)
			i++;
		else if (c == '"' && comments == 0)
			in_quotes = !in_quotes;
		else if (in_quotes)
			continue;
		else if (c == '(')
			comments++;
		else if (c == ')' && comments > 0)
			comments--;
		else if (c == '<')
			angles++;
		else if (c == '>' && angles > 0)
			angles--;
		else if (c == '\n' || (c == ',' && comments == 0 && angles == 0))
			break;
	}
	*out_item = view_trim(view_first(*rest, i));
	*rest = view_skip(*rest, i + (i < rest->len));
	return true;
}

#define NOTIFY_FLAGS                                                                               \
	(RCPT_NOTIFY_GIVEN | RCPT_NOTIFY_SUCCESS | RCPT_NOTIFY_FAILURE | RCPT_NOTIFY_DELAY)

static void add_one(struct walk *w, const struct membership *m, struct view item)
{
	struct rcpt *r = envelope_add_rcpt(w->env, item, m->parent);

	r->flags |= m->flags | (m->parent->flags & (NOTIFY_FLAGS | RCPT_BCC | RCPT_TO_LIST));
	r->state = RCPT_NEW;
	r->user = m->user;
	r->orcpt = m->parent->orcpt;
	r->final_rcpt = m->parent->final_rcpt;
	r->owner = m->parent->owner;
	if (m->owner.len > 0) {
		/* What becomes of a list's members is for its owner, not for who wrote to the list. */
		r->owner = m->owner;
		r->flags &= ~(uint32_t)NOTIFY_FLAGS;
		r->flags |= RCPT_TO_LIST | RCPT_NOTIFY_FAILURE | RCPT_NOTIFY_DELAY;
		r->orcpt = VIEW_NONE;
	}
}

size_t member_add_list(struct walk *w, const struct membership *m, struct view text)
{
	struct view item;
	size_t n = 0;

	while (member_cut(&text, &item) && !arena_is_over(w->env->arena)) {
		if (item.len == 0)
			continue;
		add_one(w, m, item);
		n++;
	}
	return n;
}

static void add_line(struct walk *w, const struct membership *m, struct view line, size_t *n)
{
	line = view_trim(line);
	if (line.len > 0 && line.p[0] != '#')
		*n += member_add_list(w, m, line);
}

int member_add_file(struct walk *w, const struct membership *m, int fd, size_t *out_n)
{
	own_mem char *buf = mem_alloc(LINE_MAX_BYTES);
	size_t have = 0, n = 0;
	ssize_t got;

	while ((got = read(fd, buf + have, LINE_MAX_BYTES - have)) > 0) {
		struct view rest = view_from(buf, have + (size_t)got);
		size_t end;

		while ((end = view_find(rest, '\n')) < rest.len) {
			add_line(w, m, view_first(rest, end), &n);
			rest = view_skip(rest, end + 1);
		}
		if (rest.len == LINE_MAX_BYTES || arena_is_over(w->env->arena))
			return -EFBIG;
		memmove(buf, rest.p, rest.len);
		have = rest.len;
	}
	if (got < 0)
		return -errno;
	add_line(w, m, view_from(buf, have), &n);
	*out_n = n;
	return 0;
}
