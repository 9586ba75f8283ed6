/*
 * include.c - :include: files: lists in a file of their own, read as their controlling user.
 */
#include <errno.h>
#include <pwd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/own.h"
#include "resolve/walk.h"

static bool is_temporary(int error)
{
	switch (-error) {
	case EAGAIN:
	case ETIMEDOUT:
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case EIO:
	case EPIPE:
	case ECONNRESET:
	case ENETDOWN:
	case ESTALE:
		return true;
	default:
		return false;
	}
}

static enum expansion fail_open(struct walk *w, struct rcpt *r, const char *path, int error,
				const char *reason)
{
	char words[128];
	bool later = is_temporary(error);
	struct view text = arena_printf(w->arena, "Cannot open %s: %s", path,
					reason[0] ? reason
						  : strerror_r(-error, words, sizeof(words)));
	struct status st = status_make(later ? 451 : 550, later ? "4.2.4" : "5.2.4",
				       later ? EX_TEMPFAIL_ : EX_UNAVAILABLE_, text);

	walk_fail(w, r, &st);
	return EXPANSION_FAILED;
}

/* A file that another names, or a .forward: what it says is said by whom the first one speaks for. */
static bool is_named_by_file(const struct walk *w, const struct rcpt *r)
{
	return (r->flags & RCPT_FROM_FORWARD) ||
	       (r->parent && r->parent->triple.mailer == w->cf->include_mailer);
}

/* Who the members act as: the owner of the first file on the way to them, unless that is root. */
static void set_member_user(struct walk *w, struct membership *m, const struct rcpt *r,
			    const struct agent_file *f)
{
	struct passwd pw, *found = NULL;
	char buf[4096];

	m->user = (struct rcpt_user){ .alias = r->address };
	m->flags |= RCPT_SAFE_PROGRAMS;
	if (is_named_by_file(w, r)) {
		m->user = r->user;
		m->user.alias = r->address;
		if (!(r->flags & RCPT_SAFE_PROGRAMS)) {
			m->flags &= ~(uint32_t)RCPT_SAFE_PROGRAMS;
			m->flags |= r->flags & RCPT_NO_SHELL;
		}
		return;
	}
	if (f->owner == 0)
		return;
	if (getpwuid_r(f->owner, &pw, buf, sizeof(buf), &found) != 0 || !found ||
	    !local_user_has_shell(view_of(pw.pw_shell))) {
		m->flags &= ~(uint32_t)RCPT_SAFE_PROGRAMS;
		m->flags |= RCPT_NO_SHELL;
	}
	m->user.is_set = true;
	m->user.uid = f->owner;
	m->user.gid = f->group;
	m->user.name = found ? arena_dup(w->env->arena, view_of(pw.pw_name)) : VIEW_NONE;
	m->user.alias = r->address;
}

enum expansion include_expand(struct walk *w, struct rcpt *r)
{
	const struct options *o = &w->cf->options;
	struct membership m = { .parent = r };
	bool has_user = r->user.is_set && r->user.name.len > 0;
	struct agent_file file = { .fd = -1 };
	const char *path = arena_dupz(w->arena, r->triple.user);
	struct agent_open what = { .kind = AGENT_OPEN_INCLUDE,
				   .path = path,
				   .uid = has_user ? r->user.uid : o->default_uid,
				   .gid = has_user && r->user.uid != o->default_uid
						  ? r->user.gid
						  : o->default_gid,
				   .dont_blame = o->dont_blame_sendmail };
	own_fd int fd = -1;
	size_t n = 0;
	int rc;

	if (has_user && !o->dont_init_groups)
		what.user = arena_dupz(w->arena, r->user.name);
	if (path[0] != '/')
		return fail_open(w, r, path, -EACCES, "");
	walk_say(w, VIEW_FMT "... including file %s", VIEW_ARG(r->address), path);
	rc = agent_open(w->ctx->services->agent, &what, deadline_in_s(o->timeout.fileopen_s),
			&file);
	WALK_OBSERVE(w, opened, r, RESOLVE_INCLUDE, view_of(path), rc, file.reason,
		     rc == 0 ? file.owner : what.uid);
	if (rc < 0)
		return fail_open(w, r, path, rc, file.reason);
	fd = file.fd;
	set_member_user(w, &m, r, &file);
	r->state = RCPT_EXPANDED;
	rc = member_add_file(w, &m, fd, view_of(path), &n);
	if (rc < 0)
		return fail_open(w, r, path, rc, rc == -EFBIG ? "line or list too long" : "");
	return EXPANSION_DONE;
}
