/* socket_map_test.c - the socket map protocol, its words and its connections. */
#include "base/test.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "map/netstring.h"
#include "map/test_maps.h"

TEST_COVERS("requests and replies are netstrings", 82)
{
	own_str struct str s = STR_MAX(100);
	struct view reply, value;
	size_t used;

	socketmap_request(VIEW("name"), VIEW("key"), &s);
	CHECK_VIEW(str_view(&s), "8:name key,");
	CHECK_INT(socketmap_reply(VIEW("5:OK ab,rest"), &reply, &used), SOCKETMAP_DONE);
	CHECK_VIEW(reply, "OK ab");
	CHECK_INT(used, 8);
	CHECK_INT(socketmap_reply(VIEW("5:OK a"), &reply, &used), SOCKETMAP_MORE);
	CHECK_INT(socketmap_reply(VIEW("5"), &reply, &used), SOCKETMAP_MORE);
	CHECK_INT(socketmap_reply(VIEW(""), &reply, &used), SOCKETMAP_MORE);
	CHECK_INT(socketmap_reply(VIEW("x5:OK ab,"), &reply, &used), SOCKETMAP_BAD_LENGTH);
	CHECK_INT(socketmap_reply(VIEW(":OK ab,"), &reply, &used), SOCKETMAP_BAD_LENGTH);
	CHECK_INT(socketmap_reply(VIEW("99999999999:"), &reply, &used), SOCKETMAP_BAD_LENGTH);
	CHECK_INT(socketmap_reply(VIEW("9999999:OK"), &reply, &used), SOCKETMAP_TOO_LONG);
	CHECK_INT(used, 9999999);
	CHECK_INT(socketmap_reply(VIEW("5:OK ab;"), &reply, &used), SOCKETMAP_NO_COMMA);
	CHECK_INT(socketmap_status(VIEW("OK a b"), &value), 0);
	CHECK_VIEW(value, "a b");
	CHECK_INT(socketmap_status(VIEW("NOTFOUND"), &value), 68);
	CHECK_INT(socketmap_status(VIEW("TEMP busy"), &value), 75);
	CHECK_INT(socketmap_status(VIEW("TIMEOUT slow"), &value), 75);
	CHECK_INT(socketmap_status(VIEW("PERM no"), &value), 69);
	CHECK_INT(socketmap_status(VIEW("WHAT"), &value), 76);
}

/* A server that answers by what the key says; "close" ends the connection without a word. */
struct server {
	pthread_mutex_t lock; /* of the two members that both threads use */
	int fd;
	int n_connections;
	pthread_t thread;
	char request[200];
};

static const char *reply_for(const char *request)
{
	static const char *const replies[][2] = {
		{" ok",       "14:OK value of %1,"},
		{ " nf",      "9:NOTFOUND ,"      },
		{ " temp",    "9:TEMP busy,"      },
		{ " perm",    "9:PERM gone,"      },
		{ " weird",   "4:WHAT,"           },
		{ " nocomma", "5:OK ab;"          },
		{ " huge",    "9999999:OK"        },
		{ " badlen",  "x5:OK ab,"         },
		{ " silent",  ""                  },
	};

	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++)
		if (strstr(request, replies[i][0]))
			return replies[i][1];
	return NULL;
}

static void *serve(void *arg)
{
	struct server *s = arg;
	int c;

	while ((c = accept(s->fd, NULL, NULL)) >= 0) {
		char request[200];
		ssize_t n;

		pthread_mutex_lock(&s->lock);
		s->n_connections++;
		pthread_mutex_unlock(&s->lock);
		while ((n = recv(c, request, sizeof(request) - 1, 0)) > 0) {
			const char *reply;

			request[n] = '\0';
			pthread_mutex_lock(&s->lock);
			memcpy(s->request, request, sizeof(request));
			pthread_mutex_unlock(&s->lock);
			reply = reply_for(request);
			if (!reply || send(c, reply, strlen(reply), MSG_NOSIGNAL) < 0)
				break;
		}
		close(c);
	}
	return NULL;
}

static int connections(struct server *s)
{
	int n;

	pthread_mutex_lock(&s->lock);
	n = s->n_connections;
	pthread_mutex_unlock(&s->lock);
	return n;
}

static void check_request(struct server *s, const char *want)
{
	pthread_mutex_lock(&s->lock);
	CHECK_STR(s->request, want);
	pthread_mutex_unlock(&s->lock);
}

static uint16_t server_start(struct server *s)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in);

	*s = (struct server){ .lock = PTHREAD_MUTEX_INITIALIZER,
			      .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	CHECK(bind(s->fd, (struct sockaddr *)&in, sizeof(in)) == 0 && listen(s->fd, 5) == 0);
	CHECK(getsockname(s->fd, (struct sockaddr *)&in, &len) == 0);
	pthread_create(&s->thread, NULL, serve, s);
	return ntohs(in.sin_port);
}

TEST_COVERS(
	"socket maps ask their server, share connections, and keep failure apart from not found",
	82)
{
	struct test_maps *t = test_maps_new();
	struct server s;
	char line[100];
	unsigned port = server_start(&s);

	snprintf(line, sizeof(line), "s socket inet:%u@127.0.0.1", port);
	test_map(t, line);
	snprintf(line, sizeof(line), "s2 socket -d1s -m -a.X inet:%u@127.0.0.1", port);
	test_map(t, line);
	test_map(t, "down socket inet:1@127.0.0.1");
	test_map(t, "path socket local:/nonexistent/socket");
	test_map(t, "kind socket foo:bar@x");
	test_maps_open(t);
	CHECK_STR(test_args(t, "s", "OK1", "ARG", NULL), "found value of ARG");
	check_request(&s, "5:s ok1,");
	CHECK_STR(test_ask(t, "s", "nf"), "none 68");
	CHECK_STR(test_ask(t, "s", "temp"), "failed 75");
	CHECK_STR(test_ask(t, "s", "perm"), "none 69");
	CHECK_STR(test_ask(t, "s", "weird"), "none 76");
	CHECK_STR(test_ask(t, "s2", "ok"), "found ok.X");
	CHECK_INT(connections(&s), 1);
	CHECK_STR(test_ask(t, "s", "nocomma"), "failed 75");
	CHECK_STR(test_ask(t, "s", "ok"), "found value of ");
	CHECK_INT(connections(&s), 2);
	CHECK_STR(test_ask(t, "s", "huge"), "failed 75");
	CHECK_STR(test_ask(t, "s", "badlen"), "failed 75");
	CHECK_STR(test_ask(t, "s", "close"), "failed 75");
	CHECK_STR(test_ask(t, "s2", "silent"), "failed 75"); /* after -d: a second */
	CHECK_STR(test_ask(t, "s", "ok"), "found value of ");
	CHECK_STR(test_ask(t, "down", "a"), "failed 75");
	CHECK_STR(test_ask(t, "path", "a"), "failed 75");
	CHECK_STR(test_ask(t, "kind", "a"), "failed 75");
	CHECK_STR(
		str_z(&t->messages),
		"socket_map_lookup(s): missing ',' in reply\n"
		"socket_map_lookup(s): reply too long: 9999999\n"
		"socket_map_lookup(s): failed to read length parameter of reply 0\n"
		"socket map \"path\": local socket name /nonexistent/socket unsafe: No such file or directory\n"
		"socket map \"kind\": unknown socket type foo: Protocol not supported\n");
	test_maps_free(t);
	shutdown(s.fd, SHUT_RDWR);
	pthread_join(s.thread, NULL);
	close(s.fd);
}
