/* class_line.c - C, T and F lines: words of classes given in the file, in other files, by programs, or by maps. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "config/load.h"
#include "config/scan_format.h"
#include "config/trusted_file.h"

#define FILE_BYTES_MAX   (64 * 1024 * 1024)
#define LINE_BYTES_MAX   4096
#define PROGRAM_SECONDS  60
#define PROGRAM_ARGS_MAX 20

static void add_word(struct loader *ld, int number, struct view word)
{
	const struct table *from;
	struct view name, key;
	void *value;
	size_t at = 0;

	if (!view_starts(word, VIEW("$="))) {
		classes_add(ld->cf->classes, number, word);
		return;
	}
	name = view_skip(word, 2);
	from = classes_words(ld->cf->classes, load_name(ld, &name));
	while (from && table_next(from, &at, &key, &value))
		classes_add(ld->cf->classes, number, arena_dup(ld->cf->arena, key));
}

static void add_words(struct loader *ld, int number, struct view text)
{
	struct view rest = load_expand(ld, text), word;

	while (view_word(&rest, &word))
		add_word(ld, number, word);
}

static void note_filled(struct loader *ld, int number)
{
	ld->cf->classes_filled[number / 64] |= (uint64_t)1 << (number % 64);
}

void class_line(struct loader *ld, struct view text)
{
	int number = load_name(ld, &text);

	if (!number)
		return;
	note_filled(ld, number);
	add_words(ld, number, text);
}

void trusted_line(struct loader *ld, struct view text)
{
	add_words(ld, 't', text);
}

/* ---- F lines ---- */

static void add_line(struct loader *ld, int number, const struct scan_format *f, struct view line)
{
	struct view found, word;

	if (line.len == 0 || line.p[0] == '#' || !scan_format_match(f, line, &found))
		return;
	while (view_word(&found, &word))
		classes_add(ld->cf->classes, number, word);
}

static void add_text(struct loader *ld, int number, struct view format, struct view text)
{
	struct scan_format f;
	struct view line;

	scan_format_init(&f, format.len ? format : VIEW("%s"));
	while (view_cut(&text, '\n', &line))
		add_line(ld, number, &f, view_first(line, LINE_BYTES_MAX));
}

int load_read_all(int fd, struct str *out)
{
	char block[16384];
	ssize_t n;

	while ((n = read(fd, block, sizeof(block))) != 0) {
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			str_add(out, view_from(block, (size_t)n));
	}
	return 0;
}

/* Cuts the path off the text: blanks end it, a line end does not. */
static bool cut_path(struct view *text, struct view *out)
{
	size_t n = 0;

	while (text->len && (text->p[0] == ' ' || text->p[0] == '\t'))
		*text = view_skip(*text, 1);
	while (n < text->len && text->p[n] != ' ')
		n++;
	*out = view_first(*text, n);
	*text = view_skip(*text, n);
	return n > 0;
}

static void file_class(struct loader *ld, int number, struct view path, struct view format,
		       bool is_optional)
{
	own_str struct str text = STR_MAX(FILE_BYTES_MAX);
	struct safe_file f;
	int err = trusted_open(&ld->cf->options, TRUSTED_CLASS, arena_dupz(ld->cf->arena, path),
			       &f);

	if (err) {
		if (!is_optional)
			load_error_exit(ld, LOAD_OSERR, "fileclass: cannot open '" VIEW_FMT "': %s",
					VIEW_ARG(load_show(ld, path)), f.reason);
		return;
	}
	err = load_read_all(f.fd, &text);
	close(f.fd);
	if (err)
		load_error_exit(ld, LOAD_OSERR, "fileclass: cannot read '" VIEW_FMT "'",
				VIEW_ARG(path));
	add_text(ld, number, format, str_view(&text));
}

/* In the child: only calls that are allowed after fork. Root becomes the default user first. */
static void run_child(char *const *argv, int out_fd, uid_t uid, gid_t gid)
{
	static char *const environment[] = { (char *)"AGENT=sendmail", NULL };
	int null_fd = open("/dev/null", O_RDONLY);

	if (null_fd < 0 || dup2(null_fd, 0) < 0 || dup2(out_fd, 1) < 0)
		_exit(127);
	if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setgid(gid) < 0 || setuid(uid) < 0))
		_exit(127);
	execve(argv[0], argv, environment);
	_exit(127);
}

static void read_until(int fd, int64_t deadline, struct str *out)
{
	char block[16384];

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int ready = poll(&p, 1, deadline_left(deadline));
		ssize_t n;

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return;
		n = read(fd, block, sizeof(block));
		if (n <= 0)
			return;
		str_add(out, view_from(block, (size_t)n));
	}
}

static void run_program(struct loader *ld, char *const *argv, struct str *out)
{
	const struct options *o = &ld->cf->options;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	pid = fork();
	if (pid == 0)
		run_child(argv, ends[1], o->default_uid, o->default_gid);
	close(ends[1]);
	if (pid > 0) {
		read_until(ends[0], deadline_in_s(PROGRAM_SECONDS), out);
		kill(pid, SIGKILL); /* it has closed its output, or has had its time */
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	close(ends[0]);
}

static void program_class(struct loader *ld, int number, struct view command)
{
	own_str struct str text = STR_MAX(FILE_BYTES_MAX);
	char *argv[PROGRAM_ARGS_MAX + 1];
	struct view word;
	int argc = 0;

	while (argc < PROGRAM_ARGS_MAX && view_word(&command, &word))
		argv[argc++] = arena_dupz(ld->cf->arena, word);
	argv[argc] = NULL;
	if (argc == 0)
		return;
	run_program(ld, argv, &text);
	add_text(ld, number, VIEW_NONE, str_view(&text));
}

/* Fx[key]@class:spec: noted here, filled when the maps are open. @LDAP stands for the class's own query. */
static void map_class(struct loader *ld, int number, struct view key, struct view text)
{
	struct config *cf = ld->cf;
	size_t colon = view_find(text, ':');
	struct view class_name = view_first(text, colon), spec = view_skip(text, colon + 1);
	bool is_optional = false;

	if (view_eq(text, VIEW("LDAP"))) {
		class_name = VIEW("ldap");
	} else if (!config_has_map_class(class_name)) {
		load_error(ld, "fileclass: F{" VIEW_FMT "}: class " VIEW_FMT " not available",
			   VIEW_ARG(macro_name(number)), VIEW_ARG(class_name));
		return;
	}
	if (view_starts(spec, VIEW("-o"))) {
		is_optional = true;
		spec = view_trim(view_skip(spec, 2));
	}
	LOAD_GROW(ld, cf->class_fills, cf->n_class_fills, cf->cap_class_fills);
	cf->class_fills[cf->n_class_fills++] =
		(struct cf_map_class_fill){ .class_number = number,
					    .key = arena_dup(cf->arena, key),
					    .map_class = arena_dup(cf->arena, class_name),
					    .spec = arena_dup(cf->arena, spec),
					    .optional = is_optional,
					    .line = ld->line };
}

/* A key may only stand directly behind the name, and only before an @ that begins a map. */
static bool is_map_fill(struct view text, size_t *out_at)
{
	*out_at = view_find(text, '@');
	if (*out_at == text.len || text.p[0] == '/' || text.p[0] == '|' || text.p[0] == '-' ||
	    isspace((unsigned char)text.p[0]))
		return false;
	return view_find(view_first(text, *out_at), ' ') == *out_at;
}

void file_class_line(struct loader *ld, struct view text)
{
	int number = load_name(ld, &text);
	bool is_optional;
	struct view path;
	size_t at;

	if (!number)
		return;
	note_filled(ld, number);
	if (text.len && is_map_fill(text, &at)) {
		map_class(ld, number, view_first(text, at),
			  load_expand(ld, view_skip(text, at + 1)));
		return;
	}
	text = view_trim(text);
	if (text.len && text.p[0] == '|') {
		if (!ld->params->is_text_only)
			program_class(ld, number, load_expand(ld, view_skip(text, 1)));
		return;
	}
	is_optional = view_starts(text, VIEW("-o"));
	if (is_optional)
		view_word(&text, &path);
	if (!cut_path(&text, &path)) {
		load_error(ld, "fileclass: missing file name");
		return;
	}
	if (!ld->params->is_text_only)
		file_class(ld, number, path, view_trim(text), is_optional);
}
