/* json_test.c - JSON as it is written. */
#include "base/json.h"
#include "base/test.h"

TEST("an object holds members of each kind, one a line")
{
	own_str struct str out = STR_MAX(4096);
	struct json j = json_into(&out);

	json_object(&j, NULL);
	json_text(&j, "name", VIEW("a"));
	json_number(&j, "n", -5);
	json_bool(&j, "yes", true);
	json_null(&j, "nothing");
	json_array(&j, "list");
	json_number(&j, NULL, 1);
	json_textf(&j, NULL, "%d", 2);
	json_end(&j);
	json_array(&j, "empty");
	json_end(&j);
	json_end(&j);
	CHECK_STR(str_z(&out),
		  "{\n  \"name\": \"a\",\n  \"n\": -5,\n  \"yes\": true,\n  \"nothing\": null,\n"
		  "  \"list\": [\n    1,\n    \"2\"\n  ],\n  \"empty\": []\n}\n");
}

TEST("what is no character of its own in JSON is escaped")
{
	static const struct {
		struct view in;
		const char *out;
	} cases[] = {
		{VIEW(""),                 "\"\""                       },
		{ VIEW("a\"b\\c"),         "\"a\\\"b\\\\c\""            },
		{ VIEW("x\ny\tz\x01\x7f"), "\"x\\ny\\tz\\u0001\\u007f\""},
		{ VIEW("caf\xc3\xa9"),     "\"caf\xc3\xa9\""            },
		{ VIEW("caf\xe9!"),        "\"caf\\u00e9!\""            },
		{ VIEW("\xff\x80"),        "\"\\u00ff\\u0080\""         },
		{ VIEW("a\0b"),            "\"a\\ufffdb\""              },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		own_str struct str out = STR_MAX(256);
		struct json j = json_into(&out);

		json_text(&j, NULL, cases[i].in);
		CHECK_STR(str_z(&out), cases[i].out);
	}
}
