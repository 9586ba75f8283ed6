/*
 * member.c - the members of a list become recipients beside it.
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/own.h"
#include "resolve/parts.h"

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

void member_add(struct walk *w, const struct membership *m, struct view item)
{
	struct rcpt *r = envelope_add_rcpt(w->env, item, m->parent);

	w->n_members++;
	r->flags |= m->flags | (m->parent->flags & (NOTIFY_FLAGS | RCPT_BCC | RCPT_TO_LIST));
	r->state = RCPT_NEW;
	r->user = m->user;
	r->place = m->place.len ? m->place : m->parent->place;
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

static bool is_full(const struct walk *w)
{
	size_t limit = w->ctx->list_bytes;

	return limit ? arena_used(w->env->arena) > limit : arena_is_over(w->env->arena);
}

static int add_items(struct walk *w, const struct membership *m, struct view text, size_t *n)
{
	struct view item;

	while (member_cut(&text, &item)) {
		if (item.len == 0)
			continue;
		if (is_full(w))
			return -EFBIG;
		member_add(w, m, item);
		++*n;
	}
	return 0;
}

/* How many items a text has at most: no item without a comma or a line end behind it. */
static size_t count_at_most(struct view text)
{
	size_t n = 1;

	for (size_t i = 0; i < text.len; i++)
		n += text.p[i] == ',' || text.p[i] == '\n';
	return n;
}

int member_add_list(struct walk *w, const struct membership *m, struct view text, size_t *out_n)
{
	size_t n = count_at_most(text);

	if (parts_is_long(w, n)) {
		parts_take_text(w, m, text, n);
		*out_n = n;
		return 0;
	}
	*out_n = 0;
	return add_items(w, m, text, out_n);
}

void member_lines_init(struct member_lines *l, int fd)
{
	*l = (struct member_lines){ .fd = fd, .buf = mem_alloc(LINE_MAX_BYTES) };
}

void member_lines_done(struct member_lines *l)
{
	free(l->buf);
	l->buf = NULL;
}

/* Reads more behind what is there, which moves to the front. */
static int fill(struct member_lines *l)
{
	ssize_t got;

	memmove(l->buf, l->buf + l->begin, l->end - l->begin);
	l->end -= l->begin;
	l->begin = 0;
	if (l->end == LINE_MAX_BYTES)
		return -EFBIG;
	got = read(l->fd, l->buf + l->end, LINE_MAX_BYTES - l->end);
	if (got < 0)
		return -errno;
	l->is_over = got == 0;
	l->end += (size_t)got;
	return 0;
}

/* 1: *out is a whole line as it stands. */
static int next_raw(struct member_lines *l, struct view *out)
{
	for (;;) {
		struct view have = view_from(l->buf + l->begin, l->end - l->begin);
		size_t end = view_find(have, '\n');
		int error;

		if (end < have.len || (l->is_over && have.len > 0)) {
			*out = view_first(have, end);
			l->begin += end + (end < have.len);
			return 1;
		}
		if (l->is_over)
			return 0;
		error = fill(l);
		if (error < 0)
			return error;
	}
}

int member_lines_next(struct member_lines *l, struct view *out)
{
	int got;

	while ((got = next_raw(l, out)) > 0) {
		l->number++;
		*out = view_trim(*out);
		if (out->len > 0 && out->p[0] != '#')
			break;
	}
	return got;
}

/* Looks through a file that may be long before anything is made of it: how many members at most, and can it be read to its end?
 * 0: it is short, or cannot be read twice. */
static int look_through(int fd, size_t *out_n)
{
	struct member_lines lines;
	struct view line;
	struct stat st;
	int got;

	*out_n = 0;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 2)
		return 0;
	member_lines_init(&lines, fd);
	while ((got = member_lines_next(&lines, &line)) > 0)
		*out_n += count_at_most(line);
	member_lines_done(&lines);
	if (got == 0 && lseek(fd, 0, SEEK_SET) < 0)
		got = -errno;
	return got;
}

/* The members that a line of a file names, the last one first. */
static int add_line(struct walk *w, const struct membership *m, struct view line, size_t *n)
{
	struct view *items = NULL, item;
	size_t n_items = 0, cap = 0;
	int error = 0;

	while (member_cut(&line, &item)) {
		if (item.len == 0)
			continue;
		MEM_GROW(items, n_items, cap);
		items[n_items++] = item;
	}
	for (; n_items > 0 && error == 0; n_items--) {
		if (is_full(w))
			error = -EFBIG;
		else
			member_add(w, m, items[n_items - 1]);
		*n += error == 0;
	}
	free(items);
	return error;
}

int member_add_file(struct walk *w, const struct membership *m, int fd, struct view path,
		    size_t *out_n)
{
	struct member_lines lines;
	struct view line;
	size_t n = 0;
	int got = look_through(fd, &n);

	if (got < 0)
		return got;
	if (parts_is_long(w, n)) {
		*out_n = n;
		return parts_take_file(w, m, fd, n);
	}
	n = 0;
	member_lines_init(&lines, fd);
	while ((got = member_lines_next(&lines, &line)) > 0) {
		struct membership named = *m;
		int error;

		named.place = arena_printf(w->env->arena, VIEW_FMT ": line %zu", VIEW_ARG(path),
					   lines.number);
		error = add_line(w, &named, line, &n);

		if (error < 0) {
			got = error;
			break;
		}
	}
	member_lines_done(&lines);
	*out_n = n;
	return got;
}
