/* cmd_auth_test.c - AUTH in a conversation: what is answered, and what the rules then know of the client. */
#include "base/test.h"
#include "receive/server_harness.h"
#include "smtp/auth_test_users.h"

#define MECHANISMS "O AuthMechanisms=LOGIN PLAIN CRAM-MD5 DIGEST-MD5\n"
#define GOOD       "AHRlc3RlcgBzZWNyZXQ=" /* tester, secret */
#define BAD        "AHRlc3RlcgB3cm9uZw==" /* tester, wrong */

/* Shows in the answer to RCPT what the rules see. */
#define SHOWS                                                                                      \
	"Scheck_rcpt\n"                                                                            \
	"R$*\t\t$#error $@ 5.7.1 $: \"550 \" $&{auth_type} / $&{auth_authen} / $&{auth_ssf} / "    \
	"$&{auth_author} / $&r\n"

/* The replies from the EHLO's on, lines joined. */
static void talk(const char *more, const char *input, struct str *out)
{
	struct auth_test_users users;
	struct server_harness h;

	auth_test_users_open(&users);
	auth_test_users_add(&users, "tester", "secret");
	harness_open_auth(&h, more, users.library);
	harness_talk(&h, view_of(input), out);
	harness_close(&h);
	auth_test_users_close(&users);
}

static void check_says(const char *more, const char *input, const char *wanted)
{
	own_str struct str replies = STR_MAX(1 << 20);

	talk(more, input, &replies);
	if (view_search(str_view(&replies), view_of(wanted)) == replies.len)
		fail_msg("%s\nis not in\n%s", wanted, str_z(&replies));
}

static void check_silent_on(const char *more, const char *input, const char *unwanted)
{
	own_str struct str replies = STR_MAX(1 << 20);

	talk(more, input, &replies);
	CHECK(view_search(str_view(&replies), view_of(unwanted)) == replies.len);
}

TEST_COVERS("EHLO offers the mechanisms that are allowed, HELP and a rejected session none", 117,
	    125)
{
	check_says(MECHANISMS, "EHLO a\r\n",
		   "250-ETRN\r\n250-AUTH LOGIN PLAIN CRAM-MD5 DIGEST-MD5\r\n");
	check_says(MECHANISMS "O AuthOptions=A p y\n", "EHLO a\r\n",
		   "250-AUTH CRAM-MD5 DIGEST-MD5\r\n");
	check_says(NULL, "EHLO a\r\n", "250-AUTH DIGEST-MD5 CRAM-MD5\r\n");
	check_silent_on("O AuthMechanisms=NOSUCH\n", "EHLO a\r\n", "AUTH");
	check_silent_on(MECHANISMS "O AuthOptions=f\n", "EHLO a\r\n", "AUTH");
	check_silent_on(MECHANISMS, "HELO a\r\n", "AUTH");
}

TEST_COVERS("AUTH takes its response at once or in answers", 125)
{
	check_says(MECHANISMS, "EHLO a\r\nAUTH PLAIN " GOOD "\r\nQUIT\r\n",
		   "HELP\r\n235 2.0.0 OK Authenticated\r\n221");
	check_says(MECHANISMS, "AUTH plain\r\n" GOOD "\r\nNOOP\r\n",
		   "334 \r\n235 2.0.0 OK Authenticated\r\n250 2.0.0 OK\r\n");
	check_says(MECHANISMS, "AUTH LOGIN\r\ndGVzdGVy\r\nc2VjcmV0\r\nQUIT\r\n",
		   "334 VXNlcm5hbWU6\r\n334 UGFzc3dvcmQ6\r\n235 2.0.0");
	check_says(MECHANISMS, "AUTH LOGIN dGVzdGVy\r\nc2VjcmV0\r\nQUIT\r\n",
		   "334 UGFzc3dvcmQ6\r\n235 2.0.0");
	check_says(MECHANISMS, "AUTH LOGIN =\r\ndGVzdGVy\r\nc2VjcmV0\r\n",
		   "334 VXNlcm5hbWU6\r\n334 UGFzc3dvcmQ6\r\n235 2.0.0");
	check_says(MECHANISMS, "AUTH PLAIN " BAD "\r\nAUTH PLAIN " GOOD "\r\n",
		   "535 5.7.0 authentication failed\r\n235 2.0.0");
}

TEST_COVERS("AUTH that cannot be is answered as the reference does", 117, 125)
{
	static const char *const rows[][2] = {
		{"AUTH\r\n",					 "501 5.5.2 AUTH mechanism must be specified\r\n"   },
		{ "AUTH  \r\n",				      "501 5.5.2 AUTH mechanism must be specified\r\n"   },
		{ "AUTH NOSUCH x\r\n",                               "504 5.3.3 AUTH mechanism NOSUCH not available\r\n"},
		{ "AUTH NOSUCHTHINGTHATISQUITELONGANDLONGER\r\n",
                 "504 5.3.3 AUTH mechanism NOSUCHTHINGTHATISQUITELONGANDLON not available\r\n"                          },
		{ "AUTH PLAIN !!!\r\n",                              "501 5.5.4 cannot BASE64 decode '!!!'\r\n"         },
		{ "AUTH PLAIN AAAA  \r\n",                           "501 5.5.4 cannot BASE64 decode 'AAAA  '\r\n"      },
		{ "AUTH LOGIN\r\n*\r\nNOOP\r\n",                     "501 5.0.0 AUTH aborted\r\n250 2.0.0 OK\r\n"       },
		{ "AUTH LOGIN\r\n**\r\nNOOP\r\n",
                 "501 5.5.4 cannot decode AUTH parameter **\r\n250 2.0.0 OK\r\n"                                        },
		{ "AUTH LOGIN\r\ndGVzdGVy\r\n=\r\n",
                 "501 5.5.4 cannot decode AUTH parameter =\r\n"                                                         },
		{ "AUTH PLAIN =\r\n",                                "535 5.7.0 authentication failed\r\n"              },
		{ "AUTH CRAM-MD5 dGVzdGVy\r\n",                      "535 5.7.0 authentication failed\r\n"              },
		{ "AUTH PLAIN " GOOD "\r\nRSET\r\nAUTH\r\n",
                 "503 5.5.0 Already Authenticated\r\n"								  },
		{ "MAIL From:<a@b.test>\r\nAUTH PLAIN " GOOD "\r\n",
                 "503 5.5.0 AUTH not permitted during a mail transaction\r\n"                                           },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_says(MECHANISMS, rows[i][0], rows[i][1]);
	check_says(MECHANISMS "O AuthOptions=f\n", "AUTH PLAIN\r\n",
		   "503 5.3.3 AUTH not available\r\n");
	check_says("O AuthMechanisms=NOSUCH\n", "AUTH PLAIN\r\n",
		   "504 5.3.3 AUTH mechanism PLAIN not available\r\n");
}

TEST_COVERS("the rules know an authenticated client, and whom it claims to send for", 38, 125, 180)
{
	check_says(MECHANISMS SHOWS,
		   "EHLO a\r\nAUTH login dGVzdGVy\r\nc2VjcmV0\r\n"
		   "MAIL From:<a@b.test> AUTH=x+40y\r\nRCPT To:<c@d.test>\r\n",
		   "login/tester/0/x+40y/ESMTPA\r\n");
	check_says(MECHANISMS SHOWS,
		   "AUTH PLAIN " GOOD
		   "\r\nHELO a\r\nMAIL From:<a@b.test>\r\nRCPT To:<c@d.test>\r\n",
		   "PLAIN/tester/0//SMTP\r\n");
	check_says(MECHANISMS SHOWS,
		   "EHLO a\r\nAUTH PLAIN " BAD "\r\nMAIL From:<a@b.test>\r\nRCPT To:<c@d.test>\r\n",
		   " ////ESMTP\r\n");
}

TEST("an answer longer than any command line ends the conversation")
{
	own_str struct str input = STR_MAX(20000);

	str_addz(&input, "AUTH PLAIN\r\n");
	while (input.len < 13000)
		str_addz(&input, "AAAA");
	str_addz(&input, "\r\nNOOP\r\n");
	check_says(MECHANISMS, str_z(&input), "334 \r\n421 4.7.0 me.test Command too long");
}
