/* daemon_mode.c - see daemon_mode.h. */
#include "programs/daemon_mode.h"

#include "daemon/daemon.h"
#include "mail/status.h"
#include "programs/runtime.h"

/* "30m", "1h30m", "90" (minutes): seconds, -1 when it is no time. */
static int64_t parse_interval(const char *text)
{
	int64_t total = 0;

	while (*text) {
		int64_t n = 0, unit = 60;

		if (*text < '0' || *text > '9')
			return -1;
		while (*text >= '0' && *text <= '9' && n < 100000000)
			n = n * 10 + (*text++ - '0');
		switch (*text) {
		case 'w':
			unit = 7 * 86400;
			break;
		case 'd':
			unit = 86400;
			break;
		case 'h':
			unit = 3600;
			break;
		case 'm':
			unit = 60;
			break;
		case 's':
			unit = 1;
			break;
		case '\0':
			return total + n * unit;
		default:
			return -1;
		}
		text++;
		total += n * unit;
	}
	return total;
}

int daemon_mode(const struct flags *f, char **argv)
{
	struct runtime_start start;
	struct daemon_params p = { .resolver = runtime_resolver_params,
				   .argv = (const char *const *)argv,
				   .is_foreground = f->mode == 'D',
				   .with_smtp = f->mode == 'd' || f->mode == 'D',
				   .is_persistent = f->queue_persistent };
	int rc;

	if (f->queue_interval) {
		p.run_interval_s = parse_interval(f->queue_interval);
		if (p.run_interval_s < 0) {
			fprintf(stderr, "sendmail: -q%s: not a time (such as 30m or 1h)\n",
				f->queue_interval);
			return EX_USAGE_;
		}
	}
	runtime_start_init(f, true, &start);
	p.config = &start.config;
	p.log = start.log;
	p.hostname = start.hostname;
	rc = daemon_run(&p);
	runtime_start_done(&start);
	return rc;
}
