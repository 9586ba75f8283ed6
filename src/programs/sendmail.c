/*
 * sendmail.c - see sendmail.h: from flags to what was asked for, one function a mode.
 *
 * Everything but the daemon is one process without a journal. Delivery mode b (background) forks before any thread
 * exists: the child reads and accepts the message, tells its status through a pipe, and delivers after the parent has gone.
 */
#include "programs/sendmail.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/own.h"
#include "build_config.h"
#include "deliver/deliverer.h"
#include "map/map.h"
#include "net/park.h"
#include "programs/runtime.h"
#include "receive/server.h"
#include "resolve/alias_names.h"
#include "rewrite/testmode.h"

struct session { /* a command-line run with a queue */
	struct runtime rt;
	const struct flags *flags;
};

static int test_mode(struct session *s)
{
	struct testmode_params p = { .debug = s->flags->debug };

	return testmode_run(s->rt.snap, &s->rt.services, stdin, stdout, &p);
}

static int rebuild_aliases(struct session *s)
{
	own_str struct str out = STR_MAX(1 << 20);
	struct alias_names names = { s->rt.snap, &s->rt.services };
	struct map_alias_names hooks = alias_names_hooks(&names);
	int rc = map_rebuild_aliases(s->rt.snap->cf, &s->rt.services, &hooks, &out);

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
	int (*run)(struct session *s);
} modes[] = {
	{'t',  test_mode      },
	{ 'i', rebuild_aliases},
};

static int run_mode(const struct flags *f, char letter)
{
	struct session s = { .flags = f };
	int rc = runtime_open(f, false, &s.rt);
	bool known = false;

	for (size_t i = 0; rc == 0 && i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (modes[i].letter == letter) {
			known = true;
			rc = modes[i].run(&s);
			break;
		}
	}
	if (rc == 0 && !known)
		rc = not_built(&s);
	fflush(stdout);
	runtime_close(&s.rt);
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
		flags_print_help(stdout);
	} else if (rc == 0) {
		signal(SIGPIPE, SIG_IGN);
		if (f.mode == 'C' || is_daemon(&f))
			rc = run_mode(&f, 'a');
		else
			rc = run_mode(&f, f.mode ? f.mode : f.has_queue_run ? 'q' : 'm');
	}
	flags_done(&f);
	return rc;
}
