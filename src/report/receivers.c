/* receivers.c - see receivers.h. */
#include "report/receivers.h"

#include "base/clock.h"
#include "report/mail_log.h"
#include "resolve/expand.h"

/* What was said while the report's recipients were resolved belongs to the message. */
static void move_notes(struct envelope *about, struct envelope *report)
{
	struct view rest = report->transcript, line;

	while (view_cut(&rest, '\n', &line))
		if (line.len > 0)
			envelope_note(about, VIEW_FMT, VIEW_ARG(line));
	report->transcript.len = 0;
}

static void note_failed(const struct services *sv, struct envelope *about, struct rcpt *r)
{
	pthread_mutex_lock(&about->lock);
	about->status_text = arena_dup(about->arena, r->status.text);
	pthread_mutex_unlock(&about->lock);
	r->flags |= RCPT_TOLD_BEFORE;
	r->attempted_at_s = wall_s();
	mail_log_to(sv->log, &(struct mail_log_delivery){ .env = about,
							  .rcpts = &r,
							  .n = 1,
							  .mailer = r->triple.mailer,
							  .status = &r->status,
							  .stat = r->status.text });
}

size_t receivers_find(const struct services *sv, struct envelope *about, struct envelope *report)
{
	struct resolve_ctx ctx = { .services = sv, .leaves_long = true };
	size_t n = 0;

	resolve_envelope(report, &ctx, 0);
	move_notes(about, report);
	LIST_EACH (&report->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		n += r->state == RCPT_ROUTED || r->state == RCPT_DEFERRED;
		if (r->state == RCPT_FAILED)
			note_failed(sv, about, r);
	}
	return n;
}
