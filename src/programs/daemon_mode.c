/* daemon_mode.c - see daemon_mode.h. */
#include "programs/daemon_mode.h"

#include "daemon/daemon.h"
#include "mail/status.h"
#include "programs/runtime.h"
#include "queue/queue.h"

/* Seconds of a unit's letter; 0: there is no such unit. */
static int64_t unit_seconds(char letter)
{
	switch (letter) {
	case 'w':
		return 7 * 86400;
	case 'd':
		return 86400;
	case 'h':
		return 3600;
	case 'm':
	case '\0':
		return 60;
	case 's':
		return 1;
	default:
		return 0;
	}
}

/* "30m", "1h30m", "90" (minutes): seconds, -1 after a word about each unit that is none. */
int64_t daemon_mode_interval(const char *text)
{
	int64_t total = 0;
	bool is_bad = false;

	while (*text) {
		int64_t n = 0, unit;

		while (*text >= '0' && *text <= '9' && n < 100000000)
			n = n * 10 + (*text++ - '0');
		unit = unit_seconds(*text);
		if (unit == 0)
			fprintf(stderr, "Invalid time unit `%c'\n", *text);
		is_bad = is_bad || unit == 0;
		text += *text != '\0';
		total += n * unit;
	}
	return is_bad ? -1 : total;
}

int daemon_mode(const struct flags *f, char **argv)
{
	struct runtime_start start;
	struct daemon_params p = { .resolver = runtime_resolver_params,
				   .argv = (const char *const *)argv,
				   .is_foreground = f->mode == 'D',
				   .with_smtp = f->mode == 'd' || f->mode == 'D',
				   .is_persistent = f->queue_persistent };
	struct queue_select select = f->select;
	int rc;

	select.group = NULL; /* -qG names the group of one run */
	if (select.n > 0 || select.quarantined || select.lost)
		p.select = &select;
	if (f->queue_interval) {
		p.run_interval_s = daemon_mode_interval(f->queue_interval);
		if (p.run_interval_s < 0)
			return EX_USAGE_;
	}
	runtime_start_init(f, true, &start);
	p.config = &start.config;
	p.log = start.log;
	p.hostname = start.hostname;
	rc = daemon_run(&p);
	runtime_start_done(&start);
	return rc;
}
