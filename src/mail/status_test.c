/* status_test.c - the tables of contract/mailers.md 4.5 and 4.6. */
#include "mail/status.h"

#include "base/test.h"

TEST_COVERS("each exit status has its code, DSN and text", 72)
{
	struct status st = status_from_exit(EX_NOUSER_);
	char dsn[16];

	CHECK_INT(st.smtp, 550);
	CHECK_VIEW(st.text, "User unknown");
	status_format_dsn(&st, dsn);
	CHECK_STR(dsn, "5.1.1");
	CHECK_INT(status_outcome(&st), OUTCOME_NEVER);
	st = status_from_exit(EX_TEMPFAIL_);
	CHECK_INT(status_outcome(&st), OUTCOME_LATER);
	st = status_from_exit(EX_OK_);
	CHECK_INT(status_outcome(&st), OUTCOME_SENT);
	st = status_from_exit(200);
	CHECK_INT(st.smtp, 554);
	CHECK_STR(status_exit_name(EX_CANTCREAT_), "EX_CANTCREAT");
	CHECK(status_exit_name(1) == NULL);
}

static int exit_of(const char *dsn)
{
	uint8_t d[3];

	CHECK(status_parse_dsn(view_of(dsn), d));
	return status_exit_of_dsn(d);
}

TEST_COVERS("DSN codes become exit statuses", 72)
{
	CHECK_INT(exit_of("2.1.5"), EX_OK_);
	CHECK_INT(exit_of("4.4.1"), EX_TEMPFAIL_);
	CHECK_INT(exit_of("5.1.1"), EX_NOUSER_);
	CHECK_INT(exit_of("5.1.8"), EX_NOHOST_);
	CHECK_INT(exit_of("5.2.3"), EX_DATAERR_);
	CHECK_INT(exit_of("5.4.6"), EX_CONFIG_);
	CHECK_INT(exit_of("5.7.1"), EX_DATAERR_);
	CHECK_INT(exit_of("5.9.9"), EX_UNAVAILABLE_);
}

TEST("a reply text is taken apart into code, DSN and words")
{
	struct status st;

	status_from_text(VIEW("550 5.1.1 <a@b>... User unknown"), &st);
	CHECK_INT(st.smtp, 550);
	CHECK_INT(st.dsn[2], 1);
	CHECK_VIEW(st.text, "<a@b>... User unknown");
	status_from_text(VIEW("5.7.1 Go away"), &st);
	CHECK_INT(st.smtp, 0);
	CHECK_VIEW(st.text, "Go away");
	CHECK_INT(st.exit, EX_DATAERR_);
	status_from_text(VIEW("451 try later"), &st);
	CHECK_INT(st.exit, EX_TEMPFAIL_);
	status_from_text(VIEW("1.2.3.4 is an address"), &st);
	CHECK_INT(st.dsn[0], 0);
	CHECK_VIEW(st.text, "1.2.3.4 is an address");
	status_from_text(VIEW("5.1.1000 no"), &st);
	CHECK_INT(st.dsn[0], 0);
}
