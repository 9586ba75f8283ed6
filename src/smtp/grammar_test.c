#include "smtp/grammar.h"

#include "base/str.h"
#include "base/test.h"

TEST_COVERS("a command is a verb in any case and the rest of the line", 117, 168)
{
	static const char *const cases[][3] = {
		{"mail from:<a@b>", "mail",  "from:<a@b>"},
		{ "  NOOP \t a b ", "NOOP",  "a b "      },
		{ "HELO:",          "HELO:", ""          },
		{ "",               "",      ""          },
		{ "QUIT",           "QUIT",  ""          },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct smtp_command c;

		grammar_command(view_of(cases[i][0]), &c);
		CHECK_VIEW(c.verb, cases[i][1]);
		CHECK_VIEW(c.args, cases[i][2]);
	}
}

/* "address|NAME=value|NAME|" or "!scanned". */
static const char *parsed(const char *args)
{
	static _Thread_local char out[1000];
	own_str struct str s = STR_MAX(sizeof(out) - 1);
	struct smtp_path path;
	enum grammar_error error = grammar_path(view_of(args), VIEW("from"), &path);

	if (error == GRAMMAR_NO_KEYWORD) {
		str_addf(&s, "!" VIEW_FMT, VIEW_ARG(path.scanned));
	} else {
		str_addf(&s, VIEW_FMT "|", VIEW_ARG(path.address));
		for (size_t i = 0; i < path.n_params; i++)
			str_addf(&s, VIEW_FMT "%s" VIEW_FMT "|", VIEW_ARG(path.params[i].name),
				 path.params[i].has_value ? "=" : "",
				 VIEW_ARG(path.params[i].value));
	}
	memcpy(out, str_z(&s), s.len + 1);
	return out;
}

TEST_COVERS("MAIL and RCPT take their address and parameters in all the forms the reference takes",
	    117, 168)
{
	static const char *const cases[][2] = {
		{"From:<a@example.net>",                 "<a@example.net>|"               },
		{ " From : <a@example.net>",             "<a@example.net>|"               },
		{ "from:   a@example.net",               "a@example.net|"                 },
		{ "FROM:a@example.net SIZE=10",          "a@example.net|SIZE=10|"         },
		{ "From:<a@example.net> SIZE = 10",      "<a@example.net>|SIZE|=|10|"     },
		{ "From:<a@example.net>SIZE=10",         "<a@example.net>SIZE=10|"        },
		{ "From:<a@example.net> BODY",           "<a@example.net>|BODY|"          },
		{ "From:<a@example.net> SIZE=",          "<a@example.net>|SIZE=|"         },
		{ "From:<a@example.net> =x",             "<a@example.net>|=x|"            },
		{ "From:<a b@example.net> ",             "<a b@example.net>|"             },
		{ "From: \"a b\"@example.net SIZE=5",    "\"a b\"@example.net|SIZE=5|"    },
		{ "From:A B <a@b>",                      "A|B||a|b|"                      },
		{ "From:<a@b> (c) SIZE=5",               "<a@b>||c|SIZE=5|"               },
		{ "From:a(b c)@example.net SIZE=3",      "a(b c)@example.net|SIZE=3|"     },
		{ "From:a\\ b@example.net",              "a\\|b|example|net|"             },
		{ "From:<\"a>b c\"@example.net> SIZE=3", "<\"a>b c\"@example.net>|SIZE=3|"},
		{ "From:<a@example.net",                 "<a@example.net|"                },
		{ "From:<> SIZE=3",                      "<>|SIZE=3|"                     },
		{ "From:<a@b>\tSIZE=5\t BODY=7BIT",      "<a@b>|SIZE=5|BODY=7BIT|"        },
		{ "From:<a@b> SIZE=1,BODY=7BIT",         "<a@b>|SIZE=1,BODY|7BIT|"        },
		{ "From:<a@b> ENVID=a=b",                "<a@b>|ENVID=a|b|"               },
		{ "From:<a@b>, SIZE=1",                  "<a@b>,|SIZE=1|"                 },
		{ "From:<a@b> X-Y_Z=1",                  "<a@b>|X-Y|Z=1|"                 },
		{ "",				    "!"			      },
		{ "From",				"!From"                          },
		{ "From:",			       "!From"                          },
		{ "From : ",			     "!From"                          },
		{ "From<a@example.net>",                 "!From<a@example.net>"           },
		{ "<a@example.net>",                     "!<a@example.net>"               },
		{ "Fro:<a@example.net>",                 "!Fro"                           },
		{ "Fromage:<a@example.net>",             "!Fromage"                       },
		{ "8 From:<a@example.net>",              "!8"                             },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_STR(parsed(cases[i][0]), cases[i][1]);
}

TEST_COVERS("too many parameters are told, up to the limit they are not", 121)
{
	own_str struct str s = STR_MAX(1000);
	struct smtp_path path;

	str_addz(&s, "from:<a@b>");
	for (int i = 0; i < GRAMMAR_PARAMS_MAX; i++)
		str_addz(&s, " SIZE=3");
	CHECK_INT(grammar_path(str_view(&s), VIEW("from"), &path), GRAMMAR_OK);
	CHECK_INT(path.n_params, GRAMMAR_PARAMS_MAX);
	str_addz(&s, " SIZE=3");
	CHECK_INT(grammar_path(str_view(&s), VIEW("from"), &path), GRAMMAR_TOO_MANY_PARAMS);
}

TEST_COVERS("xtext is checked, decoded and made", 120)
{
	own_arena struct arena *a = arena_new(1 << 16);

	CHECK(xtext_is_valid(VIEW("a+2Bb")));
	CHECK(xtext_is_valid(VIEW("a+2bb")));
	CHECK(xtext_is_valid(VIEW("")));
	CHECK(!xtext_is_valid(VIEW("a+")));
	CHECK(!xtext_is_valid(VIEW("a+2")));
	CHECK(!xtext_is_valid(VIEW("al+4zx")));
	CHECK(!xtext_is_valid(VIEW("a b")));
	CHECK(!xtext_is_valid(VIEW("a=b")));
	CHECK(!xtext_is_valid(VIEW("\xc3\xa9")));
	CHECK_VIEW(xtext_decode(VIEW("a+2Bb+40+3d"), a), "a+b@=");
	CHECK(view_is_none(xtext_decode(VIEW("+4"), a)));
	CHECK_VIEW(xtext_encode(VIEW("a+b c=\xe9"), a), "a+2Bb+20c+3D+E9");
	CHECK_VIEW(xtext_decode(xtext_encode(VIEW("\x01 \x7f+="), a), a), "\x01 \x7f+=");
}
