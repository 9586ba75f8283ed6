/* auth_library_test.c - whole authentications, the client's side by the library's own client. */
#include <pthread.h>
#include <sasl/sasl.h>
#include <sasl/saslutil.h>

#include "base/own.h"
#include "base/test.h"
#include "smtp/auth_test_users.h"

struct client {
	const char *user;
	sasl_secret_t *secret;
};

static int give_name(void *arg, int id, const char **out, unsigned *out_len)
{
	struct client *c = arg;

	(void)id;
	*out = c->user;
	if (out_len)
		*out_len = (unsigned)strlen(c->user);
	return SASL_OK;
}

static int give_secret(sasl_conn_t *conn, void *arg, int id, sasl_secret_t **out)
{
	struct client *c = arg;

	(void)conn, (void)id;
	*out = c->secret;
	return SASL_OK;
}

typedef int any_callback(void);

static struct auth_talk *new_talk(struct auth_test_users *u)
{
	struct auth_terms terms = { .realm = VIEW(AUTH_TEST_HOST) };

	return auth_talk_new(u->library, &terms);
}

/* The answers of a client to what the server says, until one of them is satisfied or not. Returns the server's last word. */
static enum auth_outcome converse(struct auth_talk *talk, sasl_conn_t *client,
				  const char *mechanism, struct arena *a)
{
	const char *say = NULL, *chosen;
	unsigned len = 0;
	struct view challenge = VIEW_NONE, bytes;
	enum auth_outcome outcome;

	CHECK(sasl_client_start(client, mechanism, NULL, &say, &len, &chosen) >= SASL_OK);
	outcome = auth_start(talk, view_of(mechanism), say ? view_from(say, len) : VIEW_NONE, a,
			     &challenge);
	while (outcome == AUTH_MORE) {
		CHECK_INT(auth_decode(challenge, a, &bytes), 0);
		if (sasl_client_step(client, arena_dupz(a, bytes), (unsigned)bytes.len, NULL, &say,
				     &len) < SASL_OK)
			return AUTH_FAILED;
		outcome = auth_step(talk, view_from(say ? say : "", len), a, &challenge);
	}
	return outcome;
}

/* Who the server takes the client for; "" when it does not let it in. */
static void authenticate(struct auth_test_users *u, const char *mechanism, const char *user,
			 const char *password, struct str *out)
{
	own_arena struct arena *a = arena_new(1 << 20);
	size_t len = strlen(password);
	struct client c = { user, calloc(1, sizeof(sasl_secret_t) + len + 1) };
	const sasl_callback_t callbacks[] = {
		{SASL_CB_USER,      (any_callback *)(void (*)(void))give_name,   &c  },
		{ SASL_CB_AUTHNAME, (any_callback *)(void (*)(void))give_name,   &c  },
		{ SASL_CB_PASS,     (any_callback *)(void (*)(void))give_secret, &c  },
		{ SASL_CB_LIST_END, NULL,                                        NULL},
	};
	struct auth_talk *talk = new_talk(u);
	sasl_conn_t *client = NULL;

	str_clear(out);
	c.secret->len = len;
	memcpy(c.secret->data, password, len);
	CHECK_INT(sasl_client_new("smtp", AUTH_TEST_HOST, NULL, NULL, callbacks, 0, &client),
		  SASL_OK);
	if (converse(talk, client, mechanism, a) == AUTH_DONE)
		str_add(out, auth_user(talk, a));
	else
		CHECK(auth_error(talk, a).len > 0);
	sasl_dispose(&client);
	auth_talk_free(talk);
	free(c.secret);
}

TEST_COVERS("every mechanism of passwords lets in who has the password, and nobody else", 125, 180)
{
	static const char *const mechanisms[] = { "PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5",
						  "SCRAM-SHA-1" };
	own_str struct str who = STR_MAX(100);
	struct auth_test_users u;

	auth_test_users_open(&u);
	auth_test_users_add(&u, "tester", "secret");
	CHECK_INT(sasl_client_init(NULL), SASL_OK);
	for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++) {
		authenticate(&u, mechanisms[i], "tester", "secret", &who);
		CHECK_VIEW(str_view(&who), "tester");
		authenticate(&u, mechanisms[i], "tester", "other", &who);
		CHECK_VIEW(str_view(&who), "");
		authenticate(&u, mechanisms[i], "nobody", "secret", &who);
		CHECK_VIEW(str_view(&who), "");
	}
	sasl_client_done();
	auth_test_users_close(&u);
}

static void check_available(struct auth_test_users *u, const char *letters, const char *has,
			    const char *has_not)
{
	own_str struct str names = STR_MAX(AUTH_MECHANISMS_MAX);
	struct auth_terms terms = { .realm = VIEW(AUTH_TEST_HOST) };

	while (*letters)
		flag_add(&terms.options, *letters++);
	auth_available(u->library, &terms, &names);
	if (has)
		CHECK(!view_is_none(auth_find(str_view(&names), view_of(has))));
	CHECK(view_is_none(auth_find(str_view(&names), view_of(has_not))));
}

TEST_COVERS("AuthOptions say which mechanisms will do", 55)
{
	struct auth_test_users u;

	auth_test_users_open(&u);
	check_available(&u, "", "PLAIN", "NOSUCH");
	check_available(&u, "A", "PLAIN", "NOSUCH");
	check_available(&u, "p", "CRAM-MD5", "PLAIN");
	check_available(&u, "m", "DIGEST-MD5", "CRAM-MD5");
	check_available(&u, "c", "LOGIN", "CRAM-MD5");
	check_available(&u, "y", "PLAIN", "ANONYMOUS");
	check_available(&u, "f", NULL, "DIGEST-MD5");
	check_available(&u, "a", NULL, "PLAIN");
	auth_test_users_close(&u);
}

TEST("a DIGEST-MD5 challenge offers authentication and no layer")
{
	own_arena struct arena *a = arena_new(1 << 16);
	struct auth_test_users u;
	struct auth_talk *talk;
	struct view challenge, text;

	auth_test_users_open(&u);
	talk = new_talk(&u);
	CHECK_INT(auth_start(talk, VIEW("DIGEST-MD5"), VIEW_NONE, a, &challenge), AUTH_MORE);
	CHECK_INT(auth_decode(challenge, a, &text), 0);
	CHECK(view_search(text, VIEW("qop=\"auth\",")) < text.len);
	CHECK(view_search(text, VIEW("realm=\"" AUTH_TEST_HOST "\"")) < text.len);
	auth_talk_free(talk);
	auth_test_users_close(&u);
}

TEST("a LOGIN without a name fails, and no memory is lost with its password")
{
	static const struct view names[] = {
		{"",     0},
                { "\0x", 2},
                { "  ",  2}
	};
	struct auth_test_users u;

	auth_test_users_open(&u);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		own_arena struct arena *a = arena_new(1 << 16);
		struct auth_talk *talk = new_talk(&u);
		struct view challenge;

		CHECK_INT(auth_start(talk, VIEW("login"), VIEW_NONE, a, &challenge), AUTH_MORE);
		CHECK_INT(auth_step(talk, names[i], a, &challenge), AUTH_MORE);
		CHECK_INT(auth_step(talk, VIEW("secret"), a, &challenge), AUTH_FAILED);
		CHECK(auth_error(talk, a).len > 0);
		auth_talk_free(talk);
	}
	auth_test_users_close(&u);
}

TEST("text that is no BASE64 is refused")
{
	static const char *const bad[] = { "=", "====", "c2Vj cmV0", "c2VjcmV", "*", "\x80\x81" };
	own_arena struct arena *a = arena_new(1 << 16);
	struct view out;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(auth_decode(view_of(bad[i]), a, &out) != 0);
	CHECK_INT(auth_decode(VIEW(""), a, &out), 0);
	CHECK_INT((int)out.len, 0);
	CHECK_INT(auth_decode(VIEW("AHRlc3Rlcg=="), a, &out), 0);
	CHECK_INT((int)out.len, 7);
}

#define THREADS 4
#define TRIES   5

struct crowd_member {
	pthread_t thread;
	struct auth_test_users *users;
	int n_in, n_out;
};

static void *try_passwords(void *arg)
{
	struct crowd_member *m = arg;

	for (int i = 0; i < TRIES; i++) {
		static const struct view good = { "\0tester\0secret", 14 },
					 bad = { "\0tester\0other", 13 };
		own_arena struct arena *a = arena_new(1 << 16);
		struct auth_talk *talk = new_talk(m->users);
		struct view challenge;

		m->n_in += auth_start(talk, VIEW("PLAIN"), good, a, &challenge) == AUTH_DONE;
		auth_talk_free(talk);
		talk = new_talk(m->users);
		m->n_out += auth_start(talk, VIEW("PLAIN"), bad, a, &challenge) == AUTH_FAILED;
		auth_talk_free(talk);
	}
	return NULL;
}

TEST("clients in several threads do not disturb each other")
{
	struct crowd_member members[THREADS] = { 0 };
	struct auth_test_users u;

	auth_test_users_open(&u);
	auth_test_users_add(&u, "tester", "secret");
	for (int i = 0; i < THREADS; i++) {
		members[i].users = &u;
		CHECK_INT(pthread_create(&members[i].thread, NULL, try_passwords, &members[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(members[i].thread, NULL);
		CHECK_INT(members[i].n_in, TRIES);
		CHECK_INT(members[i].n_out, TRIES);
	}
	auth_test_users_close(&u);
}
