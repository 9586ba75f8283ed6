/*
 * smtp_client.c - the conversation around transactions: greeting, EHLO, commands and replies, QUIT.
 */
#include "deliver/smtp_client.h"

#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/number.h"

#define REPLIES_MAX_BYTES (1 << 20)
#define QUIT_WAIT_MS      2000

struct smtp_client *smtp_client_new(struct stream *stream, const char *host, const char *relay)
{
	struct smtp_client *c = MEM_NEW(struct smtp_client);

	c->stream = stream;
	c->arena = arena_new(REPLIES_MAX_BYTES);
	c->lock_fd = -1;
	snprintf(c->host, sizeof(c->host), "%s", host);
	snprintf(c->relay, sizeof(c->relay), "%s", relay);
	return c;
}

static void client_free(struct smtp_client *c)
{
	int status;

	stream_free(c->stream);
	if (c->has_child &&
	    agent_wait(c->agent, &c->child, deadline_in(QUIT_WAIT_MS), &status) == -ETIMEDOUT)
		agent_forget(c->agent, &c->child);
	if (c->lock_fd >= 0)
		close(c->lock_fd);
	arena_free(c->arena);
	free(c);
}

void smtp_client_command(struct smtp_client *c, struct attempt *at, const char *fmt, ...)
{
	own_str struct str line = STR_MAX(REPLY_LINE_MAX * 4);
	va_list ap;

	va_start(ap, fmt);
	str_addv(&line, fmt, ap);
	va_end(ap);
	/* No address or name may carry a command of its own. */
	for (size_t i = 0; i < line.len; i++)
		if (line.p[i] == '\r' || line.p[i] == '\n' || line.p[i] == '\0')
			line.p[i] = '?';
	if (at && at->job->verbose)
		at->job->verbose(at->job->verbose_arg, 1, str_view(&line));
	snprintf(c->command, sizeof(c->command), "%s", str_z(&line));
	str_addz(&line, "\r\n");
	stream_add(c->stream, str_view(&line));
}

int smtp_client_flush(struct smtp_client *c, int64_t deadline)
{
	int rc = stream_flush(c->stream, deadline);

	if (rc < 0)
		c->is_broken = true;
	return rc;
}

static void show_reply(const struct smtp_client *c, const struct attempt *at)
{
	struct view rest = c->reply.text, line;

	while (view_cut(&rest, '\n', &line))
		at->job->verbose(at->job->verbose_arg, 0, line);
}

static void log_lost(const struct smtp_client *c, const struct attempt *at, enum smtp_stage stage,
		     int error)
{
	struct log *log = at->job->services->log;

	if (error == -ETIMEDOUT)
		log_event(log, 1, LOG_NOTICE, at->env->id,
			  "timeout waiting for input from %s during %s", c->host,
			  outcome_stage_name(stage));
	else if (error == -EPROTO || error == -EMSGSIZE)
		log_event(log, 1, LOG_CRIT, at->env->id, "%s: SMTP %s protocol error: not a reply",
			  c->host, outcome_stage_name(stage));
}

int smtp_client_reply(struct smtp_client *c, struct attempt *at, enum smtp_stage stage,
		      int64_t deadline)
{
	int rc = reply_read(c->stream, c->arena, deadline, &c->reply);

	if (rc == 0 && arena_is_over(c->arena))
		rc = -EMSGSIZE;
	if (rc < 0) {
		c->is_broken = true;
		if (at && at->env)
			log_lost(c, at, stage, rc);
		return rc;
	}
	if (c->reply.code == 421)
		c->is_broken = true;
	if (at && at->job->verbose)
		show_reply(c, at);
	return 0;
}

void smtp_client_note(struct smtp_client *c, struct attempt *at)
{
	struct view rest = c->reply.text, line;

	if (!at->has_noted_host)
		envelope_note(at->env, "... while talking to %s:", c->host);
	at->has_noted_host = true;
	if (c->command[0])
		envelope_note(at->env, ">>> %s", c->command);
	c->command[0] = '\0';
	while (view_cut(&rest, '\n', &line))
		envelope_note(at->env, "<<< " VIEW_FMT, VIEW_ARG(line));
}

static const struct {
	const char *keyword;
	unsigned bit;
} extensions[] = {
	{"PIPELINING",           SMTP_PIPELINING},
	{ "8BITMIME",            SMTP_8BITMIME  },
	{ "SIZE",                SMTP_SIZE      },
	{ "DSN",		 SMTP_DSN       },
	{ "SMTPUTF8",            SMTP_UTF8      },
	{ "ENHANCEDSTATUSCODES", SMTP_ENHANCED  },
	{ "DELIVERBY",           SMTP_DELIVERBY },
	{ "STARTTLS",            SMTP_STARTTLS  },
	{ "AUTH",                SMTP_AUTH      },
	{ "EXPN",                SMTP_EXPN      },
	{ "VERB",                SMTP_VERB      },
	{ "LIMITS",              SMTP_LIMITS    },
};

static void read_limits(struct smtp_client *c, struct view args)
{
	struct view word;
	int64_t n;

	while (view_word(&args, &word))
		if (view_starts_nocase(word, VIEW("RCPTMAX=")) &&
		    number_parse(view_skip(word, 8), 1, 100000, &n))
			c->max_rcpts = (int)n;
}

static void read_extension(struct smtp_client *c, struct view line)
{
	struct view word;

	if (line.len < 4 || !view_word(&line, &word))
		return;
	word = view_skip(word, 4); /* "250-" */
	if (word.len == 0 && !view_word(&line, &word))
		return;
	if (view_starts_nocase(word, VIEW("AUTH=")))
		word.len = 4;
	for (size_t i = 0; i < sizeof(extensions) / sizeof(*extensions); i++) {
		if (!view_eq_nocase(word, view_of(extensions[i].keyword)))
			continue;
		c->extensions |= extensions[i].bit;
		if (extensions[i].bit == SMTP_SIZE &&
		    !number_parse(view_trim(line), 0, INT64_MAX, &c->max_size))
			c->max_size = 0;
		if (extensions[i].bit == SMTP_LIMITS)
			read_limits(c, line);
	}
}

static void read_extensions(struct smtp_client *c)
{
	struct view rest = c->reply.text, line;

	view_cut(&rest, '\n', &line); /* the first names the host */
	while (view_cut(&rest, '\n', &line))
		read_extension(c, line);
}

/* The name that we give and the one that the peer may not have, unless flag k. */
static struct view own_name(struct attempt *at)
{
	if (at->cf->options.helo_name.len > 0)
		return at->cf->options.helo_name;
	return macros_get_expanded(at->env->macros, 'j', at->arena);
}

static bool is_loop(const struct smtp_client *c, struct attempt *at)
{
	struct view rest = c->reply.first, word;
	struct view me = macros_get_expanded(at->env->macros, 'j', at->arena);

	if (c->is_lmtp || flag_has(&at->mailer->flags, 'k') || !view_word(&rest, &word))
		return false;
	return view_eq_nocase(word, me);
}

static void note_loop(const struct smtp_client *c, struct attempt *at)
{
	static const char format[] = "%s%s config error: mail loops back to me (MX problem?)";

	log_event(at->job->services->log, 1, LOG_CRIT, at->env->id, format,
		  "SYSERR(root): ", c->host);
	envelope_note(at->env, format, "553 5.3.5 ", c->host);
}

static int say_hello(struct smtp_client *c, struct attempt *at, const char *verb)
{
	int64_t timeout = c->is_lmtp ? at->cf->options.timeout.lhlo_s
				     : at->cf->options.timeout.helo_s;
	int64_t deadline = deadline_in_s(timeout);
	int rc;

	smtp_client_command(c, at, "%s " VIEW_FMT, verb, VIEW_ARG(own_name(at)));
	rc = smtp_client_flush(c, deadline);
	return rc < 0 ? rc : smtp_client_reply(c, at, STAGE_HELO, deadline);
}

/* EHLO where it may be known, HELO when it was refused. 0 or -errno; c->reply is the answer. */
static int introduce(struct smtp_client *c, struct attempt *at, struct view greeting)
{
	const struct flag_set *f = &at->mailer->flags;
	bool may_esmtp = flag_has(f, 'a') ||
			 view_search_nocase(greeting, VIEW("ESMTP")) < greeting.len;
	int rc;

	if (c->is_lmtp)
		return say_hello(c, at, "LHLO");
	if (may_esmtp && !flag_has(f, '2')) {
		rc = say_hello(c, at, "EHLO");
		c->is_esmtp = rc == 0 && c->reply.code / 100 == 2;
		if (rc < 0 || c->reply.code / 100 != 5 || c->is_broken)
			return rc;
	}
	return say_hello(c, at, "HELO");
}

int smtp_client_greet(struct smtp_client *c, struct attempt *at, struct status *out_status,
		      bool *out_try_next)
{
	struct view host = view_of(c->host);
	int rc = smtp_client_reply(c, at, STAGE_GREETING,
				   deadline_in_s(at->cf->options.timeout.initial_s));

	*out_try_next = true;
	if (rc < 0)
		return *out_status = outcome_of_lost(at->arena, STAGE_GREETING, rc, host),
		       out_status->exit;
	at->has_spoken = true;
	if (c->reply.code / 100 != 2) {
		smtp_client_note(c, at);
		*out_status = outcome_of_reply(at->arena, STAGE_GREETING, &c->reply, false, host);
		return out_status->exit;
	}
	rc = introduce(c, at, c->reply.text);
	if (rc < 0)
		return *out_status = outcome_of_lost(at->arena, STAGE_HELO, rc, host),
		       out_status->exit;
	if (c->reply.code / 100 != 2) {
		smtp_client_note(c, at);
		*out_status = outcome_of_reply(at->arena, STAGE_HELO, &c->reply, false, host);
		return out_status->exit;
	}
	if (is_loop(c, at)) {
		note_loop(c, at);
		*out_status = status_make(553, "5.3.5", EX_CONFIG_,
					  VIEW("Local configuration error"));
		out_status->reply = VIEW("553 5.3.5 system config error");
		*out_try_next = false;
		return EX_CONFIG_;
	}
	if (c->is_esmtp || c->is_lmtp)
		read_extensions(c);
	return EX_OK_;
}

static void close_for_good(struct smtp_client *c, struct attempt *at)
{
	if (!c->is_broken) {
		int64_t deadline = deadline_in(QUIT_WAIT_MS);

		arena_reset(c->arena);
		smtp_client_command(c, at, "QUIT");
		if (smtp_client_flush(c, deadline) == 0)
			smtp_client_reply(c, at, STAGE_QUIT, deadline);
	}
	client_free(c);
}

void smtp_client_close(struct smtp_client *c, struct attempt *at)
{
	if (!c)
		return;
	if (at && (!c->is_broken || c->transactions > 0))
		attempt_say(at, "Closing connection to %s", c->host);
	close_for_good(c, at);
}

bool smtp_client_probe(struct smtp_client *c, struct attempt *at)
{
	int64_t deadline = deadline_in_s(at->cf->options.timeout.rset_s);

	arena_reset(c->arena);
	smtp_client_command(c, at, "RSET");
	if (smtp_client_flush(c, deadline) < 0 ||
	    smtp_client_reply(c, at, STAGE_RSET, deadline) < 0 || c->reply.code / 100 != 2)
		c->is_broken = true;
	return !c->is_broken;
}

void smtp_client_make_room(struct attempt *at)
{
	struct job *j = at->job;
	int size = at->cf->options.connection_cache_size, room, n = 0, oldest = -1;

	room = size < JOB_KEPT_MAX ? size : JOB_KEPT_MAX;
	for (int i = 0; i < JOB_KEPT_MAX; i++) {
		if (!j->kept[i].client)
			continue;
		n++;
		if (oldest < 0 || j->kept[i].used_s <= j->kept[oldest].used_s)
			oldest = i;
	}
	if (oldest < 0 || n < room)
		return;
	attempt_say(at, VIEW_FMT "... Closing connection to %s", VIEW_ARG(attempt_first_rcpt(at)),
		    j->kept[oldest].client->host);
	close_for_good(j->kept[oldest].client, at);
	j->kept[oldest].client = NULL;
}

void smtp_client_drop(void *client)
{
	struct smtp_client *c = client;

	smtp_client_command(c, NULL, "QUIT");
	stream_flush(c->stream, deadline_in(0));
	client_free(c);
}
