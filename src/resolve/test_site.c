/* test_site.c - see test_site.h. */
#include "resolve/test_site.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "base/test.h"
#include "os/agent.h"

#define BLAME                                                                                         \
	"O DontBlameSendmail=groupwritabledirpathsafe,mapinunsafedirpath,includefileinunsafedirpath," \
	"includefileinunsafedirpathsafe,trustStickyBit\n"

#define RULES                                                                                      \
	"V10/Berkeley\n"                                                                           \
	"Djme.test\n"                                                                              \
	"O OperatorChars=.:%@!^/[]+\n"                                                             \
	"O MaxAliasRecursion=5\n"                                                                  \
	"S3\n"                                                                                     \
	"R$* < $* > $*\t\t$2\n"                                                                    \
	"S0\n"                                                                                     \
	"R$* @ bad.test\t\t$#error $@ 5.1.2 $: \"550 No such host here\"\n"                        \
	"R$* @ busy.test\t\t$#error $@ 4.2.1 $: \"450 Try later\"\n"                               \
	"R$+ @ me.test\t\t$#local $: $1\n"                                                         \
	"R$+ @ $+\t\t$#esmtp $@ $2 $: $1 @ $2\n"                                                   \
	"R$*\t\t\t$#local $: $1\n"                                                                 \
	"S5\n"                                                                                     \
	"Rlost\t\t\t$#esmtp $@ hub.test $: lost @ hub.test\n"                                      \
	"Mlocal, P=/bin/true, F=lsDFMA5:/|@q, A=true $u\n"                                         \
	"Mprog, P=/bin/sh, F=lsDFMoqeu9, A=sh -c $u\n"                                             \
	"Mesmtp, P=[IPC], F=mDFMuXa, E=\\r\\n, A=TCP $h\n"

void test_site_init(struct test_site *s)
{
	*s = (struct test_site){
		.services = {.log = log_new(LOG_TO_NOTHING, "test", NULL), .hostname = "me.test"}
	};
	snprintf(s->dir, sizeof(s->dir), "/tmp/resolve_test.XXXXXX");
	CHECK(mkdtemp(s->dir) != NULL);
	chmod(s->dir, 0755);
	s->services.agent = agent_local();
}

FILE *test_site_file(const struct test_site *s, const char *name)
{
	own_str struct str path = STR_MAX(200);

	str_addf(&path, "%s/%s", s->dir, name);
	return fopen(str_z(&path), "w");
}

void test_site_load(struct test_site *s)
{
	own_str struct str cf = STR_MAX(10000);

	str_addf(&cf, "O AliasFile=implicit:%s/aliases\n", s->dir);
	str_addz(&cf, BLAME RULES);
	s->snap = snapshot_load(
		&(struct config_params){ .text = str_view(&cf), .path_label = "test" },
		&s->services);
	s->env = envelope_new(s->snap);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	(void)st;
	(void)flag;
	(void)at;
	return remove(path);
}

void test_site_done(struct test_site *s)
{
	CHECK_INT(nftw(s->dir, remove_one, 10, FTW_DEPTH | FTW_PHYS), 0);
	envelope_free(s->env);
	snapshot_put(s->snap);
	agent_free(s->services.agent);
	log_free(s->services.log);
}
