/* server_harness.c - see server_harness.h. */
#include "receive/server_harness.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/own.h"
#include "os/read_all.h"

#define BUFFER_BYTES (4 * 1024 * 1024)

static const char configuration[] =
	"V10/Berkeley\n"
	"Djme.test\n"
	"O OperatorChars=.:%@!^/[]+\n"
	"O MaxNOOPCommands=20\n"
	"O SuperSafe=false\n"
	"S3\n"
	"R$* < $* > $*\t\t$2\n"
	"S0\n"
	"R$* @ bad.test\t\t$#error $@ 5.1.2 $: \"550 No such host here\"\n"
	"R$* @ busy.test\t\t$#error $@ 4.2.1 $: \"450 Try later\"\n"
	"R$+ @ me.test\t\t$#local $: $1\n"
	"R$+ @ $+\t\t$#esmtp $@ $2 $: $1 @ $2\n"
	"R$*\t\t\t$#local $: $1\n"
	"Scheck_mail\n"
	"R$* evil $*\t\t$#error $@ 5.7.1 $: \"550 go away\"\n"
	"R$* silent $*\t\t$#discard $: discard\n"
	"Scheck_rcpt\n"
	"R$* full $*\t\t$#error $@ 4.2.2 $: \"452 mailbox full\"\n"
	"Scheck_eoh\n"
	"R7 $| $*\t\t$#error $@ 5.6.0 $: \"554 seven fields\"\n"
	"SCheckSubject\n"
	"R$* spam $*\t\t$#error $@ 5.7.1 $: \"554 no spam\"\n"
	"HSubject: $>CheckSubject\n"
	"H?D?Date: $a\n"
	"Mlocal, P=/bin/true, F=lsDFMA5:/|@q, A=true $u\n"
	"Mprog, P=/bin/sh, F=lsDFMoqeu9, A=sh -c $u\n"
	"Mesmtp, P=[IPC], F=mDFMuXa, E=\\r\\n, A=TCP $h\n";

void harness_open(struct server_harness *h, const char *more)
{
	harness_open_auth(h, more, NULL);
}

void harness_open_auth(struct server_harness *h, const char *more, struct auth_library *auth)
{
	own_str struct str cf = STR_MAX(64 * 1024), why = STR_MAX(300);
	struct queue_params q = { .services = &h->services };
	struct server_params p = {
		.services = &h->services, .auth = auth, .daemon_info = "SMTP", .for_tests = true
	};
	struct config_params c = { .path_label = "test" };

	*h = (struct server_harness){ .dir = "/tmp/server_test.XXXXXX" };
	bug_if(mkdtemp(h->dir) == NULL);
	h->services.log = log_new(LOG_TO_NOTHING, "test", NULL);
	h->services.agent = agent_local();
	h->services.hostname = "me.test";
	str_addf(&cf, "%sO QueueDirectory=%s\n%s", configuration, h->dir, more ? more : "");
	c.text = str_view(&cf);
	h->slot = snapshot_slot_new(snapshot_load(&c, &h->services));
	q.slot = p.slot = h->slot;
	h->queue = p.queue = queue_open(&q, &why);
	bug_if(h->queue == NULL);
	h->server = server_new(&p);
}

static void for_each_file(struct server_harness *h,
			  void (*visit)(int dir, const char *name, void *arg), void *arg)
{
	DIR *d = opendir(h->dir);
	struct dirent *entry;

	if (!d)
		return;
	while ((entry = readdir(d)))
		if (entry->d_name[0] != '.')
			visit(dirfd(d), entry->d_name, arg);
	closedir(d);
}

static void remove_file(int dir, const char *name, void *arg)
{
	(void)arg;
	unlinkat(dir, name, 0);
}

void harness_close(struct server_harness *h)
{
	server_free(h->server);
	queue_close(h->queue);
	snapshot_slot_free(h->slot);
	agent_free(h->services.agent);
	log_free(h->services.log);
	for_each_file(h, remove_file, NULL);
	rmdir(h->dir);
}

void harness_talk(struct server_harness *h, struct view input, struct str *out)
{
	int fds[2], room = BUFFER_BYTES;

	bug_if(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0);
	setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	if (write(fds[0], input.p, input.len) < 0)
		shutdown(fds[0], SHUT_RDWR);
	shutdown(fds[0], SHUT_WR);
	server_run_stdio(h->server, fds[1], fds[1]);
	if (out)
		read_all(fds[0], out);
	close(fds[0]);
	close(fds[1]);
}

static void take_file(int dir, const char *name, void *arg)
{
	own_fd int fd = name[0] == 'd' ? openat(dir, name, O_RDONLY | O_CLOEXEC) : -1;

	if (fd >= 0)
		read_all(fd, arg);
	unlinkat(dir, name, 0);
}

void harness_take_body(struct server_harness *h, struct str *out)
{
	for_each_file(h, take_file, out);
}
