/*
 * smtp_client_fuzz.c - a peer that says anything: the input is all that the server side of a client connection sends.
 *
 * The first byte chooses SMTP or LMTP and one or three recipients. Whatever comes, every recipient has an outcome
 * afterwards.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bug.h"
#include "deliver/smtp_send.h"

static const char configuration[] = "V10/Berkeley\n"
				    "Djme.test\n"
				    "O OperatorChars=.:%@!^/[]+\n"
				    "S3\nR$* < $* > $*\t\t$2\n"
				    "Mlocal, P=/bin/true, F=lsDFMA5:/|@q, A=true $u\n"
				    "Mprog, P=/bin/sh, F=lsDFMoqeu9, A=sh -c $u\n"
				    "Mesmtp, P=[IPC], F=mDFMuXa, E=\\r\\n, A=TCP $h\n"
				    "Mlmtp, P=[IPC], F=lmDFMuXz, E=\\r\\n, A=FILE /none\n";

static struct services services;
static struct snapshot *snap;

static void prepare(void)
{
	if (snap)
		return;
	services = (struct services){ .log = log_new(LOG_TO_NOTHING, "fuzz", NULL),
				      .hostname = "me.test" };
	snap = snapshot_load(
		&(struct config_params){ .text = view_of(configuration), .path_label = "fuzz" },
		&services);
}

/* A socket whose other end has sent all of this and hung up; what we write is taken and forgotten. */
static int peer_that_said(const uint8_t *data, size_t size, int *out_other)
{
	int fds[2], room = 1 << 20;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) < 0)
		abort();
	setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	if (write(fds[0], data, size) < 0)
		abort();
	shutdown(fds[0], SHUT_WR);
	*out_other = fds[0];
	return fds[1];
}

static void add_rcpt(struct task *t, const char *address)
{
	struct rcpt *r = envelope_add_rcpt(t->env, view_of(address), NULL);

	r->state = RCPT_TRYING;
	r->triple.mailer = t->mailer;
	r->triple.user = view_of(address);
	t->rcpts[t->n_rcpts++] = r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct job job = { .services = &services };
	struct task task = { 0 };
	struct attempt at;
	struct smtp_client *c;
	struct status st = status_ok();
	bool try_next;
	int other;

	if (size < 1 || size > 100000)
		return 0;
	prepare();
	job.arena = arena_new(1 << 20);
	job.header = STR_MAX(1 << 20);
	text_out_init(&job.text, &(struct text_format){ .eol = VIEW("\n") }, NULL, NULL);
	task.env = envelope_new(snap);
	task.env->body = body_new(1 << 16, -1);
	body_append(task.env->body, VIEW("hello\n"));
	task.mailer = config_mailer(snap->cf, data[0] & 1 ? VIEW("lmtp") : VIEW("esmtp"));
	task.rcpts = ARENA_ARRAY(task.env->arena, struct rcpt *, 3);
	add_rcpt(&task, "a@a.test");
	if (data[0] & 2) {
		add_rcpt(&task, "b@b.test");
		add_rcpt(&task, "c@c.test");
	}
	at = (struct attempt){ .job = &job,
			       .task = &task,
			       .env = task.env,
			       .cf = snap->cf,
			       .mailer = task.mailer,
			       .arena = job.arena,
			       .sender = VIEW("s@s.test"),
			       .remote = VIEW("peer") };
	at.scope = macros_new(task.env->macros, job.arena);
	envelope_rw(task.env, &services, job.arena, at.scope, &at.rw);
	{
		int fd = peer_that_said(data + 1, size - 1, &other);

		c = smtp_client_new(stream_new(fd, fd, true), "peer", "peer");
	}
	c->is_lmtp = data[0] & 1;
	if (smtp_client_greet(c, &at, &st, &try_next) != EX_OK_)
		outcome_set_rest(&at, &st);
	else
		smtp_send(&at, c);
	for (size_t i = 0; i < task.n_rcpts; i++)
		bug_if(task.rcpts[i]->state == RCPT_TRYING);
	smtp_client_close(c, &at);
	close(other);
	text_out_done(&job.text);
	str_done(&job.header);
	arena_free(job.arena);
	envelope_free(task.env);
	return 0;
}
