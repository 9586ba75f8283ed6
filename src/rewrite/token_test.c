/* token_test.c - scanning and joining. */
#include "base/test.h"
#include "rewrite/token.h"

#include <errno.h>

struct fixture {
	struct arena *arena;
	struct config cf;
	struct tokens tokens;
	struct view rest;
	struct status error;
	int result;
};

static struct fixture scanned(const char *text, enum scan_kind kind, char delim)
{
	struct fixture f = { .arena = arena_new(1 << 20) };

	f.cf.options.operator_chars = VIEW(".:%@!^/[]+");
	f.result = tokens_scan(NULL, &f.cf, arena_dup(f.arena, view_of(text)), delim, kind, f.arena,
			       &f.tokens, &f.rest, &f.error);
	return f;
}

/* The tokens with a '|' between them. */
static struct view listed(struct fixture *f)
{
	own_str struct str s = STR_MAX(8192);

	for (size_t i = 0; i < f->tokens.n; i++) {
		if (i)
			str_addc(&s, '|');
		str_add(&s, f->tokens.v[i].text);
	}
	return arena_dup(f->arena, str_view(&s));
}

TEST_COVERS("the scanner splits at operators, keeps quotes whole, and drops comments", 28)
{
	static const struct {
		const char *text, *tokens;
	} cases[] = {
		{"a@b.c",                     "a|@|b|.|c"                   },
		{ "\"john doe\"@example.org", "\"john doe\"|@|example|.|org"},
		{ "a\"b c\"d",                "a|\"b c\"|d"                 },
		{ "a (comment (nested)) b",   "a|b"                         },
		{ "a(b c)d",                  "a|d"                         },
		{ "a\\!b",                    "a|!|b"                       },
		{ "\"a\\!b\"",                "\"a\\!b\""                   },
		{ "a\\@b",                    "a\\@b"                       },
		{ "a\\ b c",                  "a\\ b|c"                     },
		{ "<@a,@b:c@d>",              "<|@|a|,|@|b|:|c|@|d|>"       },
		{ "a;b,c",                    "a|;|b|,|c"                   },
		{ "a\tb",                     "a|b"                         },
		{ "a\\",                      "a"                           },
		{ "",			 ""			    },
		{ "(only a comment)",         ""                            },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f = scanned(cases[i].text, SCAN_ADDRESS, '\0');

		CHECK_INT(f.result, 0);
		CHECK_VIEW(listed(&f), cases[i].tokens);
		arena_free(f.arena);
	}
}

TEST_COVERS("what is left open is reported and closed", 28)
{
	static const struct {
		const char *text, *tokens, *error;
	} cases[] = {
		{"\"foo",     "\"foo\"",     "Unbalanced '\"'"},
		{ "foo <bar", "foo|<|bar|>", "Unbalanced '<'" },
		{ "foo> bar", "foo|bar",     "Unbalanced '>'" },
		{ "c>d",      "cd",          "Unbalanced '>'" },
		{ "a (b",     "a",           "Unbalanced '('" },
		{ "a ) b",    "a|b",         "Unbalanced ')'" },
		{ "a\"\\",    "a|\"\\\"\"",  "Unbalanced '\"'"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f = scanned(cases[i].text, SCAN_ADDRESS, '\0');

		CHECK_INT(f.result, -EINVAL);
		CHECK_INT(f.error.smtp, 553);
		CHECK_VIEW(f.error.text, cases[i].error);
		CHECK_VIEW(listed(&f), cases[i].tokens);
		arena_free(f.arena);
	}
}

TEST("a comma ends an address, but not inside a quote, a comment or a route")
{
	struct fixture f = scanned("a,b", SCAN_ADDRESS, ',');

	CHECK_VIEW(listed(&f), "a");
	CHECK_VIEW(f.rest, ",b");
	arena_free(f.arena);
	f = scanned("\"a,b\" (c,d) <@x,@y:z@w>,e", SCAN_ADDRESS, ',');
	CHECK_VIEW(listed(&f), "\"a,b\"|<|@|x|,|@|y|:|z|@|w|>");
	CHECK_VIEW(f.rest, ",e");
	arena_free(f.arena);
}

TEST_COVERS("too many tokens and too long ones are refused", 28, 29)
{
	char text[2200];
	struct fixture f;

	for (size_t i = 0; i < 2000; i += 2)
		memcpy(text + i, "@@", 2);
	text[1200] = '\0';
	f = scanned(text, SCAN_ADDRESS, '\0');
	CHECK_INT(f.result, -EINVAL);
	CHECK_INT(f.tokens.n, 0);
	arena_free(f.arena);
	memset(text, 'x', 300);
	text[300] = '\0';
	f = scanned(text, SCAN_ADDRESS, '\0');
	CHECK_VIEW(f.error.text, "prescan: token too long");
	arena_free(f.arena);
}

TEST_COVERS("a blank comes back only between two atoms", 28)
{
	struct fixture f = scanned("Al  Bo <a@b> \"q\" c", SCAN_ADDRESS, '\0');

	CHECK_VIEW(tokens_join(&f.tokens, &f.cf, ' ', f.arena), "Al Bo<a@b>\"q\"c");
	CHECK_VIEW(tokens_join(&f.tokens, &f.cf, '.', f.arena), "Al.Bo<a@b>\"q\"c");
	arena_free(f.arena);
}

TEST("rule text keeps parentheses and needs no balance")
{
	struct fixture f = scanned("a ( b < \"c", SCAN_RULE, '\0');

	CHECK_INT(f.result, 0);
	CHECK_VIEW(listed(&f), "a|(|b|<|\"c");
	arena_free(f.arena);
}
