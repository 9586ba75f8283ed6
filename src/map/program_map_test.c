/* program_map_test.c - programs that are asked. */
#include "base/test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "map/test_maps.h"

TEST_COVERS("program maps give the first line, and the exit status when it is not 0", 80, 95)
{
	struct test_maps *t = test_maps_new();

	t->services.agent = agent_local();
	t->cf.options.default_uid = getuid() == 0 ? 65534 : getuid();
	t->cf.options.default_gid = getgid() == 0 ? 65534 : getgid();
	test_write(t, "px", "echo \"got $1\"; echo second; echo noise >&2; exit ${2:-0}\n");
	test_write(t, "err", "echo noise >&2; sleep 0.1; echo out\n");
	chmod(t->dir, 0755);
	test_map(t, "echo program /bin/echo a  b \"c d\"");
	test_map(t, "x program /bin/sh %D/px fixed");
	test_map(t, "e program /bin/sh %D/err");
	test_map(t, "m program -m -aQ /bin/echo x");
	test_map(t, "t program /bin/true");
	test_map(t, "none program /nonexistent/program");
	test_map(t, "rel program relative");
	test_map(t, "slow program /bin/sleep");
	test_maps_open(t);
	CHECK_STR(test_ask(t, "echo", "KEY"), "found a b \"c d\" KEY");
	CHECK_STR(test_ask(t, "x", "0"), "found got fixed");
	CHECK_STR(test_ask(t, "x", "1"), "none 1");
	CHECK_STR(test_ask(t, "x", "68"), "none 68");
	CHECK_STR(test_ask(t, "x", "75"), "failed 75");
	CHECK_STR(test_ask(t, "e", "k"), "found out");
	CHECK_STR(test_ask(t, "m", "k"), "found kQ");
	CHECK_STR(test_ask(t, "t", "k"), "none 0");
	CHECK_STR(test_ask(t, "none", "k"), "none 78");
	CHECK_STR(test_ask(t, "rel", "k"), "none 78");
	t->ctx.deadline = deadline_in(300);
	CHECK_STR(test_ask(t, "slow", "20"), "failed 75");
	agent_free(t->services.agent);
	test_maps_free(t);
}
