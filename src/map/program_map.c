/*
 * program_map.c - a program is run with the key as its last argument; the first line of its output is the value.
 *
 * It runs through the agent, as DefaultUser. Exit status 0 is found, any other is the status of the look-up.
 */
#include "map/classes.h"

#include <errno.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINE_MAX_BYTES 65536

struct program {
	const char **argv; /* NULL ends; one place before the end is left for the key */
	size_t argc;
};

static bool program_spec(struct map *m, struct view rest)
{
	struct program *p = MEM_NEW(struct program);
	struct view word, count = rest;
	size_t n = 0;

	m->inside = p;
	while (view_word(&count, &word))
		n++;
	if (n == 0) {
		map_declare_error(m, "No file name for %s map %s", m->class->name, m->name);
		return false;
	}
	p->argv = mem_zero((n + 2) * sizeof(*p->argv));
	while (view_word(&rest, &word) && p->argc < AGENT_ARGS_MAX - 2)
		p->argv[p->argc++] = arena_dupz(m->set->arena, word);
	return true;
}

static void program_close(struct map *m)
{
	struct program *p = m->inside;

	if (!p)
		return;
	free(p->argv);
	free(p);
	m->inside = NULL;
}

/* Reads until the end of output; only the first line is kept. */
static int read_output(int fd, int64_t deadline, struct str *out)
{
	char buffer[4096];
	bool is_line_over = false;

	for (;;) {
		struct pollfd pfd = { .fd = fd, .events = POLLIN };
		ssize_t n = read(fd, buffer, sizeof(buffer));

		if (n == 0)
			return 0;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (n < 0) {
			if (deadline_is_past(deadline))
				return -ETIMEDOUT;
			poll(&pfd, 1, deadline_left(deadline));
			continue;
		}
		if (!is_line_over) {
			struct view v = view_from(buffer, (size_t)n);
			size_t end = view_find(v, '\n');

			str_add(out, view_first(v, end));
			is_line_over = end < v.len;
		}
	}
}

static enum found outcome_of(struct map *m, struct map_query *q, int wait_status,
			     const struct str *text, struct view *out)
{
	int code;

	if (!WIFEXITED(wait_status)) {
		map_say(m, q->ctx, "prog_map_lookup(%s): child died on signal %d", m->name,
			WTERMSIG(wait_status));
		return map_fail(q, EX_UNAVAILABLE_);
	}
	code = WEXITSTATUS(wait_status);
	if (code == EX_TEMPFAIL_)
		return map_fail(q, code);
	if (code != 0)
		return map_none(q, code);
	if (!text->p)
		return NOT_FOUND;
	*out = arena_dup(q->ctx->arena, str_view(text));
	return FOUND;
}

static enum found program_find(struct map *m, struct map_query *q, struct view *out)
{
	const struct program *program = m->inside;
	const struct options *o = &m->set->cf->options;
	struct agent *agent = q->ctx->services ? q->ctx->services->agent : NULL;
	const char **argv = ARENA_ARRAY(q->ctx->arena, const char *, program->argc + 2);
	static const char *const no_env[] = { "PATH=/bin:/usr/bin", NULL };
	struct agent_program run = { .path = program->argv[0],
				     .argv = argv,
				     .envp = no_env,
				     .uid = o->default_uid,
				     .gid = o->default_gid,
				     .drops_stderr = true };
	own_str struct str text = STR_MAX(LINE_MAX_BYTES);
	struct agent_child child;
	int r, status = 0;

	if (!agent)
		return map_fail(q, EX_TEMPFAIL_);
	if (view_find(q->key, '\0') < q->key.len)
		return map_none(q, EX_DATAERR_); /* no argument can hold it */
	if (run.path[0] != '/')
		return map_none(q, EX_CONFIG_);
	memcpy(argv, program->argv, program->argc * sizeof(*argv));
	argv[program->argc] = arena_dupz(q->ctx->arena, q->key);
	if (m->set->cf->environ)
		run.envp = m->set->cf->environ;
	if (o->default_user.len > 0)
		run.user = arena_dupz(q->ctx->arena, o->default_user);
	r = agent_start(agent, &run, false, q->deadline, &child);
	if (r == -ENOENT || r == -EACCES || r == -ENOEXEC || r == -ENOTDIR)
		return map_none(q, EX_CONFIG_);
	if (r < 0)
		return map_fail(q, EX_TEMPFAIL_);
	close(child.in);
	child.in = -1;
	r = read_output(child.out, q->deadline, &text);
	close(child.out);
	child.out = -1;
	if (r == 0)
		r = agent_wait(agent, &child, q->deadline, &status);
	else
		agent_forget(agent, &child);
	return r < 0 ? map_fail(q, EX_TEMPFAIL_) : outcome_of(m, q, status, &text, out);
}

const struct map_class map_class_program = {
	.name = "program",
	.can = MAP_CAN_ALIAS | MAP_PERCENT,
	.spec = program_spec,
	.close = program_close,
	.find = program_find,
};
