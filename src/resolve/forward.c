/*
 * forward.c - .forward files: the first of ForwardPath that can be opened, read as the user.
 */
#include <errno.h>

#include "base/clock.h"
#include "base/own.h"
#include "resolve/walk.h"

#define PATH_MAX_BYTES 4096

static bool is_absent(int error)
{
	return error == -ENOENT || error == -ENOTDIR || error == -EACCES || error == -EPERM ||
	       error == -ELOOP || error == -EISDIR || error == -ENXIO || error == -EINVAL;
}

/* The macros that a ForwardPath may use. */
static void set_macros(struct walk *w, const struct rcpt *r, const struct local_user *lu)
{
	struct view user = r->triple.user, host = r->triple.host;
	size_t plus = view_find(user, '+');

	macros_set(w->scope, 'u', lu->name);
	macros_set(w->scope, 'z', lu->home);
	if (host.len == 0 && plus < user.len)
		host = view_skip(user, plus);
	macros_set(w->scope, 'h', host);
}

static int open_forward(struct walk *w, struct view path, const struct local_user *lu,
			struct agent_file *out)
{
	const struct options *o = &w->cf->options;
	struct agent_open what = { .kind = AGENT_OPEN_FORWARD,
				   .path = arena_dupz(w->arena, path),
				   .uid = lu->uid,
				   .gid = lu->gid,
				   .user = o->dont_init_groups ? NULL
							       : arena_dupz(w->arena, lu->name),
				   .dont_blame = o->dont_blame_sendmail };

	*out = (struct agent_file){ .fd = -1 };
	return agent_open(w->ctx->services->agent, &what, deadline_in_s(o->timeout.fileopen_s),
			  out);
}

static enum expansion read_forward(struct walk *w, struct rcpt *r, const struct local_user *lu,
				   int fd, struct view path)
{
	struct membership m = { .parent = r,
				.flags = RCPT_FROM_FORWARD | (r->flags & RCPT_PRIMARY) };
	enum rcpt_state before = r->state;
	size_t n = 0;
	int rc;

	m.user = r->user;
	m.user.alias = r->address;
	m.user.is_set = lu->uid != 0;
	m.flags |= local_user_has_shell(lu->shell) ? RCPT_SAFE_PROGRAMS : RCPT_NO_SHELL;
	r->state = RCPT_EXPANDED;
	rc = member_add_file(w, &m, fd, path, &n);
	if (rc < 0) {
		walk_failz(w, r, 451, "4.3.0", EX_TEMPFAIL_,
			   "transient .forward open error: message queued");
		return EXPANSION_FAILED;
	}
	if (n == 0) {
		r->state = before;
		return EXPANSION_NONE;
	}
	walk_say(w, VIEW_FMT "... forwarding by " VIEW_FMT, VIEW_ARG(r->address), VIEW_ARG(path));
	log_event(w->ctx->services->log, 10, LOG_INFO, w->env->id,
		  "forward " VIEW_FMT " => " VIEW_FMT, VIEW_ARG(r->address), VIEW_ARG(path));
	return EXPANSION_DONE;
}

enum expansion forward_expand(struct walk *w, struct rcpt *r, const struct local_user *lu)
{
	own_str struct str paths = STR_MAX(PATH_MAX_BYTES);
	struct view rest, path;

	if (w->cf->options.forward_path.len == 0)
		return EXPANSION_NONE;
	set_macros(w, r, lu);
	macros_expand(w->scope, w->cf->options.forward_path, &paths);
	rest = str_view(&paths);
	while (view_cut(&rest, ':', &path)) {
		struct agent_file file;
		int rc;

		if (path.len == 0 || path.p[0] != '/')
			continue;
		rc = open_forward(w, path, lu, &file);
		WALK_OBSERVE(w, opened, r, RESOLVE_FORWARD, path, rc, file.reason,
			     rc == 0 ? file.owner : lu->uid);
		if (rc == 0) {
			own_fd int fd = file.fd;
			enum expansion x = read_forward(w, r, lu, fd, path);

			if (x != EXPANSION_NONE)
				return x;
		} else if (!is_absent(rc)) {
			walk_failz(w, r, 451, "4.3.0", EX_TEMPFAIL_,
				   "transient .forward open error: message queued");
			return EXPANSION_FAILED;
		} else if (file.reason[0] && rc != -ENOENT) {
			log_event(w->ctx->services->log, 8, LOG_WARNING, w->env->id,
				  "forward " VIEW_FMT ": %s", VIEW_ARG(path), file.reason);
		}
	}
	return EXPANSION_NONE;
}
