/*
 * quarantine.c - the operator's -Q: sets messages aside with a reason, or lets them go again.
 *
 * Works on the text of the control file, so that nothing else in it changes: the q line is put in or taken out, and the
 * file is hf or qf afterwards. Messages in the hands of somebody else are left alone.
 */
#include <errno.h>
#include <unistd.h>

#include "base/own.h"
#include "queue/journal_dir.h"
#include "queue/scan.h"
#include "queue/select.h"

struct aside {
	const struct spool *spool;
	const struct queue_select *sel;
	const char *reason; /* NULL: release */
	size_t n;
	int failed;
};

/* The control text with this q line in front of the sender's, any other q line gone. */
static void with_reason(struct view text, const char *reason, struct str *out)
{
	struct view line;
	bool is_placed = reason == NULL;

	while (view_cut(&text, '\n', &line)) {
		if ((line.len > 0 && line.p[0] == 'q') || (line.len == 0 && text.len == 0))
			continue; /* the old reason, or what is behind the last line end */
		if (!is_placed && line.len > 0 && strchr("SZA!CQrRH.", line.p[0])) {
			str_addf(out, "q%s\n", reason);
			is_placed = true;
		}
		str_add(out, line);
		str_addc(out, '\n');
	}
}

static int set_aside(struct aside *a, int dir, char letter, const char *id)
{
	own_str struct str text = STR_MAX(SPOOL_QF_MAX), changed = STR_MAX(SPOOL_QF_MAX);
	char to = a->reason ? 'h' : 'q', name[40];
	own_fd int fd = -1;
	int result;

	if (spool_lock(a->spool, dir, id, letter, &fd) != SPOOL_LOCKED) {
		fd = -1;
		return 0;
	}
	result = spool_read_control(fd, &text);
	if (result < 0 || !select_text(a->sel, str_view(&text)))
		return result;
	with_reason(str_view(&text), a->reason, &changed);
	result = changed.cut ? -EFBIG
			     : spool_put_control(a->spool, dir, id, to, str_view(&changed), true,
						 false, NULL);
	if (result < 0)
		return result;
	if (to != letter) {
		spool_name(name, letter, id);
		unlinkat(a->spool->dirs[dir].qf_fd, name, 0);
	}
	spool_sync_dir(a->spool, dir);
	if (a->reason)
		log_event(a->spool->log, 0, LOG_INFO, id, "quarantine=%s", a->reason);
	else
		log_event(a->spool->log, 0, LOG_INFO, id, "unquarantine");
	a->n++;
	return 0;
}

static bool consider(void *arg, int dir, char letter, const char *id)
{
	struct aside *a = arg;
	int result;

	if (letter != select_letters(a->sel)[0] || !select_id(a->sel, view_of(id)))
		return true;
	result = set_aside(a, dir, letter, id);
	if (result < 0)
		a->failed = result;
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
