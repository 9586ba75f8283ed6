/* list_access.c - see list_access.h. */
#include "queue/list_access.h"

#include <errno.h>
#include <unistd.h>

#include "base/own.h"

/* With restrictmailq only root and the group of the queue directory may look (contract/security.md 11.1). */
static bool may_list(const struct options *o, const struct spool *s)
{
	gid_t groups[256];
	int n = getgroups(256, groups);
	struct stat st;

	if (!(o->privacy_options & PRIVACY_RESTRICTMAILQ) || getuid() == 0)
		return true;
	if (fstat(s->dirs[0].fd, &st) < 0)
		return false;
	for (int i = 0; i < n; i++)
		if (groups[i] == st.st_gid)
			return true;
	return getgid() == st.st_gid;
}

static bool knows_group(const struct snapshot *snap, const char *group)
{
	for (int i = 0; i < snap->cf->n_groups; i++)
		if (view_eq_nocase(snap->cf->groups[i].name, view_of(group)))
			return true;
	return snap->cf->n_groups == 0;
}

/* A caller who may not enter the queue directory is told so in sendmail's words. */
static bool tell_no_entry(const struct snapshot *snap, void (*write)(void *arg, struct view text),
			  void *arg)
{
	own_str struct str text = STR_MAX(4300);
	struct view path = snap->cf->n_groups > 0 ? snap->cf->groups[0].path : VIEW_NONE;

	if (path.len == 0)
		path = snap->cf->options.queue_directory;
	str_add(&text, path);
	if (path.len == 0 || text.cut || access(str_z(&text), X_OK) == 0 || errno != EACCES)
		return false;
	str_clear(&text);
	str_addf(&text, "can not chdir(" VIEW_FMT "/): Permission denied\n", VIEW_ARG(path));
	write(arg, str_view(&text));
	fputs("Program mode requires special privileges, e.g., root or TrustedUser.\n", stderr);
	return true;
}

/* NULL with the exit status, after saying why. */
struct spool *list_open(const struct snapshot *snap, void (*write)(void *arg, struct view text),
			void *arg, int *out_status)
{
	own_str struct str why = STR_MAX(4300);
	struct log *log = snap->services ? snap->services->log : NULL;
	struct spool *s = spool_open(snap->cf, log, false, &why);

	*out_status = EX_OSFILE_;
	if (!s && tell_no_entry(snap, write, arg)) {
		*out_status = EX_CONFIG_;
	} else if (!s) {
		str_addc(&why, '\n');
		write(arg, str_view(&why));
	}
	return s;
}

/* False after saying why there is nothing to list. */
bool list_is_allowed(const struct snapshot *snap, const struct spool *s,
		     const struct queue_select *sel, void (*write)(void *arg, struct view text),
		     void *arg)
{
	own_str struct str text = STR_MAX(300);

	if (sel && sel->group && !knows_group(snap, sel->group))
		str_addf(&text, "Queue group %.100s unknown\n", sel->group);
	else if (!may_list(&snap->cf->options, s))
		str_addz(&text, "You are not permitted to see the queue\n"
				"\t\tTotal requests: 0\n");
	if (text.len > 0)
		write(arg, str_view(&text));
	return text.len == 0;
}
