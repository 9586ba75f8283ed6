/*
 * quarantine.c - the operator's -Q: sets messages aside with a reason, or lets them go again.
 *
 * Messages in the hands of somebody else are left alone.
 */
#include <errno.h>

#include "queue/journal_dir.h"
#include "queue/operate.h"
#include "queue/scan.h"

struct aside {
	const struct spool *spool;
	const struct queue_select *sel;
	const char *reason; /* NULL: release */
	size_t n;
	int failed;
};

static bool is_meant(void *arg, struct view text)
{
	return select_text(((const struct aside *)arg)->sel, text);
}

static bool consider(void *arg, int dir, char letter, const char *id)
{
	struct aside *a = arg;
	struct operate_on on = { .spool = a->spool,
				 .dir = dir,
				 .letter = letter,
				 .id = id,
				 .is_meant = is_meant,
				 .arg = a };
	int error = 0;
	enum operate_result got;

	if (letter != select_letters(a->sel)[0] || !select_id(a->sel, view_of(id)))
		return true;
	got = a->reason ? operate_hold(&on, a->reason, &error) : operate_release(&on, &error);
	if (got == OPERATE_FAILED)
		a->failed = error;
	if (got != OPERATE_DONE)
		return true;
	a->n++;
	if (a->reason)
		log_event(a->spool->log, 0, LOG_INFO, id, "quarantine=%s", a->reason);
	else
		log_event(a->spool->log, 0, LOG_INFO, id, "unquarantine");
	return true;
}

int queue_quarantine(const struct snapshot *snap, const struct queue_select *sel,
		     const char *reason, size_t *out_n)
{
	own_str struct str why = STR_MAX(4300);
	struct log *log = snap->services->log;
	struct spool *s = spool_open(snap->cf, log, false, &why);
	struct aside a = { .spool = s, .sel = sel, .reason = reason && *reason ? reason : NULL };

	if (!s) {
		log_event(log, 0, LOG_CRIT, NULL, "%s", str_z(&why));
		return -ENOENT;
	}
	journal_adopt(s);
	for (int dir = 0; dir < s->n_dirs; dir++)
		scan_dir(s, dir, consider, &a);
	spool_close(s);
	*out_n = a.n;
	return a.failed;
}
