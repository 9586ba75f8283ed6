/*
 * queue_act.c - hold, release, retry, delete, bounce.
 *
 *   ask the daemons to spill -> choose -> ask the operator -> each message under its lock -> tell the daemons
 */
#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "mail/status.h"
#include "programs/postrider.h"
#include "programs/queue_command.h"
#include "queue/journal_dir.h"
#include "queue/operate.h"
#include "queue/request.h"
#include "report/mail_log.h"
#include "report/report.h"

#define ANSWER_MS   30000
#define SAMPLES     3
#define REQUEST_MAX (1u << 20)

struct act {
	struct queue_run_ctx *c;
	struct queue_chosen chosen;
	struct str samples;
	struct str about;   /* the message in hand, for the log */
	struct str request; /* for the daemons */
	bool is_told;       /* all of them obeyed so far */
	bool is_active;     /* the message in hand: being delivered when it was chosen */
	size_t n_done, n_busy, n_gone, n_failed;
	struct queue *queue; /* bounce */
	struct report_ctx report;
};

/* ---- choosing ---- */

static bool prepare(void *arg, const struct queue_entry *e, struct str *out)
{
	const struct act *a = arg;
	bool is_delete = strcmp(a->c->wish->verb->name, "delete") == 0;
	size_t start = out->len;
	int room;
	bool may_be_empty = e->letter == 'Q' || is_delete;
	/* A file without a byte may be one that is being made: it goes only by its name. */
	bool is_named = is_delete && e->error == 0 && a->c->wish->pick.ids;

	if ((!is_named && !queue_is_readable(a->c, e)) || (e->head.is_empty && !may_be_empty) ||
	    !queue_pick_matches(a->c, e))
		return false;
	str_addf(out, "  %-16s  from ", e->id);
	room = QUEUE_COLUMNS - 4 - (int)(out->len - start);
	queue_add_cut(out, e->head.sender.len > 2 ? queue_bare(e->head.sender) : VIEW("<>"),
		      room / 2);
	str_addz(out, " to ");
	queue_add_cut(out, queue_bare(e->head.first_rcpt), room / 2);
	str_addc(out, '\n');
	return true;
}

static bool take(void *arg, const struct queue_entry *e, struct view sample)
{
	struct act *a = arg;
	struct queue_chosen *v = &a->chosen;
	struct queue_choice *choice;

	MEM_GROW(v->v, v->n, v->cap);
	choice = &v->v[v->n++];
	choice->dir = (uint16_t)e->dir;
	choice->letter = e->letter;
	choice->is_active = e->is_locked && !e->is_journaled;
	memcpy(choice->id, e->id, sizeof(choice->id));
	v->n_new += e->is_journaled;
	if (v->n <= SAMPLES)
		str_add(&a->samples, sample);
	return true;
}

static void choose(struct act *a)
{
	struct walk_params p = { .with_locks = true, .prepare = prepare, .take = take, .arg = a };

	queue_pick_walk(a->c, &p);
}

void queue_choose(struct queue_run_ctx *c, struct queue_chosen *out)
{
	struct act a = { .c = c, .samples = STR_MAX(4096) };

	choose(&a);
	*out = a.chosen;
	str_done(&a.samples);
}

/* ---- the daemons ---- */

static void complain_of_daemon(int result)
{
	fprintf(stderr, "postrider queue: the daemon did not answer (%s)\n", strerror(-result));
}

void queue_ask_to_spill(struct queue_run_ctx *c)
{
	int result;

	journal_adopt(c->spool); /* what a daemon that died has left */
	result = request_send(c->spool, VIEW("spill\n"), deadline_in(ANSWER_MS));
	if (result < 0)
		complain_of_daemon(result);
}

static void send_request(struct act *a)
{
	int result;

	if (a->request.len == 0 || a->c->n_daemons == 0)
		return;
	result = request_send(a->c->spool, str_view(&a->request), deadline_in(ANSWER_MS));
	if (result < 0) {
		a->is_told = false;
		complain_of_daemon(result);
	}
	str_clear(&a->request);
}

static void tell_to_try(struct act *a, const struct queue_choice *choice)
{
	str_addf(&a->request, "try %s %s\n", a->c->spool->dirs[choice->dir].path, choice->id);
	if (a->request.len > REQUEST_MAX)
		send_request(a);
}

/* ---- one message ---- */

/* "from=<a@b>, to=<c@d> and 2 more" */
static void note_about(struct act *a, struct view text)
{
	struct view value;
	struct qf_head head;
	size_t n = 0;
	char letter;

	str_clear(&a->about);
	select_head(text, &head);
	while (select_line(&text, &letter, &value) && letter != 'H')
		n += letter == 'R';
	str_addf(&a->about, ", from=" VIEW_FMT, VIEW_ARG(view_first(head.sender, 256)));
	if (n > 0)
		str_addf(&a->about, ", to=" VIEW_FMT, VIEW_ARG(view_first(head.first_rcpt, 256)));
	if (n > 1)
		str_addf(&a->about, " and %zu more", n - 1);
}

static bool is_still_meant(void *arg, struct view text)
{
	struct act *a = arg;

	note_about(a, text);
	return queue_pick_text(a->c, text);
}

static const char *operator_name(void)
{
	struct passwd *pw = getpwuid(getuid());

	return pw ? pw->pw_name : "an operator";
}

static enum operate_result hold(struct act *a, const struct operate_on *on, int *error)
{
	char why[300];

	snprintf(why, sizeof(why), "held by %s", operator_name());
	return operate_hold(on, a->c->wish->why ? a->c->wish->why : why, error);
}

static enum operate_result release(struct act *a, const struct operate_on *on, int *error)
{
	(void)a;
	return operate_release(on, error);
}

/* With a daemon it is enough to tell it; else the file says that it is due. */
static enum operate_result retry(struct act *a, const struct operate_on *on, int *error)
{
	if (a->is_active)
		return OPERATE_BUSY;
	return a->c->n_daemons > 0 && a->is_told ? OPERATE_DONE : operate_retry(on, error);
}

static enum operate_result delete (struct act *a, const struct operate_on *on, int *error) {
	(void)a; return operate_delete(on, error);
}

static enum operate_result bounce(struct act *a, const struct operate_on *on, int *error)
{
	char text[400];
	struct status why;

	snprintf(text, sizeof(text), "%s",
		 a->c->wish->why ? a->c->wish->why : "delivery was given up by the administrator");
	why = status_make(554, "5.7.0", EX_UNAVAILABLE_, view_of(text));
	*error = queue_give_up(a->queue, on->dir, on->letter, on->id, &why);
	return *error == 0         ? OPERATE_DONE
	       : *error == -EBUSY  ? OPERATE_BUSY
	       : *error == -ENOENT ? OPERATE_GONE
				   : OPERATE_FAILED;
}

static const struct action {
	const char *name;
	enum operate_result (*act)(struct act *a, const struct operate_on *on, int *error);
	bool is_tried_then; /* the daemons are told to try it */
	const char *log;
} actions[] = {
	{"hold",     hold,    false, "quarantine"  },
        { "release", release, true,  "unquarantine"},
	{ "retry",   retry,   true,  "retry"       },
        { "delete",  delete,  false, "deleted"     },
	{ "bounce",  bounce,  false, "given up"    },
};

static const struct action *action_of(const struct act *a)
{
	size_t i = 0;

	while (strcmp(actions[i].name, a->c->wish->verb->name) != 0)
		i++;
	return &actions[i];
}

static void tell_one(const struct act *a, const char *id, const char *what)
{
	own_str struct str line = STR_MAX(1024);

	if (!a->c->wish->verbose)
		return;
	str_addf(&line, "%s: %s", id, what);
	queue_add_cut(&line, str_view(&a->about), 600);
	puts(str_z(&line));
}

static void act_on(struct act *a, const struct action *what, const struct queue_choice *choice)
{
	struct operate_on on = { .spool = a->c->spool,
				 .dir = choice->dir,
				 .letter = choice->letter,
				 .id = choice->id,
				 .is_meant = is_still_meant,
				 .arg = a };
	int error = 0;

	str_clear(&a->about);
	a->is_active = choice->is_active;
	switch (what->act(a, &on, &error)) {
	case OPERATE_DONE:
		a->n_done++;
		if (what->is_tried_then)
			tell_to_try(a, choice);
		log_event(a->c->rt.services.log, 0, LOG_INFO, choice->id, "%s by %s%s", what->log,
			  operator_name(), str_z(&a->about));
		tell_one(a, choice->id, a->c->wish->verb->past);
		break;
	case OPERATE_BUSY:
		a->n_busy++;
		tell_one(a, choice->id, "left alone: being delivered");
		break;
	case OPERATE_GONE:
		a->n_gone++;
		tell_one(a, choice->id, "gone meanwhile");
		break;
	case OPERATE_FAILED:
		a->n_failed++;
		fprintf(stderr, "postrider queue: %s: %s\n", choice->id,
			error == -EBADMSG ? "not a queue file as it ought to be (owner, mode or "
					    "contents), set aside as lost; the log says why"
					  : strerror(-error));
		break;
	}
}

/* ---- asking ---- */

/* False when the operator does not want it after all. */
static bool is_agreed(const struct act *a, int *out_status)
{
	own_str struct str count = STR_MAX(64);
	char answer[16];

	*out_status = EX_OK_;
	if (a->chosen.n <= 1 || a->c->wish->yes)
		return true;
	queue_add_count(&count, (int64_t)a->chosen.n);
	if (!isatty(STDIN_FILENO)) {
		*out_status = subcommand_usage(
			"queue", "%s messages match; without a terminal to ask at, --yes is needed",
			str_z(&count));
		return false;
	}
	/* Where it is seen when the answer goes to a file. */
	fputs(str_z(&a->samples), stderr);
	if (a->chosen.n > SAMPLES)
		fputs("  ...\n", stderr);
	fprintf(stderr, "%c%s %s messages? [y/N] ",
		toupper((unsigned char)a->c->wish->verb->verb[0]), a->c->wish->verb->verb + 1,
		str_z(&count));
	if (fgets(answer, sizeof(answer), stdin) &&
	    (strcmp(answer, "y\n") == 0 || strcmp(answer, "yes\n") == 0))
		return true;
	puts("Nothing is done.");
	return false;
}

/* ---- bounces are reports, and these are messages ---- */

static int attempt_over(void *arg, struct envelope *e)
{
	struct act *a = arg;
	struct rcpt **v = mem_zero((e->n_rcpts + 1) * sizeof(struct rcpt *));
	struct mail_log_delivery d = { .env = e, .rcpts = v };

	LIST_EACH (&e->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (r->state == RCPT_FAILED && d.n < e->n_rcpts)
			v[d.n++] = r;
	}
	if (d.n) {
		d.status = &v[0]->status;
		d.stat = v[0]->status.text;
		mail_log_to(a->c->rt.services.log, &d);
	}
	free(v);
	return report_attempt_over(&a->report, e);
}

static int open_queue(struct act *a)
{
	own_str struct str why = STR_MAX(1024);
	struct queue_params p = { .slot = a->c->rt.slot,
				  .services = &a->c->rt.services,
				  .on_attempt_over = attempt_over,
				  .on_attempt_arg = a };

	a->queue = queue_open(&p, &why);
	if (!a->queue) {
		fprintf(stderr, "postrider queue: %s\n", str_z(&why));
		return EX_NOPERM_;
	}
	a->report = (struct report_ctx){ .queue = a->queue,
					 .services = &a->c->rt.services,
					 .statistics = statistics_new() };
	return EX_OK_;
}

static void close_queue(struct act *a)
{
	queue_close(a->queue);
	report_close(&a->report, a->c->rt.slot);
	str_addz(&a->request, "look\n");
	if (a->n_done && a->c->n_daemons == 0)
		puts("No daemon runs: the reports wait for the next queue run.");
}

/* ---- the whole ---- */

/* "1,234 messages rest.", nothing for none. */
static void print_number(size_t n, const char *what, const char *rest)
{
	own_str struct str count = STR_MAX(64);

	if (n == 0)
		return;
	queue_add_count(&count, (int64_t)n);
	printf("%s %s%s %s.\n", str_z(&count), what, n == 1 ? "" : "s", rest);
}

/* " (release is about those that are held; --state says otherwise)" */
static void tell_none(const struct queue_wish *w)
{
	own_str struct str states = STR_MAX(100);

	for (int i = 0; i < 5; i++)
		if (w->verb->states & 1u << i)
			str_addf(&states, "%s%s", states.len ? ", " : "",
				 queue_state_name((enum queue_state)(1 << i)));
	fputs("No message matches", stdout);
	if (!w->pick.states && w->verb->states != STATE_ALL)
		printf(" (%s is about the states %s; --state says otherwise)", w->verb->name,
		       str_z(&states));
	puts(".");
}

static int tell_end(const struct act *a)
{
	const struct queue_pick *pick = &a->c->wish->pick;
	size_t n_unknown = queue_pick_unknown(pick, a->chosen.n);

	if (a->chosen.n == 0)
		tell_none(a->c->wish);
	print_number(a->n_done, "message", a->c->wish->verb->past);
	print_number(a->n_busy, "message", "left alone: being delivered just now, try again");
	print_number(a->n_gone, "message", "gone meanwhile");
	if (a->chosen.n)
		print_number(n_unknown, "id", "not found");
	if (a->n_failed)
		return EX_OSERR_;
	if (a->n_busy)
		return EX_TEMPFAIL_;
	return n_unknown || (pick->ids && (a->chosen.n == 0 || a->n_gone)) ? EX_NOINPUT_ : EX_OK_;
}

static void act_on_all(struct act *a)
{
	const struct action *what = action_of(a);

	for (size_t i = 0; i < a->chosen.n; i++)
		act_on(a, what, &a->chosen.v[i]);
}

int queue_act(struct queue_run_ctx *c)
{
	struct act a = { .c = c,
			 .samples = STR_MAX(4096),
			 .about = STR_MAX(1000),
			 .request = STR_MAX(REQUEST_MAX + 8192),
			 .is_told = true };
	bool is_bounce = strcmp(c->wish->verb->name, "bounce") == 0;
	int status;

	queue_ask_to_spill(c);
	choose(&a);
	if (is_agreed(&a, &status)) {
		if (is_bounce)
			status = open_queue(&a);
		if (status == EX_OK_)
			act_on_all(&a);
		if (is_bounce && a.queue)
			close_queue(&a);
		send_request(&a);
		if (status == EX_OK_)
			status = tell_end(&a);
	}
	str_done(&a.samples);
	str_done(&a.about);
	str_done(&a.request);
	free(a.chosen.v);
	return status;
}
