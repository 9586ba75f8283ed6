/*
 * program.c - run a mailer: argument vector, identity, feeding it, listening to it, its end.
 */
#include "deliver/program.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/own.h"
#include "deliver/message_out.h"
#include "deliver/outcome.h"
#include "mail/address.h"
#include "mail/date.h"
#include "resolve/localuser.h"

#define OUTPUT_MAX 65536

/* ---- who ---- */

/* A recipient may act for a name that is no account, such as a list: then the default user does it. */
static bool is_account(struct attempt *at, const struct rcpt *r)
{
	struct local_user lu;

	return r->user.name.len > 0 && r->user.uid != 0 &&
	       local_user_find(r->user.name, at->arena, &lu) == FOUND && lu.uid == r->user.uid;
}

/* Reached through a list or a .forward, now or before it was queued. */
static bool is_from_list(const struct rcpt *r)
{
	return r->parent || r->user.alias.len > 0 || r->flags & RCPT_FROM_ALIAS;
}

/*
 * For whom a mailer without flag S runs: with flag o for the recipient or the list that named it, without it for who sent the message,
 * if that is an account here. NULL: for nobody.
 */
static const struct rcpt_user *find_principal(struct attempt *at, const struct rcpt *r)
{
	const struct rcpt_user *sender = &at->env->submitter;
	bool for_recipient = flag_has(&at->mailer->flags, 'o');

	if (for_recipient && is_account(at, r))
		return &r->user;
	if (for_recipient && is_from_list(r))
		return NULL;
	return sender->is_set && sender->uid != 0 ? sender : NULL;
}

void program_identity(struct attempt *at, const struct rcpt *r, struct identity *out)
{
	const struct mailer *m = at->mailer;
	const struct options *o = &at->cf->options;
	const struct rcpt_user *principal;

	*out = (struct identity){ .uid = o->default_uid, .gid = o->default_gid };
	if (o->default_user.len > 0)
		out->user = arena_dupz(at->arena, o->default_user);
	if (flag_has(&m->flags, 'S')) {
		out->keep_uid = !m->has_user;
		out->user = NULL;
		if (m->has_user) {
			out->uid = m->uid;
			out->gid = m->gid;
		}
	} else if ((principal = find_principal(at, r))) {
		out->uid = principal->uid;
		if (principal->uid != o->default_uid)
			out->gid = principal->gid;
		out->user = arena_dupz(at->arena, principal->name);
	} else if (m->has_user) {
		out->uid = m->uid;
		out->gid = m->gid;
		out->user = NULL;
	}
	if (o->dont_init_groups)
		out->user = NULL;
}

/* ---- what ---- */

/* Does a template refer to macro u? */
static bool names_user(struct view template)
{
	for (size_t i = 0; i + 1 < template.len; i++)
		if (template.p[i] == MACRO_REF && template.p[i + 1] == 'u')
			return true;
	return false;
}

static bool has_home_macro(struct view v)
{
	for (size_t i = 0; i + 1 < v.len; i++)
		if (v.p[i] == MACRO_REF && v.p[i + 1] == 'z')
			return true;
	return false;
}

/* Does the mailer use $z? */
static bool needs_home(const struct mailer *m)
{
	bool has = has_home_macro(m->dirs) || has_home_macro(m->root);

	for (int i = 0; i < m->argc && !has; i++)
		has = has_home_macro(m->argv[i]);
	return has;
}

static void set_user(struct attempt *at, const struct rcpt *r)
{
	struct view user = r->triple.user;
	struct local_user lu;

	if (flag_has(&at->mailer->flags, 'B'))
		while (user.len > 0 && user.p[0] == '\\')
			user = view_skip(user, 1);
	if (flag_has(&at->mailer->flags, 's'))
		user = address_unquoted(user, at->arena);
	macros_set(at->scope, 'u', user);
	if (r->user.name.len > 0 && needs_home(at->mailer) &&
	    local_user_find(r->user.name, at->arena, &lu) == FOUND)
		macros_set(at->scope, 'z', lu.home);
}

struct arguments {
	const char *v[AGENT_ARGS_MAX + 1];
	size_t n, bytes;
	bool is_over;
};

static void add_argument(struct attempt *at, struct arguments *args, struct view v)
{
	if (args->n >= AGENT_ARGS_MAX || args->bytes + v.len + 1 > AGENT_BYTES_MAX / 2) {
		args->is_over = true;
		return;
	}
	args->v[args->n++] = arena_dupz(at->arena, v);
	args->bytes += v.len + 1;
}

/* Flags f and r: the sender, when somebody else sent it. */
static void add_sender(struct attempt *at, struct arguments *args)
{
	const struct flag_set *f = &at->mailer->flags;

	if (!flag_has(f, 'f') && !flag_has(f, 'r'))
		return;
	add_argument(at, args, flag_has(f, 'f') ? VIEW("-f") : VIEW("-r"));
	add_argument(at, args, attempt_expand(at, VIEW("\x81g")));
}

static void build_arguments(struct attempt *at, struct rcpt *const *rcpts, size_t n,
			    struct arguments *args)
{
	const struct mailer *m = at->mailer;

	set_user(at, rcpts[0]);
	for (int i = 0; i < m->argc; i++) {
		if (!names_user(m->argv[i])) {
			add_argument(at, args, attempt_expand(at, m->argv[i]));
		} else {
			for (size_t k = 0; k < n; k++) {
				set_user(at, rcpts[k]);
				add_argument(at, args, attempt_expand(at, m->argv[i]));
			}
		}
		if (i == 0)
			add_sender(at, args);
	}
	args->v[args->n] = NULL;
}

const char *const *program_arguments(struct attempt *at, struct rcpt *const *rcpts, size_t n)
{
	struct arguments *args = ARENA_NEW(at->arena, struct arguments);

	build_arguments(at, rcpts, n, args);
	return args->is_over ? NULL : args->v;
}

static const char *expanded_or_null(struct attempt *at, struct view template)
{
	if (template.len == 0)
		return NULL;
	return arena_dupz(at->arena, attempt_expand(at, template));
}

static int fail_start(struct attempt *at, int error, struct status *out_status)
{
	char words[128];
	bool is_permanent = error == -ENOENT || error == -EACCES || error == -ENOTDIR ||
			    error == -EPERM;

	*out_status = status_make(is_permanent ? 554 : 451, is_permanent ? "5.3.0" : "4.3.0",
				  is_permanent ? EX_UNAVAILABLE_ : EX_TEMPFAIL_,
				  arena_printf(at->arena, VIEW_FMT ": cannot execute: %s",
					       VIEW_ARG(at->mailer->path),
					       strerror_r(-error, words, sizeof(words))));
	return -1;
}

int program_start(struct attempt *at, struct rcpt *const *rcpts, size_t n, bool duplex,
		  struct agent_child *out_child, struct status *out_status)
{
	const struct mailer *m = at->mailer;
	struct arguments *args = ARENA_NEW(at->arena, struct arguments);
	struct agent_program p = { .path = arena_dupz(at->arena, m->path),
				   .envp = at->cf->environ,
				   .nice = m->nice };
	struct identity who;
	static const char *const no_environment[] = { "AGENT=sendmail", NULL };
	int rc;

	program_identity(at, rcpts[0], &who);
	build_arguments(at, rcpts, n, args);
	if (args->is_over) {
		*out_status = status_make(554, "5.3.5", EX_SOFTWARE_,
					  VIEW("Too many arguments for mailer"));
		return -1;
	}
	p.argv = args->v;
	if (!p.envp)
		p.envp = no_environment;
	p.chroot_dir = expanded_or_null(at, m->root);
	p.dirs = expanded_or_null(at, m->dirs);
	p.uid = who.uid;
	p.gid = who.gid;
	p.user = who.user;
	p.keep_uid = who.keep_uid;
	rc = agent_start(at->job->services->agent, &p, duplex, deadline_in_s(60), out_child);
	return rc < 0 ? fail_start(at, rc, out_status) : 0;
}

/* ---- feeding it ---- */

struct feed {
	struct agent_child *child;
	struct str *output;
	int64_t deadline;
	bool is_deaf; /* it closed its input */
};

/* Takes what the program prints. False at its end of file. */
static bool take_output(struct feed *f)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(f->child->out, buf, sizeof(buf))) > 0)
		str_add(f->output, view_from(buf, (size_t)n));
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static int feed_program(void *arg, struct view bytes)
{
	struct feed *f = arg;

	while (bytes.len > 0 && !f->is_deaf) {
		struct pollfd p[2] = {
			{.fd = f->child->in,   .events = POLLOUT},
			{ .fd = f->child->out, .events = POLLIN }
		};
		ssize_t n = write(f->child->in, bytes.p, bytes.len);

		if (n >= 0) {
			bytes = view_skip(bytes, (size_t)n);
			continue;
		}
		if (errno != EAGAIN && errno != EINTR) {
			f->is_deaf = true; /* its exit status will tell */
			break;
		}
		if (deadline_is_past(f->deadline))
			return -ETIMEDOUT;
		poll(p, 2, deadline_left(f->deadline));
		if (p[1].revents)
			take_output(f);
	}
	return 0;
}

/* Listens until the program closes its output. */
static int drain_program(struct feed *f)
{
	while (take_output(f)) {
		struct pollfd p = { .fd = f->child->out, .events = POLLIN };

		if (deadline_is_past(f->deadline))
			return -ETIMEDOUT;
		poll(&p, 1, deadline_left(f->deadline));
	}
	return 0;
}

void program_from_line(struct attempt *at, struct text_out *o)
{
	const struct flag_set *f = &at->mailer->flags;
	struct view line;

	if (flag_has(f, 'n'))
		return;
	if (flag_has(f, 'U')) {
		char when[DATE_TEXT_MAX];
		struct view from = attempt_expand(at, VIEW("\x81g"));
		size_t bang = view_find(from, '!');

		date_ctime(wall_s(), when);
		if (bang < from.len)
			line = arena_printf(at->arena,
					    "From " VIEW_FMT "  %s remote from " VIEW_FMT "\n",
					    VIEW_ARG(view_skip(from, bang + 1)), when,
					    VIEW_ARG(view_first(from, bang)));
		else
			line = arena_printf(
				at->arena, "From " VIEW_FMT "  %s remote from " VIEW_FMT "\n",
				VIEW_ARG(from), when, VIEW_ARG(attempt_expand(at, VIEW("\x81k"))));
	} else {
		struct view template = at->cf->options.unix_from_line;
		char when[DATE_TEXT_MAX];

		date_ctime(wall_s(), when);
		macros_set(at->scope, 'd', view_of(when));

		line = attempt_expand(at, template.len > 0 ? template
							   : VIEW("From \x81g \x81"
								  "d"));
	}
	/* The line must not be escaped as a line of the text would be. */
	text_out_raw(o, view_trim_end(line));
	text_out_raw(o, o->format.eol);
}

static enum message_bits bits_for(const struct attempt *at)
{
	const struct envelope *e = at->env;
	bool has_8bit = (e->flags & ENV_HAS_8BIT) || (e->body && body_has_8bit(e->body));

	if (has_8bit && flag_has(&at->mailer->flags, '7') &&
	    (at->cf->options.eight_bit_mode & EIGHT_BIT_MIME))
		return MESSAGE_TO_7BIT;
	if (!has_8bit && flag_has(&at->mailer->flags, '9'))
		return MESSAGE_TO_8BIT;
	return MESSAGE_AS_IS;
}

static int feed_message(struct attempt *at, struct feed *f)
{
	struct text_out *o = &at->job->text;
	struct text_format format = message_format(at->mailer, false);
	enum message_bits bits = bits_for(at);
	int rc;

	if (bits == MESSAGE_TO_7BIT)
		format.strip_high = false;
	text_out_reset(o, &format);
	o->flush = feed_program;
	o->arg = f;
	program_from_line(at, o);
	rc = message_write(at, o, bits);
	if (rc == 0)
		rc = text_out_flush(o);
	close(f->child->in);
	f->child->in = -1;
	return rc;
}

/* ---- its end ---- */

static void note_output(struct attempt *at, const struct str *output)
{
	struct view rest = str_view(output), line;

	while (rest.len > 0 && view_cut(&rest, '\n', &line))
		envelope_note(at->env, VIEW_FMT, VIEW_ARG(view_trim_end(line)));
}

static void set_outcome(struct attempt *at, struct rcpt *const *rcpts, size_t n, struct status *st)
{
	if (status_outcome(st) == OUTCOME_SENT && flag_has(&at->mailer->flags, 'l')) {
		pthread_mutex_lock(&at->env->lock);
		for (size_t i = 0; i < n; i++)
			rcpts[i]->flags |= RCPT_DELIVERED_LOCAL;
		pthread_mutex_unlock(&at->env->lock);
	}
	outcome_set(at, rcpts, n, st);
}

static struct status run(struct attempt *at, struct rcpt *const *rcpts, size_t n)
{
	struct agent_child child;
	own_str struct str output = STR_MAX(OUTPUT_MAX);
	int64_t wait_s = at->mailer->wait_s > 0 ? at->mailer->wait_s : PROGRAM_TIME_MAX_S;
	struct feed f = { .child = &child,
			  .output = &output,
			  .deadline = deadline_in_s(PROGRAM_TIME_MAX_S) };
	struct status st;
	int rc, wait_status = 0;

	if (program_start(at, rcpts, n, false, &child, &st) < 0)
		return st;
	rc = feed_message(at, &f);
	f.deadline = deadline_in_s(wait_s);
	if (rc == 0)
		rc = drain_program(&f);
	if (rc == 0)
		rc = agent_wait(at->job->services->agent, &child, f.deadline, &wait_status);
	if (rc < 0)
		agent_forget(at->job->services->agent, &child);
	note_output(at, &output);
	if (rc < 0)
		return status_make(451, "4.3.0", EX_TEMPFAIL_,
				   arena_printf(at->arena,
						"mailer " VIEW_FMT " timed out or could not be fed",
						VIEW_ARG(at->mailer->name)));
	return outcome_of_exit(at->arena, at->mailer, wait_status);
}

void program_deliver(struct attempt *at)
{
	struct task *t = at->task;
	size_t step = flag_has(&at->mailer->flags, 'm') ? t->n_rcpts : 1;

	for (size_t i = 0; i < t->n_rcpts; i += step) {
		struct status st;

		if (t->rcpts[i]->state != RCPT_TRYING)
			continue;
		attempt_say(at, VIEW_FMT "... Connecting to " VIEW_FMT "...",
			    VIEW_ARG(t->rcpts[i]->address), VIEW_ARG(at->mailer->name));
		st = run(at, t->rcpts + i, step);
		set_outcome(at, t->rcpts + i, step, &st);
	}
}
