/* host_state.c - see host_state.h. */
#include "deliver/host_state.h"

#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "queue/hoststat.h"

static bool is_used(const struct config *cf)
{
	return cf->options.host_status_directory.len > 0;
}

/* The outcome that the noted failure stands for. */
static struct status status_of(struct attempt *at, struct view host, const struct hoststat *h)
{
	struct status st;

	if (h->error != 0 && h->exit == EX_TEMPFAIL_) {
		st = outcome_of_io(at->arena, -h->error, host, h->dsn[2] != 1);
	} else {
		st = status_from_exit(h->exit);
		if (h->exit == EX_TEMPFAIL_)
			st.text = arena_dup(at->arena, view_of(h->text));
	}
	if (h->dsn[0])
		memcpy(st.dsn, h->dsn, sizeof(st.dsn));
	if (h->text[0])
		st.reply = arena_dup(at->arena, view_of(h->text));
	st.remote = host;
	return st;
}

bool host_state_may_call(struct attempt *at, struct view host, int *out_lock,
			 struct status *out_status)
{
	struct hoststat h;

	*out_lock = -1;
	if (!is_used(at->cf))
		return true;
	if (at->cf->options.single_thread_delivery)
		*out_lock = hoststat_lock(at->cf, host);
	if (*out_lock == -EWOULDBLOCK) {
		*out_lock = -1;
		*out_status = status_make(451, "4.4.5", EX_TEMPFAIL_, VIEW(""));
		out_status->remote = host;
		return false;
	}
	if (*out_lock < 0)
		*out_lock = -1; /* no such directory: the option is as good as not set */
	if (queue_is_asked_for(at->env) || hoststat_read(at->cf, host, &h) != FOUND ||
	    h.exit == EX_OK_)
		return true;
	*out_status = status_of(at, host, &h);
	if (*out_lock >= 0)
		close(*out_lock);
	*out_lock = -1;
	return false;
}

/* A peer that closed is told of in one way, whichever side of the stream noticed it. */
static int error_of(int error)
{
	return error == -EPIPE ? ECONNRESET : -error;
}

static void set_text(struct hoststat *h, struct view text)
{
	h->has_text = true;
	snprintf(h->text, sizeof(h->text), VIEW_FMT, VIEW_ARG(view_first(text, 80)));
}

static void put(struct attempt *at, struct view host, int lock_fd, struct hoststat *h)
{
	int rc;

	h->used_s = wall_s();
	rc = lock_fd >= 0 ? hoststat_write_locked(lock_fd, h) : hoststat_write(at->cf, host, h);
	if (rc < 0 && rc != -ENOENT && rc != -EWOULDBLOCK)
		log_event(at->job->services->log, 9, LOG_WARNING, at->env->id,
			  "cannot write the host status of " VIEW_FMT ": %s", VIEW_ARG(host),
			  strerrordesc_np(-rc));
}

void host_state_note_failure(struct attempt *at, struct view host, int lock_fd, int error,
			     const struct status *st)
{
	struct hoststat h = { .error = error_of(error), .exit = st->exit };

	if (!is_used(at->cf))
		return;
	memcpy(h.dsn, st->dsn, sizeof(h.dsn));
	if (error == 0)
		set_text(&h, st->exit == EX_TEMPFAIL_ ? VIEW("") : st->reply);
	put(at, host, lock_fd, &h);
}

void host_state_note_sent(struct attempt *at, const struct smtp_client *c)
{
	struct hoststat h = { 0 };

	if (!is_used(at->cf) || c->has_child)
		return;
	if (c->io_error != 0) {
		h = (struct hoststat){
			.error = error_of(c->io_error), .exit = EX_TEMPFAIL_, .dsn = {4, 4, 2}
		};
		set_text(&h,
			 arena_printf(at->arena, "451 4.4.1 reply: read error from %s", c->host));
	} else if (at->has_sent) {
		memcpy(h.dsn, at->sent.dsn, sizeof(h.dsn));
		set_text(&h, at->sent.reply);
	}
	put(at, view_of(c->host), c->lock_fd, &h);
}
