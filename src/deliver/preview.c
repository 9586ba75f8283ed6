/* preview.c - see preview.h. */
#include "deliver/preview.h"

#include "deliver/smtp_client.h"

static void preview_ipc(struct attempt *at, struct preview *out)
{
	const struct mailer *m = at->mailer;

	if (m->argc > 1 && view_eq_nocase(m->argv[0], VIEW("FILE"))) {
		out->transport = PREVIEW_SMTP_SOCKET;
		out->destination = attempt_expand(at, m->argv[1]);
		return;
	}
	out->transport = PREVIEW_SMTP;
	out->port = smtp_client_port(m->argc > 2 ? attempt_expand(at, m->argv[2]) : VIEW(""));
	out->destination = m->argc > 1 ? attempt_expand(at, m->argv[1]) : at->host;
}

static void preview_program(struct attempt *at, struct rcpt *r, struct preview *out)
{
	struct rcpt *const rcpts[1] = { r };

	out->argv = program_arguments(at, rcpts, 1);
	program_identity(at, r, &out->identity);
}

void preview_rcpt(struct job *job, struct envelope *e, struct rcpt *r, struct attempt *at,
		  struct preview *out)
{
	struct task *task = ARENA_NEW(job->arena, struct task);
	const struct mailer *m = r->triple.mailer;

	*out = (struct preview){ .is_lmtp = flag_has(&m->flags, 'z') };
	*task = (struct task){ .env = e, .host = r->triple.host, .mailer = m, .n_rcpts = 1 };
	task->rcpts = ARENA_ARRAY(job->arena, struct rcpt *, 1);
	task->rcpts[0] = r;
	if (r->owner.len)
		task->sender = arena_printf(job->arena, "<" VIEW_FMT ">", VIEW_ARG(r->owner));
	attempt_begin(at, job, task);
	out->sender = at->sender;
	rw_check(&at->rw, "check_compat", e->sender, r->address, CHECK_NO_LOG, NULL, &out->compat);
	out->is_held = flag_has(&m->flags, '%') ||
		       (flag_has(&m->flags, 'e') && at->cf->options.hold_expensive);
	if (view_eq_nocase(m->path, VIEW("[FILE]"))) {
		out->transport = PREVIEW_FILE;
		out->destination = m->argc > 1 ? attempt_expand(at, m->argv[1]) : r->triple.user;
		program_identity(at, r, &out->identity);
	} else if (attempt_is_ipc(m)) {
		preview_ipc(at, out);
	} else {
		out->transport = attempt_speaks_smtp(m) ? PREVIEW_SMTP_PROGRAM : PREVIEW_PROGRAM;
		preview_program(at, r, out);
	}
}
