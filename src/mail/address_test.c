/* address_test.c - cracking, cutting and quoting of addresses. */
#include "mail/address.h"

#include "base/str.h"
#include "base/test.h"

struct crack_case {
	const char *field, *want; /* $ stands for macro g */
};

static void check_cracks(const struct crack_case *cases, size_t n)
{
	own_arena struct arena *a = arena_new(1 << 20);

	for (size_t i = 0; i < n; i++) {
		struct view got = address_crack(view_of(cases[i].field), 1000, a);
		own_str struct str shown = STR_MAX(2000);

		for (size_t k = 0; k < got.len; k++) {
			if (got.p[k] == '\x81') {
				str_addc(&shown, '$');
				k++;
			} else {
				str_addc(&shown, got.p[k]);
			}
		}
		CHECK_VIEW(str_view(&shown), cases[i].want);
	}
}

#define CHECK_CRACKS(cases) check_cracks(cases, sizeof(cases) / sizeof((cases)[0]))

TEST_COVERS("cracking keeps phrase and comments and puts macro g for the address", 58, 173)
{
	static const struct crack_case cases[] = {
		{"Al <al@b.c>",                       "Al <$>"                     },
		{ "al@b.c (Al Comment)",              "$ (Al Comment)"             },
		{ "(lead) al@b.c (trail)",            "(lead) $ (trail)"           },
		{ "Al (c1 (nested)) B <al@b.c> (c2)", "Al (c1 (nested)) B <$> (c2)"},
		{ "a (x) @ b (y)",                    "$ (x) (y)"                  },
		{ "(one)a@b",                         "(one) $"                    },
		{ "Al B al@b.c",                      "$"                          },
		{ "Al < a@b >",                       "Al <$>"                     },
		{ "<@a,@b:c@d> (route)",              "<$> (route)"                },
		{ "x <a(com)@d>",                     "x <$ (com)>"                },
		{ "x <(com)a@d>",                     "x < (com) $>"               },
		{ "Al<a@b>tail",                      "Al<$>tail"                  },
		{ "<\"a>b\"@c> x",                    "<$> x"                      },
		{ "()",			       "()"                         },
		{ "Al <>",			    "Al <>"                      },
	};

	CHECK_CRACKS(cases);
}

TEST("a phrase with characters that must be quoted is quoted as a whole")
{
	static const struct crack_case cases[] = {
		{"A. B. <a@b>",             "\"A. B.\" <$>"           },
		{ "Al, B <a@b>",            "\"Al, B\" <$>"           },
		{ "\"Q. Phrase\" <al@b.c>", "\"Q. Phrase\" <$>"       },
		{ "x \"y.z\" Q. <a@b>",     "\"x \\\"y.z\\\" Q.\" <$>"},
		{ "A (x) B. (y) <d@e>",     "\"A (x) B. (y)\" <$>"    },
		{ "O'Hara <a@b>",           "\"O'Hara\" <$>"          },
		{ "A\\\"b <a@b>",           "\"A\\\"b\" <$>"          },
		{ "a \\ b <c@d>",           "\"a \\ b\" <$>"          },
		{ "<a@b> <c@d>",            "\"<a@b>\" <$>"           },
	};

	CHECK_CRACKS(cases);
}

TEST("a group's name stays in front and its semicolon behind")
{
	static const struct crack_case cases[] = {
		{"group: a@b, c@d;",          "group: $;"                },
		{ "a@[IPv6:2001:db8::1]",     "$"                        },
		{ "g [x:[y]:z]: a@b",         "\"g [x:[y]:z]\": $"       },
		{ ":include:/a",              ":$"                       },
		{ "group: Al (c) <a@b>;",     "group: Al (c) <$>;"       },
		{ "x: y: z <a@b>",            "x: \"y: z\" <$>"          },
		{ "A B.: C <a@b>",            "\"A B.\": C <$>"          },
		{ "a::b <c@d>",               "\"a::b\" <$>"             },
		{ "x: (c) y@z",               "x: (c) $"                 },
		{ "undisclosed-recipients:;", "undisclosed-recipients:;$"},
	};

	CHECK_CRACKS(cases);
}

TEST_COVERS("what is open is closed and what was never opened is dropped", 173)
{
	static const struct crack_case cases[] = {
		{"Al <al@b.c",                   "Al <$>"          },
		{ "al@b.c>",                     "$"               },
		{ "Al (unb <al@b.c>",            "$ (unb <al@b.c>)"},
		{ "Al unb) <al@b.c>",            "\"Al unb)\" <$>" },
		{ "\"unb <al@b.c>",              "$"               },
		{ "Al <<a@b>>",                  "\"Al <\"<$>"     },
		{ "(((a)",                       "(((a)))"         },
		{ ")))a",                        "$"               },
		{ "<(x a@b>",                    "< (x a@b>)>"     },
		{ "phrase <a@b> (c) tail \"q\"", "<$>"             },
	};

	CHECK_CRACKS(cases);
}

/* Parentheses and angle brackets outside quotes must pair, quotes must be even. */
static bool is_balanced(struct view v)
{
	int parens = 0, angles = 0;
	bool in_quotes = false;

	for (size_t i = 0; i < v.len; i++) {
		char c = v.p[i];

		if (c == '\\')
			i++;
		else if (parens == 0 && c == '"')
			in_quotes = !in_quotes;
		else if (!in_quotes && c == '(')
			parens++;
		else if (!in_quotes && c == ')')
			parens--;
		else if (!in_quotes && parens == 0 && (c == '<' || c == '>'))
			angles += c == '<' ? 1 : -1;
		if (parens < 0 || angles < 0)
			return false;
	}
	return parens == 0 && angles == 0 && !in_quotes;
}

TEST_COVERS("whatever comes in, the cracked form is balanced and within its bound", 173)
{
	static const char letters[] = "()<>\"\\ab@ .,:;";
	own_arena struct arena *a = arena_new(1 << 20);
	uint32_t seed = 12345;

	for (int i = 0; i < 20000; i++) {
		char field[40];
		size_t n = 0;
		struct view got;

		for (n = 0; n < (size_t)(i % 40); n++) {
			seed = seed * 1664525 + 1013904223;
			field[n] = letters[(seed >> 16) % (sizeof(letters) - 1)];
		}
		got = address_crack(view_from(field, n), 64, a);
		if (!is_balanced(got) || got.len > 64)
			fail_msg("not balanced: [%.*s] -> [%.*s]", (int)n, field, (int)got.len,
				 got.p);
		arena_reset(a);
	}
}

TEST_COVERS("a long run of angle brackets does not overflow", 173)
{
	own_arena struct arena *a = arena_new(1 << 20);
	char field[5000];

	memset(field, '<', 2500);
	memset(field + 2500, '>', 2500);
	CHECK_VIEW(address_crack(view_from(field, sizeof(field)), 1000, a), "<\x81g>");
}

TEST("the bare address is found inside brackets, beside comments and in a group")
{
	own_arena struct arena *a = arena_new(1 << 16);

	CHECK_VIEW(address_bare(VIEW("Al <a@b>"), a), "a@b");
	CHECK_VIEW(address_bare(VIEW(" a@b (Al)"), a), "a@b");
	CHECK_VIEW(address_bare(VIEW("(x)a@b(y)"), a), "a@b");
	CHECK_VIEW(address_bare(VIEW("\"(not a comment)\"@b"), a), "\"(not a comment)\"@b");
	CHECK_VIEW(address_bare(VIEW("g: a@b;"), a), "a@b");
	CHECK_VIEW(address_bare(VIEW("<>"), a), "");
}

static void check_list(const char *list, bool blanks, bool groups, const char *want)
{
	struct view rest = view_of(list), one;
	own_str struct str got = STR_MAX(1000);

	while (address_list_next(&rest, blanks, groups, &one)) {
		str_addc(&got, '{');
		str_add(&got, one);
		str_addc(&got, '}');
	}
	CHECK_VIEW(str_view(&got), want);
}

TEST("a list is cut at commas that stand outside quotes, comments and brackets")
{
	check_list("a@b, \"x, y\" <c@d> ,(u, v) e@f,,<@r,@s:t@u>", false, true,
		   "{a@b}{\"x, y\" <c@d>}{(u, v) e@f}{<@r,@s:t@u>}");
	check_list("friends: a@b, Al <c@d>; e@f", false, true, "{a@b}{Al <c@d>}{e@f}");
	check_list("nobody:;", false, true, "");
	check_list("a:b, c", false, false, "{a:b}{c}");
	check_list("a, <b, c", true, false, "{a}{<b}{c}"); /* nothing closes the bracket */
}

TEST("blanks separate only when old style is wanted and no comma shows")
{
	check_list("a b  c", true, true, "{a}{b}{c}");
	check_list("a b  c", false, true, "{a b  c}");
	check_list("a b, c d", true, true, "{a b}{c d}");
	check_list("Al B <a@b>", true, true, "{Al B <a@b>}");
	check_list("\"a b\"@c d", true, true, "{\"a b\"@c}{d}");
}

TEST_COVERS("a full name comes from the phrase or else from the comment", 66)
{
	own_arena struct arena *a = arena_new(1 << 16);

	CHECK_VIEW(address_full_name(VIEW("\"Al Q. B\" <a@b>"), a), "Al Q. B");
	CHECK_VIEW(address_full_name(VIEW("a@b (Al (Jr) B)"), a), "Al (Jr) B");
	CHECK(view_is_none(address_full_name(VIEW("a@b"), a)));
	CHECK_VIEW(address_quote_phrase(VIEW("Al Q. B"), VIEW("."), a), "\"Al Q. B\"");
	CHECK_VIEW(address_quote_phrase(VIEW("Al B"), VIEW("."), a), "Al B");
}
