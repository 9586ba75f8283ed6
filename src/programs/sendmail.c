/*
 * sendmail.c - see sendmail.h: from flags to what was asked for, one function a mode.
 *
 * Everything but the daemon is one process without a journal. Delivery mode b (background) forks before any thread
 * exists: the child reads and accepts the message, tells its status through a pipe, and delivers after the parent has gone.
 */
#include "programs/sendmail.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/own.h"
#include "build_config.h"
#include "config/check.h"
#include "deliver/deliverer.h"
#include "map/map.h"
#include "net/park.h"
#include "programs/agent_child.h"
#include "programs/daemon_mode.h"
#include "programs/runtime.h"
#include "queue/hoststat.h"
#include "queue/queue_id.h"
#include "receive/server.h"
#include "receive/submit.h"
#include "report/dead_letter.h"
#include "report/report.h"
#include "resolve/alias_names.h"
#include "rewrite/testmode.h"
#include "smtp/auth_library.h"

#define RUN_ALONE_MAX 50 /* messages that one thread delivers strictly one after the other */
#define RUN_THREADS   16

struct session { /* a command-line run with a queue */
	struct runtime rt;
	const struct flags *flags;
	struct queue *queue;
	struct deliverer *deliverer;
	struct report_ctx report;
	_Atomic int worst; /* exit status of what failed for good while it was delivered */
};

static void write_stdout(void *arg, struct view text)
{
	(void)arg;
	fwrite(text.p, 1, text.len, stdout);
}

/* -v: remarks as they are, protocol lines with their arrow (contract/command-line.md 8.4). */
static void write_verbose(void *arg, int is_out, struct view line)
{
	(void)arg;
	fprintf(stdout, "%s" VIEW_FMT "\n", is_out > 0 ? ">>> " : "", VIEW_ARG(line));
	fflush(stdout);
}

/* Recipients of which nobody was told yet that they failed; with `mark`, now they were. */
static size_t unreported(struct envelope *env, bool mark)
{
	size_t n = 0;

	LIST_EACH (&env->rcpts, it) {
		struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (r->state != RCPT_FAILED || (r->flags & RCPT_REPORTED))
			continue;
		n++;
		if (mark)
			r->flags |= RCPT_REPORTED;
	}
	return n;
}

/* A caller who sees the errors printed finds the message itself in his dead.letter, and gets no report. */
static void save_dead_letter(const struct session *s, struct envelope *env)
{
	char path[PATH_MAX], buffer[4096];
	struct passwd entry, *found = NULL;

	if (!(env->flags & ENV_SENDER_IS_CALLER) || env->error_mode != ERRORS_PRINT ||
	    unreported(env, false) == 0)
		return;
	if (getpwuid_r(s->rt.start.real_uid, &entry, buffer, sizeof(buffer), &found) != 0 || !found)
		return;
	snprintf(path, sizeof(path), "%s/dead.letter", found->pw_dir);
	if (dead_letter_append(env, &s->rt.services, path) < 0)
		return;
	fprintf(stderr, "%s... Saved message in %s\n", path, path);
	unreported(env, true);
}

/* A way in the DNS that leads back to us is a mistake of the system's, not a mailer's complaint. */
static int exit_of(const struct status *st)
{
	if (st->exit == EX_CONFIG_ && st->remote.len > 0)
		return EX_SOFTWARE_;
	return status_exit_name(st->exit) ? st->exit : EX_UNAVAILABLE_;
}

static int attempt_over(void *arg, struct envelope *env)
{
	struct session *s = arg;

	LIST_EACH (&env->rcpts, it) {
		const struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		if (r->state == RCPT_FAILED && !(r->flags & RCPT_REPORTED) &&
		    !(env->flags & ENV_RESPONSE))
			s->worst = exit_of(&r->status);
	}
	save_dead_letter(s, env);
	return report_attempt_over(&s->report, env);
}

static void say_line(void *arg, struct view line)
{
	write_verbose(arg, -1, line);
}

static int open_queue(struct session *s)
{
	own_str struct str why = STR_MAX(1024);
	struct queue_params qp = { .slot = s->rt.slot,
				   .services = &s->rt.services,
				   .with_schedule = true,
				   .on_attempt_over = attempt_over,
				   .on_attempt_arg = s,
				   .say = s->flags->verbose ? say_line : NULL };
	struct deliverer_params dp = { .slot = s->rt.slot, .services = &s->rt.services };

	s->queue = queue_open(&qp, &why);
	if (!s->queue) {
		fprintf(stderr, "%s\n", str_z(&why));
		return EX_NOPERM_;
	}
	s->report = (struct report_ctx){ .queue = s->queue,
					 .services = &s->rt.services,
					 .statistics = statistics_new(),
					 .say = s->flags->verbose ? say_line : NULL };
	dp.queue = s->queue;
	dp.max_threads = RUN_THREADS;
	dp.verbose = s->flags->verbose ? write_verbose : NULL;
	dp.complain = s->flags->queue_foreground ? write_verbose : NULL;
	s->deliverer = deliverer_new(&dp);
	return 0;
}

static void close_session(struct session *s)
{
	if (s->deliverer)
		deliverer_free(s->deliverer);
	if (s->queue) {
		queue_close(s->queue);
		report_close(&s->report, s->rt.slot);
	}
	runtime_close(&s->rt);
}

static struct submit_params submit_params_of(const struct session *s)
{
	const struct flags *f = s->flags;

	return (struct submit_params){ .snap = s->rt.snap,
				       .services = &s->rt.services,
				       .queue = s->queue,
				       .fd_in = STDIN_FILENO,
				       .sender = f->sender,
				       .full_name = f->full_name,
				       .rcpts = f->rcpts,
				       .n_rcpts = f->n_rcpts,
				       .from_header = f->from_header,
				       .dot_is_text = f->dot_is_text,
				       .no_aliases = f->no_aliases,
				       .verbose = f->verbose,
				       .body_type = f->body_type,
				       .notify = f->notify,
				       .ret = f->ret,
				       .envid = f->envid,
				       .protocol = f->protocol,
				       .hop_count = f->hop_count,
				       .is_gateway = f->is_gateway,
				       .is_utf8 = f->is_utf8,
				       .delivery_mode = f->verbose ? 'i' : 0,
				       .real_uid = s->rt.start.real_uid };
}

/* Delivery mode b: the parent waits until the child has accepted the message, then exits with that status. Returns only in
 * the child, with the descriptor on which to tell the status. */
static int go_background(void)
{
	int ends[2];
	pid_t pid;
	unsigned char status = EX_TEMPFAIL_;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid < 0) {
		close(ends[0]);
		close(ends[1]);
		return -1;
	}
	if (pid > 0) {
		close(ends[1]);
		if (read(ends[0], &status, 1) != 1)
			status = EX_OSERR_;
		_exit(status);
	}
	close(ends[0]);
	return ends[1];
}

static void tell_parent(int fd, int status)
{
	unsigned char byte = (unsigned char)status;
	int null;

	if (fd < 0)
		return;
	fflush(stdout);
	fflush(stderr);
	setsid();
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		close(null);
	}
	if (write(fd, &byte, 1) != 1)
		return; /* the parent has been killed; the message is safe all the same */
	close(fd);
}

/* Where errors go decides what the program says at its end, too. */
static int exit_by_error_mode(const struct session *s, int rc)
{
	bool is_never = s->rt.snap->cf->options.error_mode == 'e';

	return is_never || rc == EX_TEMPFAIL_ ? 0 : rc;
}

/* The refused are reported, the rest accepted, all of it or nothing. Background delivery mails its errors. */
static int accept_submitted(struct session *s, struct submitted *m, char mode)
{
	struct envelope **all = ARENA_ARRAY(s->flags->arena, struct envelope *, m->n_copies + 1);
	size_t n = 0;
	bool is_now;

	if (mode == 'b' && (!envelope_is_done(m->env) || m->n_copies > 0))
		m->env->error_mode = ERRORS_MAIL;
	if (!(m->env->flags & ENV_RCPTS_FROM_HEADER))
		save_dead_letter(s, m->env);
	/* What is delivered now is reported on when that is over, all in one. */
	is_now = (mode == 'i' || mode == 'b') && !(m->env->flags & ENV_HOLD) &&
		 !envelope_is_done(m->env);
	if (!is_now && envelope_count(m->env, RCPT_FAILED) > 0 &&
	    report_attempt_over(&s->report, m->env) < 0)
		return EX_TEMPFAIL_;
	if (!envelope_is_done(m->env))
		all[n++] = m->env;
	for (size_t i = 0; i < m->n_copies; i++)
		all[n++] = m->copies[i];
	if (n > 0 && queue_accept_many(s->queue, all, n) < 0)
		return EX_TEMPFAIL_;
	if (n > m->n_copies)
		m->env = NULL; /* the queue's from here on */
	m->n_copies = 0;
	return 0;
}

static int submit(struct session *s)
{
	struct submit_params p;
	struct submitted m = { .env = NULL };
	char mode = s->flags->verbose ? 'i' : s->rt.snap->cf->options.delivery_mode;
	int parent = -1, rc, failed = 0;

	if (mode == 'b')
		parent = go_background();
	rc = open_queue(s);
	if (rc == 0) {
		p = submit_params_of(s);
		rc = exit_by_error_mode(s, submit_read(&p, &m));
	}
	if (m.env)
		failed = accept_submitted(s, &m, mode);
	submitted_done(&m);
	tell_parent(parent, failed ? failed : rc);
	if (s->queue && failed == 0)
		deliver_run(s->deliverer);
	if (failed == 0 && rc == 0 && mode == 'i')
		rc = exit_by_error_mode(s, s->worst);
	return failed ? failed : rc;
}

static int smtp_on_stdio(struct session *s)
{
	struct server_params p = { .slot = s->rt.slot, .services = &s->rt.services };
	struct server *server;
	int rc = open_queue(s);

	if (rc)
		return rc;
	p.queue = s->queue;
	p.daemon_info = "SMTP";
	p.auth = server_open_auth(s->rt.snap->cf, s->rt.services.log);
	server = server_new(&p);
	rc = server_run_stdio(server, STDIN_FILENO, STDOUT_FILENO);
	server_free(server);
	auth_library_close(p.auth);
	deliver_run(s->deliverer);
	return rc;
}

static int verify(struct session *s)
{
	struct submit_params p = submit_params_of(s);

	return submit_verify(&p);
}

static bool is_notify_list(const char *text)
{
	struct view rest = view_of(text), word;

	if (view_eq_nocase(rest, VIEW("never")))
		return true;
	while (view_cut(&rest, ',', &word))
		if (!view_eq_nocase(word, VIEW("success")) &&
		    !view_eq_nocase(word, VIEW("failure")) && !view_eq_nocase(word, VIEW("delay")))
			return false;
	return true;
}

/* Flags that make no sense are told of, and test mode goes on; the status they leave behind. */
static int complain_of_flags(const struct flags *f)
{
	int rc = 0;

	if (f->body_type && strcasecmp(f->body_type, "7bit") != 0 &&
	    strcasecmp(f->body_type, "8bitmime") != 0)
		printf("Illegal body type %s\n", f->body_type);
	if (f->notify && !is_notify_list(f->notify)) {
		puts("Invalid -N argument");
		rc = EX_USAGE_;
	}
	if (f->ret && strcasecmp(f->ret, "full") != 0 && strcasecmp(f->ret, "hdrs") != 0) {
		puts("Invalid -R value");
		rc = EX_USAGE_;
	}
	if (f->has_queue_run) {
		puts("Can not use -q with -bt");
		rc = EX_USAGE_;
	}
	return rc;
}

static volatile sig_atomic_t is_interrupted;

/* The first interrupt leads back to the prompt, as soon as what is running has ended; a second one before that ends the program. */
static void note_interrupt(int number)
{
	if (is_interrupted)
		_exit(128 + number);
	is_interrupted = 1;
}

static int test_mode(struct session *s)
{
	struct sigaction interrupts = { .sa_handler =
						note_interrupt }; /* read() is not restarted */
	int flags_rc = complain_of_flags(s->flags), rc;

	struct testmode_params p = { .debug = s->flags->debug, .is_verbose = s->flags->verbose };
	const struct passwd *user = getpwuid(getuid());
	struct queue_id_source ids;
	char id[32];

	queue_id_init(&ids, getpid(), 0);
	queue_id_next(&ids, wall_s(), id);
	p.id = id;
	p.protocol = s->flags->protocol;
	if (user)
		p.user = user->pw_name;
	sigaction(SIGINT, &interrupts, NULL);
	p.interrupted = &is_interrupted;
	rc = testmode_run(s->rt.snap, &s->rt.services, stdin, stdout, &p);
	return flags_rc ? flags_rc : rc;
}

static int rebuild_aliases(struct session *s)
{
	own_str struct str out = STR_MAX(1 << 20);
	struct alias_names names = { s->rt.snap, &s->rt.services };
	struct map_alias_names hooks = alias_names_hooks(&names);
	int rc;

	signal(SIGINT, SIG_IGN); /* a rebuild is not broken off by a slip of the hand */
	rc = map_rebuild_aliases(s->rt.snap->cf, &s->rt.services, &hooks, &out);
	fputs(str_z(&out), stdout);
	return rc;
}

static int list_queue(struct session *s)
{
	return queue_list(s->rt.snap, &s->flags->select, s->flags->verbose, write_stdout, NULL);
}

static int list_totals(struct session *s)
{
	return queue_list_totals(s->rt.snap, write_stdout, NULL);
}

/* Whoever cannot get into the queue's directory, or its parent when there are several, gets no further. */
static bool can_reach_queue(const struct session *s)
{
	own_str struct str dir = STR_MAX(PATH_MAX);
	struct view base = config_queue_base(s->rt.snap->cf->options.queue_directory);
	char mode = s->rt.snap->cf->options.error_mode;
	const struct passwd *user;
	int error;

	str_add(&dir, base);
	if (dir.len == 0 || eaccess(str_z(&dir), X_OK) == 0)
		return true;
	error = errno;
	user = getpwuid(getuid());
	if (s->flags->mode == 's')
		printf("451 4.0.0 can not chdir(%s/): %s\r\n", str_z(&dir), strerror(error));
	else if (mode == 'p' || mode == 0)
		printf("can not chdir(%s/): %s\n", str_z(&dir), strerror(error));
	fflush(stdout); /* before what goes to standard error */
	if (error == EACCES)
		fprintf(stderr,
			"Program mode requires special privileges, e.g., root or TrustedUser.\n");
	log_event(s->rt.services.log, 0, LOG_CRIT, "", "SYSERR(%s): can not chdir(%s/): %s",
		  user ? user->pw_name : "unknown", str_z(&dir), strerror(error));
	return false;
}

static bool owns_queue(const struct session *s)
{
	struct view path = config_queue_base(s->rt.snap->cf->options.queue_directory);
	struct stat st;

	return stat(arena_dupz(s->flags->arena, path), &st) == 0 && st.st_uid == getuid();
}

/* What only root, TrustedUser and the owner of the queue may do; says so to the others. */
static bool is_trusted(const struct session *s)
{
	uid_t uid = getuid();

	if (uid == 0 || uid == s->rt.snap->cf->options.trusted_uid || owns_queue(s))
		return true;
	fputs("Permission denied (real uid not trusted)\n", stderr);
	return false;
}

/* Is there the group that -qG names? Says so when there is none. */
static bool is_group_known(const struct session *s)
{
	const char *group = s->flags->select.group;

	if (!group || config_group(s->rt.snap->cf, view_of(group)))
		return true;
	fprintf(stderr, "Queue group %s unknown\n", group);
	return false;
}

/* -Q: the operator sets messages aside, or lets them go. */
static int quarantine(struct session *s)
{
	size_t n;

	if (!is_trusted(s))
		return EX_USAGE_;
	if (!can_reach_queue(s))
		return exit_by_error_mode(s, EX_CONFIG_);
	if (!is_group_known(s))
		return EX_OK_;
	return queue_quarantine(s->rt.snap, &s->flags->select, s->flags->quarantine,
				s->flags->verbose ? write_stdout : NULL, NULL, &n) < 0
		       ? EX_OSERR_
		       : EX_OK_;
}

static int list_hosts(struct session *s)
{
	if (!can_reach_queue(s))
		return exit_by_error_mode(s, EX_CONFIG_);
	if (s->rt.snap->cf->options.host_status_directory.len == 0)
		return EX_OK_;
	return hoststat_list(s->rt.snap, s->flags->verbose, write_stdout, NULL);
}

static int purge_hosts(struct session *s)
{
	if (!is_trusted(s)) {
		log_event(s->rt.services.log, 0, LOG_ALERT, NULL,
			  "user %ld attempted to purge host status", (long)getuid());
		return EX_USAGE_;
	}
	if (s->rt.snap->cf->options.host_status_directory.len == 0)
		return EX_OK_;
	return hoststat_purge(s->rt.snap);
}

/* With restrictqrun only root and the owner of the queue directory may run the queue (contract/security.md 11.3). */
static bool may_run_queue(const struct session *s)
{
	return !(s->rt.snap->cf->options.privacy_options & PRIVACY_RESTRICTQRUN) || getuid() == 0 ||
	       owns_queue(s);
}

/* A long run has several threads, which begin the messages in their order. False: that is not to be had. */
static bool run_by_many(struct session *s)
{
	struct agent *own = s->rt.services.agent;
	pid_t pid;
	struct agent *child = agent_child_start(s->rt.snap->cf, &pid);

	if (!child)
		return false;
	s->rt.services.agent = child;
	deliver_run_many(s->deliverer);
	s->rt.services.agent = own;
	agent_child_end(child, pid);
	return true;
}

/* NiceQueueRun, and N= of the one group that is run: this process is the runner. */
static void be_nice(const struct session *s)
{
	const struct config *cf = s->rt.snap->cf;
	int increment = cf->options.nice_queue_run;

	if (s->flags->select.group)
		increment += config_group(cf, view_of(s->flags->select.group))->nice;
	if (increment != 0 && nice(increment) == -1)
		return; /* less than wanted is no reason to leave the mail */
}

static int run_queue(struct session *s)
{
	bool can_reach;
	int rc;

	if (s->flags->quarantine)
		return quarantine(s);
	can_reach = can_reach_queue(s);
	if (!may_run_queue(s)) {
		puts("You do not have permission to process the queue");
		return EX_NOPERM_;
	}
	if (!can_reach) {
		is_group_known(s);
		return exit_by_error_mode(s, EX_CONFIG_);
	}
	if (!is_group_known(s))
		return EX_OK_;
	be_nice(s);
	rc = open_queue(s);
	if (rc)
		return rc;
	if (queue_run(s->queue, &s->flags->select, s->flags->select.n > 0) <= RUN_ALONE_MAX ||
	    s->flags->verbose || !run_by_many(s))
		deliver_run(s->deliverer);
	/* The others have always run in a process that nobody waits for. */
	return s->flags->verbose || s->flags->queue_foreground ? queue_exit_status(s->queue) : 0;
}

static int check_config(struct session *s)
{
	own_str struct str out = STR_MAX(1 << 20);
	int rc = config_check(s->rt.snap->cf, &out);

	fputs(str_z(&out), stdout);
	return rc;
}

static int not_built(struct session *s)
{
	fprintf(stderr, "sendmail: mode -b%c is not built in this version\n", s->flags->mode);
	return EX_UNAVAILABLE_;
}

static const struct mode {
	char letter;
	bool needs_queue;
	int (*run)(struct session *s);
} modes[] = {
	{'m',  true,  submit         },
        { 'a', false, not_built      },
        { 's', true,  smtp_on_stdio  },
	{ 'v', false, verify         },
        { 't', false, test_mode      },
        { 'i', false, rebuild_aliases},
	{ 'p', true,  list_queue     },
        { 'P', true,  list_totals    },
        { 'C', false, check_config   },
	{ 'h', false, list_hosts     },
        { 'H', false, purge_hosts    },
        { 'q', false, run_queue      },
};

/* -d0: what the program is comes before anything it does. */
static void print_identity(const struct session *s)
{
	const char *path = s->flags->debug_file;
	uint8_t level = 0;
	FILE *out;

	if (!s->flags->debug || !debug_parse(s->flags->debug, &level, 1) || level == 0)
		return;
	out = path ? fopen(path, "ae") : stdout;
	if (!out) {
		fprintf(stderr, "sendmail: cannot open %s: %s\n", path, strerror(errno));
		return;
	}
	testmode_print_d0(s->rt.snap, level, NULL, out);
	if (path)
		fclose(out);
	else
		fflush(stdout);
}

/* What the caller ought to know of flags that change who is named, or do nothing yet. */
static void note_flags(const struct session *s)
{
	uid_t user = s->rt.start.real_uid;

	if (s->flags->tag && user != 0 && user != s->rt.snap->cf->options.trusted_uid)
		log_event(s->rt.services.log, 1, LOG_WARNING, NULL, "user %ld changed syslog label",
			  (long)user);
	if (s->flags->traffic)
		fprintf(stderr,
			"sendmail: -X: the traffic log is not built in this version, nothing is written to %s\n",
			s->flags->traffic);
}

static int run_mode(const struct flags *f, char letter)
{
	struct session s = { .flags = f };
	int rc = runtime_open(f, &s.rt);

	if (rc == 0) {
		print_identity(&s);
		note_flags(&s);
	}
	for (size_t i = 0; rc == 0 && i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (modes[i].letter != letter)
			continue;
		if (modes[i].needs_queue && !can_reach_queue(&s))
			rc = exit_by_error_mode(&s, EX_CONFIG_);
		else
			rc = modes[i].run(&s);
		break;
	}
	fflush(stdout);
	close_session(&s);
	return rc;
}

static bool is_daemon(const struct flags *f)
{
	return f->mode == 'd' || f->mode == 'D' || (f->mode == 0 && f->queue_interval);
}

int sendmail_main(int argc, char **argv, enum program_name as)
{
	struct flags f;
	int rc = flags_parse(argc, argv, as, &f);

	if (rc == 0 && f.has_help) {
		flags_print_help(stdout, as);
	} else if (rc == 0 && f.queue_interval && daemon_mode_interval(f.queue_interval) < 0) {
		rc = EX_USAGE_;
	} else if (rc == 0) {
		signal(SIGPIPE, SIG_IGN);
		if (is_daemon(&f))
			rc = daemon_mode(&f, argv);
		else
			rc = run_mode(&f, f.mode                            ? f.mode
					  : f.has_queue_run || f.quarantine ? 'q'
									    : 'm');
	}
	flags_done(&f);
	return rc;
}
