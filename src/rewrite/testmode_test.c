/* testmode_test.c - test mode's answers to single lines, its exit status, and the list that -d takes. */
#include "base/str.h"
#include "base/test.h"
#include "rewrite/testmode.h"

/* What test mode prints after its greeting for these lines, with these rules at this level. Returns its exit status. */
static int run(int level, const char *rules, const char *lines, struct str *out)
{
	own_str struct str text = STR_MAX(65536);
	struct config_params p = { .path_label = "test.cf",
				   .is_test_mode = true,
				   .is_offline = true };
	struct testmode_params params = { .user = "root" };
	char *answer = NULL;
	size_t len = 0, at = 0;
	FILE *in = tmpfile(), *to = open_memstream(&answer, &len);
	struct snapshot *snap;
	int status;

	str_addf(&text,
		 "V%d/Berkeley\nO OperatorChars=.:%%@!^/[]+\nO QueueDirectory=/tmp\n"
		 "Mlocal, P=/bin/true, F=l, A=true $u\nMprog, P=/bin/sh, F=l, A=sh -c $u\n%s",
		 level, rules);
	p.text = str_view(&text);
	fputs(lines, in);
	rewind(in);
	snap = snapshot_load(&p, NULL);
	status = testmode_run(snap, NULL, in, to, &params);
	fclose(in);
	fclose(to);
	for (int lines_left = 2; at < len && lines_left > 0; at++) /* the greeting */
		lines_left -= answer[at] == '\n';
	str_add(out, view_skip(view_from(answer, len), at));
	free(answer);
	snapshot_put(snap);
	return status;
}

TEST_COVERS("the exit status of test mode is that of its first error", 37)
{
	static const struct {
		const char *lines;
		int status;
	} cases[] = {
		{"A a\n",              0 },
		{ "A loop\n",          70},
		{ "A <a\n",            0 },
		{ "A a\200\n",         64},
		{ "A a\200\nA loop\n", 64},
		{ "A loop\nA a\200\n", 70},
		{ "/header nothing\n", 70},
		{ "${a-b}\n",          70},
		{ "nosuch a\n",        0 },
		{ ".C\n",              0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		own_str struct str out = STR_MAX(65536);

		CHECK_INT(run(10, "SA\nRloop\tloop\n", cases[i].lines, &out), cases[i].status);
	}
}

TEST_COVERS(
	"what follows a ruleset's name does not matter; a list of them runs one after the other",
	37)
{
	own_str struct str out = STR_MAX(65536);

	run(10, "SA=9\nR$-\t$@ $1 x\nSB=8\nR$+\t$: $>A=1 y\n", "A@b c\nB,9 c\n", &out);
	CHECK_STR(str_z(&out), "> A                  input: c\nA                returns: c x\n"
			       "> B                  input: c\nA                  input: y\n"
			       "A                returns: y x\nB                returns: y x\n"
			       "A                  input: y x\nA                returns: y x\n> ");
}

TEST_COVERS("parentheses in rules are comments below level 9", 37)
{
	own_str struct str old = STR_MAX(65536), new = STR_MAX(65536);

	run(8, "SA\nR$- (word)\t$@ one $1 (gone)\n", "A a\n", &old);
	CHECK_STR(str_z(&old),
		  "> A                  input: a\nA                returns: one a\n> ");
	run(9, "SA\nR$- (word)\t$@ one $1 (stays)\n", "A a (word)\n", &new);
	CHECK_STR(str_z(&new), "> A                  input: a ( word )\n"
			       "A                returns: one a ( stays )\n> ");
}

TEST_COVERS(".D and .C lose comments, and .C expands macros", 37)
{
	own_str struct str out = STR_MAX(65536);

	run(10, "DYyes\n", ".DXa # b\n$X\n.CZ$Y no # x\n$=Z\n", &out);
	CHECK(strstr(str_z(&out), "> > a\n") != NULL);
	CHECK(strstr(str_z(&out), "yes\n") != NULL);
	CHECK(strchr(str_z(&out), '#') == NULL);
}

TEST_COVERS("the list of -d: ranges, levels, and what is passed over", 37)
{
	uint8_t levels[100] = { 0 };

	debug_parse("21.12,8-10.3,,22.4.9,ANSI,35.9x", levels, sizeof(levels));
	CHECK_INT(levels[21], 12);
	CHECK_INT(levels[8], 3);
	CHECK_INT(levels[10], 3);
	CHECK_INT(levels[11], 0);
	CHECK_INT(levels[22], 4);
	CHECK_INT(levels[35], 9);
	debug_parse("", levels, sizeof(levels));
	CHECK_INT(levels[99], 1);
}
