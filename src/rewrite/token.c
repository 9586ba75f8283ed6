/*
 * token.c - the scanner: text to tokens and back.
 *
 * The scanner works on one private copy of the text. Characters that belong to a token are moved to its end, so that what
 * is dropped (a comment, a backslash before '!') costs nothing and every token is a view into the copy. What the text lacks
 * at its end is mended: an open quote, comment or bracket is reported and then closed, because the program goes on with
 * the address after the complaint.
 */
#include "rewrite/token.h"

#include <errno.h>

#include "rewrite/charset.h"
#include "rewrite/rules.h"

#define CHAR_END (-1)

struct scanner {
	struct scan *s;
	const struct charset *set;
	struct view in;
	size_t at;
	char *out, *start; /* where the next byte goes; where the current token began */
	size_t used;       /* bytes of all tokens, each with its end */
	int comments, angles;
	enum char_kind state; /* what the current token is */
	bool in_quote, is_escaped, is_route;
	bool has_untold; /* the last token is told of when the scanner has gone on */
};

static void complain(struct scanner *x, const char *dsn, const char *text)
{
	x->s->n_errors++;
	if (x->s->on_error)
		x->s->on_error(x->s->context, 553, dsn, text);
}

static void fail(struct scanner *x, const char *dsn, const char *text)
{
	complain(x, dsn, text);
	x->s->has_failed = true;
}

unsigned char operator_byte(uint32_t symbol)
{
	return symbol < 128 ? (unsigned char)macro_operator_byte((char)symbol) : 0;
}

char operator_of_byte(unsigned char byte)
{
	static const char operators[] = "*+-=~#@:>?|.[]()&";

	for (const char *op = operators; *op; op++)
		if (operator_byte((unsigned char)*op) == byte)
			return *op;
	return '\0';
}

static bool is_operator(const struct token *t)
{
	return t->symbol && t->symbol < SYMBOL_FIRST;
}

/* Bytes of operators, and of macros that are not read yet. */
static bool is_operator_byte(char c)
{
	return (unsigned char)c >= 0x80 && (unsigned char)c <= 0x9f;
}

/* Writes the token as it stands in a text, an operator as its byte; no more bytes than its own text has. */
static size_t put_token(const struct token *t, char *to)
{
	size_t from = 0, n = 0;

	if (is_operator(t)) {
		to[n++] = (char)operator_byte(t->symbol);
		from = t->symbol >= '0' && t->symbol <= '9' ? 1 : 2; /* the digit itself stays */
	}
	if (t->text.len > from)
		memcpy(to + n, t->text.p + from, t->text.len - from);
	return n + t->text.len - from;
}

void tokens_add(struct tokens *t, struct token token, struct arena *a)
{
	if (t->n == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 16;
		struct token *v = ARENA_ARRAY(a, struct token, cap);

		if (t->n)
			memcpy(v, t->v, t->n * sizeof(*v));
		t->v = v;
		t->cap = cap;
	}
	t->v[t->n++] = token;
}

static void tell(struct scanner *x)
{
	if (x->has_untold && x->s->on_token)
		x->s->on_token(x->s->context, &x->s->tokens.v[x->s->tokens.n - 1]);
	x->has_untold = false;
}

/* The current token is complete. */
static void end_token(struct scanner *x)
{
	struct view text = { x->start, (size_t)(x->out - x->start) };
	struct token token = { .text = text };

	if (text.len == 0 || x->s->has_failed)
		return;
	x->used += text.len + 1;
	if (x->s->tokens.n >= TOKENS_MAX)
		fail(x, "5.1.0", "prescan: too many tokens");
	else if (text.len > TOKEN_MAX_BYTES)
		fail(x, "5.1.0", "prescan: token too long");
	else if (x->used > SCAN_MAX_BYTES)
		fail(x, "5.1.1", "Address too long");
	if (x->s->has_failed)
		return;
	tell(x);
	if (x->s->rules)
		token.symbol = symbols_find(x->s->rules->symbols, text);
	tokens_add(&x->s->tokens, token, x->s->arena);
	x->has_untold = true;
	x->start = x->out;
}

static void add_byte(struct scanner *x, char c, enum char_kind kind)
{
	if (kind == CHAR_BLANK || kind == CHAR_OPERATOR || kind != x->state) {
		end_token(x);
		tell(x);
	}
	if (kind == CHAR_BLANK) {
		x->state = kind;
		return;
	}
	*x->out++ = c;
	x->state = kind;
	if (kind == CHAR_OPERATOR)
		end_token(x);
}

/* The byte after a backslash. */
static void add_escaped(struct scanner *x, char c)
{
	x->is_escaped = false;
	if (x->comments > 0)
		return;
	if (c == '!' && !x->in_quote) {
		add_byte(x, c, charset_kind(x->set, c));
		return;
	}
	*x->out++ = '\\';
	*x->out++ = c;
}

/* A rule operator inside encoded text: RULE_OPERATOR, the operator, and for those that name a macro two bytes more. */
static void add_operator(struct scanner *x)
{
	struct view rest = view_skip(x->in, x->at);
	struct token token;
	size_t len = rule_operator_token(rest, &token, x->s->arena);

	x->at += len;
	if (x->comments > 0)
		return;
	if (x->in_quote || x->is_escaped) { /* a quoted operator is text: its bytes */
		if (x->is_escaped)
			*x->out++ = '\\';
		x->is_escaped = false;
		x->out += put_token(&token, x->out);
		return;
	}
	end_token(x);
	x->state = CHAR_BLANK;
	if (x->s->tokens.n >= TOKENS_MAX)
		fail(x, "5.1.0", "prescan: too many tokens");
	else
		tokens_add(&x->s->tokens, token, x->s->arena);
}

static bool is_route_ahead(const struct scanner *x)
{
	size_t at = x->at;

	while (at < x->in.len && (x->in.p[at] == ' ' || x->in.p[at] == '\t'))
		at++;
	return at < x->in.len && x->in.p[at] == '@';
}

/* Brackets and comments; true when the byte needs no more. */
static bool take_bracket(struct scanner *x, char c)
{
	bool has_comments = x->s->kind == SCAN_ADDRESS || x->s->kind == SCAN_OLD_RULE;

	if (x->s->kind == SCAN_RULE)
		return false;
	if (has_comments &&
	    c == '(') { /* what stood before it ends with the next byte that counts */
		x->state = CHAR_BLANK;
		x->comments++;
		return true;
	}
	if (has_comments && c == ')') {
		if (x->comments <= 0)
			complain(x, NULL, "Unbalanced ')'");
		else
			x->comments--;
		return true;
	}
	if (x->comments > 0)
		return true;
	if (x->s->kind == SCAN_OLD_RULE)
		return false;
	if (c == '<') {
		x->angles++;
		if (is_route_ahead(x))
			x->is_route = true;
	} else if (c == '>') {
		x->is_route = false;
		if (x->angles <= 0) {
			complain(x, NULL, "Unbalanced '>'");
			return true;
		}
		x->angles--;
	}
	return false;
}

static void take_byte(struct scanner *x, char c)
{
	tell(x);
	if (x->is_escaped) {
		add_escaped(x, c);
	} else if (c == '\\') {
		x->is_escaped = true;
		if (x->comments == 0 && !x->in_quote) {
			if (x->state != CHAR_ATOM)
				end_token(x);
			x->state = CHAR_ATOM;
		}
	} else if (x->in_quote) {
		*x->out++ = c;
		if (c == '"') {
			x->in_quote = false;
			end_token(x);
			x->state = CHAR_BLANK;
		}
	} else if (take_bracket(x, c)) {
		return;
	} else if (c == '"') {
		end_token(x);
		tell(x);
		*x->out++ = c;
		x->in_quote = true;
		x->state = CHAR_QUOTE;
	} else {
		add_byte(x, c, charset_kind(x->set, c));
	}
}

/* What is still open at the end is closed, with a complaint. */
static void mend(struct scanner *x)
{
	if (x->s->kind == SCAN_RULE || x->s->kind == SCAN_OLD_RULE)
		return;
	while (x->in_quote) {
		complain(x, NULL, "Unbalanced '\"'");
		take_byte(x, '"');
	}
	while (x->comments > 0) {
		complain(x, NULL, "Unbalanced '('");
		take_byte(x, ')');
	}
	while (x->angles > 0 && !x->s->has_failed) {
		complain(x, NULL, "Unbalanced '<'");
		take_byte(x, '>');
	}
}

static bool is_end(const struct scanner *x, char c)
{
	return x->s->delim && c == x->s->delim && !x->in_quote && !x->is_escaped &&
	       x->comments == 0 && !(c == ',' && x->is_route);
}

void scan_run(struct scan *s, struct view text)
{
	struct charset own;
	struct scanner x = { .s = s, .in = text, .state = CHAR_BLANK };
	/* A mended bracket adds a byte, a macro's name in quotes more than its encoded form had. */
	size_t room = text.len * (s->has_operators ? 12 : 2) + 8;

	if (!s->rules)
		charset_init(&own, s->cf ? s->cf->options.operator_chars : VIEW_NONE);
	x.set = s->rules ? &s->rules->charset : &own;
	x.out = x.start = arena_bytes(s->arena, room);
	s->tokens = (struct tokens){ 0 };
	s->rest = VIEW_NONE;
	while (x.at < text.len && !s->has_failed) {
		char c = text.p[x.at];

		if (is_end(&x, c)) {
			s->rest = view_skip(text, x.at);
			break;
		}
		if (s->has_operators && c == RULE_OPERATOR) {
			add_operator(&x);
		} else {
			x.at++;
			take_byte(&x, c);
		}
	}
	if (!s->has_failed)
		mend(&x);
	if (!s->has_failed)
		end_token(&x);
	if (!s->has_failed)
		tell(&x);
	if (view_is_none(s->rest))
		s->rest = view_skip(text, text.len);
	if (s->has_failed)
		s->tokens = (struct tokens){ 0 };
}

static void keep_first_error(void *context, int smtp, const char *dsn, const char *text)
{
	struct status *st = context;

	if (st->smtp == 0)
		*st = status_make(smtp, dsn, EX_DATAERR_, view_of(text));
}

int tokens_scan(const struct rules *rules, const struct config *cf, struct view text, char delim,
		enum scan_kind kind, struct arena *a, struct tokens *out, struct view *out_rest,
		struct status *out_error)
{
	struct status error = status_ok();
	struct scan s = { .rules = rules,
			  .cf = cf,
			  .arena = a,
			  .kind = kind,
			  .delim = delim,
			  .on_error = keep_first_error,
			  .context = &error };

	scan_run(&s, text);
	*out = s.tokens;
	if (out_rest)
		*out_rest = s.rest;
	if (s.n_errors == 0)
		return 0;
	if (out_error)
		*out_error = error;
	return -EINVAL;
}

static bool is_atom(const struct charset *set, struct token t)
{
	if (is_operator(&t) || t.text.len == 0 || is_operator_byte(t.text.p[0]))
		return false;
	return charset_kind(set, t.text.p[0]) == CHAR_ATOM;
}

struct view tokens_join_range(const struct token *v, size_t n, const struct charset *set,
			      char space, struct arena *a)
{
	size_t len = 0, at = 0;
	bool was_atom = false;
	char *p;

	if (n == 1 && !is_operator(&v[0]))
		return v[0].text;
	for (size_t i = 0; i < n; i++)
		len += v[i].text.len + 1;
	p = arena_bytes(a, len + 1);
	for (size_t i = 0; i < n; i++) {
		bool is = is_atom(set, v[i]);

		if (was_atom && is)
			p[at++] = space;
		at += put_token(&v[i], p + at);
		was_atom = is;
	}
	p[at] = '\0';
	return view_from(p, at);
}

struct view tokens_join(const struct tokens *t, const struct config *cf, int space, struct arena *a)
{
	struct charset set;

	charset_init(&set, cf->options.operator_chars);
	if (space == 0)
		space = cf->options.blank_sub ? cf->options.blank_sub : ' ';
	return tokens_join_range(t->v, t->n, &set, (char)space, a);
}
