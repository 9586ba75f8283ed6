/*
 * quarantine.c - the operator's -Q: sets messages aside with a reason, or lets them go again.
 *
 * Messages in the hands of somebody else are left alone.
 */
#include <errno.h>

#include "base/own.h"
#include "queue/journal_dir.h"
#include "queue/operate.h"
#include "queue/scan.h"

struct aside {
	const struct spool *spool;
	const struct queue_select *sel;
	const char *reason; /* NULL: release */
	void (*say)(void *arg, struct view text);
	void *say_arg;
	size_t n, n_of_dir;
	int failed;
};

static bool is_meant(void *arg, struct view text)
{
	return select_text(((const struct aside *)arg)->sel, text);
}

__attribute__((format(printf, 2, 3))) static void tell(const struct aside *a, const char *fmt, ...)
{
	own_str struct str text = STR_MAX(8192);
	va_list ap;

	if (!a->say)
		return;
	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	a->say(a->say_arg, str_view(&text));
}

static void tell_dir(const struct aside *a, const char *before, int dir, const char *after)
{
	own_str struct str path = STR_MAX(4200);

	spool_show_path(a->spool, dir, &path);
	tell(a, "%s%s%s", before, str_z(&path), after);
}

static bool is_wanted_dir(const struct snapshot *snap, const struct aside *a, int dir)
{
	int group = a->spool->dirs[dir].group;

	return !a->sel || !a->sel->group || group >= snap->cf->n_groups ||
	       view_eq_nocase(snap->cf->groups[group].name, view_of(a->sel->group));
}

/* Is it set aside already, and why? */
static bool old_reason(const struct operate_on *on, struct str *out)
{
	own_str struct str text = STR_MAX(SPOOL_QF_MAX);
	struct qf_head head;
	int error;

	if (operate_read(on, &text, &error) != OPERATE_DONE)
		return on->letter == 'h';
	select_head(str_view(&text), &head);
	str_add(out, head.reason);
	return on->letter == 'h' || !view_is_none(head.reason);
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
	own_str struct str old = STR_MAX(1000);
	int error = 0;
	enum operate_result got;
	bool was;

	if (letter != select_letters(a->sel)[0] || !select_id(a->sel, view_of(id)))
		return true;
	was = old_reason(&on, &old);
	if (!a->reason && !was) { /* nothing to let go */
		if (a->n_of_dir++ == 0)
			tell_dir(a, "Processing ", dir, ":\n");
		return true;
	}
	got = a->reason ? operate_hold(&on, a->reason, &error) : operate_release(&on, &error);
	if (got == OPERATE_FAILED)
		a->failed = error;
	if (got == OPERATE_BUSY) {
		own_str struct str path = STR_MAX(4200);

		if (a->n_of_dir++ == 0)
			tell_dir(a, "Processing ", dir, ":\n");
		spool_dir_path(a->spool, dir, &path);
		tell(a, "%s: locked\nSkipping %s/%s\n", id, str_z(&path), id);
	}
	if (got != OPERATE_DONE)
		return true;
	a->n++;
	if (a->n_of_dir++ == 0)
		tell_dir(a, "Processing ", dir, ":\n");
	if (a->reason) {
		log_event(a->spool->log, 0, LOG_INFO, id, "quarantine=%s", a->reason);
		if (was)
			tell(a, "%s: Quarantine changed from \"%s\" to \"%s\"\n", id, str_z(&old),
			     a->reason);
		else
			tell(a, "%s: Quarantined with \"%s\"\n", id, a->reason);
	} else {
		log_event(a->spool->log, 0, LOG_INFO, id, "unquarantine");
		tell(a, "%s: Removed quarantine of \"%s\"\n", id, str_z(&old));
	}
	return true;
}

int queue_quarantine(const struct snapshot *snap, const struct queue_select *sel,
		     const char *reason, void (*say)(void *arg, struct view text), void *arg,
		     size_t *out_n)
{
	own_str struct str why = STR_MAX(4300);
	struct log *log = snap->services->log;
	struct spool *s = spool_open(snap->cf, log, false, &why);
	struct aside a = { .spool = s,
			   .sel = sel,
			   .reason = reason && *reason ? reason : NULL,
			   .say = say,
			   .say_arg = arg };

	if (!s) {
		log_event(log, 0, LOG_CRIT, NULL, "%s", str_z(&why));
		return -ENOENT;
	}
	journal_adopt(s);
	for (int dir = 0; dir < s->n_dirs; dir++) {
		a.n_of_dir = 0;
		if (!is_wanted_dir(snap, &a, dir))
			continue;
		scan_dir(s, dir, consider, &a);
		if (a.n_of_dir == 0)
			tell_dir(&a, "", dir, ": no matches\n");
	}
	if (a.n == 0)
		tell(&a, "No changes\n");
	else
		tell(&a, "%zu change%s\n", a.n, a.n == 1 ? "" : "s");
	spool_close(s);
	*out_n = a.n;
	return a.failed;
}
