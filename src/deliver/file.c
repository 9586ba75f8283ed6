/*
 * file.c - append a message to a file.
 */
#include "deliver/file.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/own.h"
#include "deliver/message_out.h"
#include "deliver/outcome.h"
#include "deliver/program.h"

static int write_file(void *arg, struct view bytes)
{
	int fd = *(int *)arg;

	while (bytes.len > 0) {
		ssize_t n = write(fd, bytes.p, bytes.len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			bytes = view_skip(bytes, (size_t)n);
	}
	return 0;
}

static int append_message(struct attempt *at, int fd)
{
	struct text_out *o = &at->job->text;
	struct text_format format = message_format(at->mailer, false);
	bool has_8bit = at->env->body && body_has_8bit(at->env->body);
	enum message_bits bits = !has_8bit && flag_has(&at->mailer->flags, '9') ? MESSAGE_TO_8BIT
										: MESSAGE_AS_IS;
	int rc;

	text_out_reset(o, &format);
	o->flush = write_file;
	o->arg = &fd;
	program_from_line(at, o);
	rc = message_write(at, o, bits);
	text_out_add(o, VIEW("\n")); /* what separates it from the next */
	if (rc == 0)
		rc = text_out_flush(o);
	if (rc == 0 && at->cf->options.super_safe != 'f' && fdatasync(fd) < 0 && errno != EINVAL &&
	    errno != EROFS)
		rc = -errno;
	return rc;
}

static struct status status_of_open(struct attempt *at, int error, const char *reason)
{
	char words[128];
	const char *why = reason[0] ? reason : strerror_r(-error, words, sizeof(words));
	bool is_temporary = error == -EAGAIN || error == -ETIMEDOUT || error == -EMFILE ||
			    error == -ENFILE || error == -ENOMEM || error == -ENOSPC ||
			    error == -EDQUOT || error == -EIO || error == -EPIPE;

	if (is_temporary)
		return status_make(451, "4.0.0", EX_TEMPFAIL_,
				   arena_printf(at->arena, "cannot open: %s", why));
	return status_make(550, "5.0.0", EX_CANTCREAT_,
			   arena_printf(at->arena, "Can't create output: %s", why));
}

/* A=FILE name: the name may be more than the user. */
static struct view file_name(struct attempt *at, const struct rcpt *r)
{
	return at->mailer->argc > 1 ? attempt_expand(at, at->mailer->argv[1]) : r->triple.user;
}

static struct status deliver_to(struct attempt *at, const struct rcpt *r)
{
	const struct options *o = &at->cf->options;
	struct identity who;
	struct agent_file file = { .fd = -1 };
	struct agent_open open = { .kind = AGENT_OPEN_APPEND,
				   .mode = o->temp_file_mode ? o->temp_file_mode : 0600,
				   .dont_blame = o->dont_blame_sendmail };
	struct stat before;
	own_fd int fd = -1;
	int rc;

	program_identity(at, r, &who);
	macros_set(at->scope, 'u', r->triple.user);
	open.path = arena_dupz(at->arena, file_name(at, r));
	open.uid = who.uid;
	open.gid = who.gid;
	open.user = who.user;
	open.safe_dir = o->safe_file_environment.len > 0
				? arena_dupz(at->arena, o->safe_file_environment)
				: NULL;
	rc = agent_open(at->job->services->agent, &open, deadline_in_s(o->timeout.fileopen_s),
			&file);
	if (rc < 0)
		return status_of_open(at, rc, file.reason);
	fd = file.fd;
	if (fstat(fd, &before) < 0)
		return status_of_open(at, -errno, "");
	rc = append_message(at, fd);
	if (rc == 0)
		return status_make(250, "2.0.0", EX_OK_, VIEW("Sent"));
	if (S_ISREG(before.st_mode) && ftruncate(fd, before.st_size) < 0)
		log_event(at->job->services->log, 1, LOG_CRIT, at->env->id,
			  "%s: cannot cut off a partly written message: %m", open.path);
	return status_make(451, "4.0.0", EX_IOERR_,
			   arena_printf(at->arena, "I/O error: %s", strerrordesc_np(-rc)));
}

void file_deliver(struct attempt *at)
{
	for (size_t i = 0; i < at->task->n_rcpts; i++) {
		struct rcpt *r = at->task->rcpts[i];
		struct status st;

		if (r->state != RCPT_TRYING)
			continue;
		attempt_say(at, VIEW_FMT "... Connecting to " VIEW_FMT "...", VIEW_ARG(r->address),
			    VIEW_ARG(at->mailer->name));
		st = deliver_to(at, r);
		if (status_outcome(&st) == OUTCOME_SENT) {
			pthread_mutex_lock(&at->env->lock);
			r->flags |= RCPT_DELIVERED_LOCAL;
			pthread_mutex_unlock(&at->env->lock);
		}
		outcome_set(at, &r, 1, &st);
	}
}
