/* run.c - the buffers of a run, and the scanning of what comes into its workspaces. */
#include "rewrite/run.h"

#define BLOCK_TOKENS 800

/* Room for tokens, without first values. */
static struct token *token_room(struct arena *a, size_t n)
{
	uintptr_t at = (uintptr_t)arena_bytes(a, n * sizeof(struct token) + 15);

	return (struct token *)((at + 15) & ~(uintptr_t)15);
}

static struct block *new_block(struct arena *a)
{
	struct block *b = ARENA_NEW(a, struct block);

	b->v = token_room(a, BLOCK_TOKENS);
	b->cap = BLOCK_TOKENS;
	return b;
}

struct tokens run_buffer(struct run *r, size_t least)
{
	struct pile *p = r->pile;
	size_t n = least + BUFFER_TOKENS;

	if (n > BLOCK_TOKENS)
		n = BUFFER_TOKENS;
	if (p->block->cap - p->used < n) {
		if (!p->block->next) {
			p->block->next = new_block(r->rw->arena);
		}
		p->block = p->block->next;
		p->used = 0;
	}
	p->used += n;
	return (struct tokens){ .v = p->block->v + p->used - n, .cap = n };
}

void tokens_grow(struct tokens *t, size_t n, struct arena *a)
{
	size_t cap = t->cap ? t->cap : BUFFER_TOKENS;
	struct token *v;

	while (cap < n)
		cap *= 2;
	v = token_room(a, cap);
	if (t->n)
		memcpy(v, t->v, t->n * sizeof(*v));
	t->v = v;
	t->cap = cap;
}

static void report_scan_error(void *context, int smtp, const char *dsn, const char *text)
{
	rw_user_error(context, smtp, dsn, view_of(text));
}

bool run_scan(struct run *r, struct view text, struct tokens *out)
{
	struct scan s = { .rules = r->rules,
			  .arena = r->rw->arena,
			  .kind = SCAN_ADDRESS,
			  .on_error = report_scan_error,
			  .on_token = r->rw->trace ? trace_scan_token : NULL,
			  .context = r->rw };

	struct view to = r->rw->trace ? r->rw->trace->to : VIEW_NONE;

	trace_scan(r->rw, text);
	if (r->rw->trace)
		r->rw->trace->to = text;
	scan_run(&s, text);
	if (r->rw->trace)
		r->rw->trace->to = to;
	trace_scanned(r->rw, &s.tokens);
	*out = s.tokens;
	return s.tokens.n > 0;
}
