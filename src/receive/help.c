/* help.c - see help.h. */
#include "receive/help.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/own.h"
#include "config/trusted_file.h"
#include "os/read_all.h"

#define HELP_FILE_MAX (256 * 1024)

/* Lines of a template are read as lines of the configuration are: a # begins a comment unless a backslash stands before it. */
static void add_without_comment(struct str *out, struct view text)
{
	for (size_t i = 0; i < text.len && text.p[i] != '#'; i++) {
		bool is_quoted = text.p[i] == '\\' && i + 1 < text.len && text.p[i + 1] == '#';

		i += is_quoted;
		str_addc(out, text.p[i]);
	}
	str_truncate(out, view_trim_end(str_view(out)).len);
}

static void add_text(const struct macros *scope, struct view text, bool is_template,
		     struct str *out)
{
	own_str struct str plain = STR_MAX(4096), encoded = STR_MAX(4096), line = STR_MAX(4096);

	if (out->len > 0)
		str_addc(out, '\n');
	if (!is_template) {
		str_add(out, text);
		return;
	}
	add_without_comment(&plain, text);
	macros_encode(str_view(&plain), &encoded);
	macros_expand(scope, str_view(&encoded), &line);
	str_add(out, str_view(&line));
}

bool help_is_current(struct view file)
{
	return view_starts(file, VIEW("#vers")) &&
	       view_eq(view_trim(view_skip(view_first(file, view_find(file, '\n')), 5)), VIEW("2"));
}

enum found help_find(struct view file, const struct macros *scope, struct view topic,
		     struct str *out)
{
	struct view rest = file, line, name;
	bool is_template = false, found = false;

	if (topic.len == 0) {
		topic = VIEW("smtp");
		if (!help_is_current(file))
			add_text(scope, VIEW("This is Sendmail version $v"), true, out);
	}
	while (view_cut(&rest, '\n', &line)) {
		if (view_starts(line, VIEW("#vers"))) {
			is_template = view_eq(view_trim(view_skip(line, 5)), VIEW("2"));
			continue;
		}
		if (line.len == 0 || line.p[0] == '#')
			continue;
		name = view_first(line, view_find(line, '\t'));
		if (!view_eq(view_trim_end(name), topic))
			continue;
		found = true;
		add_text(scope, view_skip(line, name.len + 1), is_template, out);
	}
	if (!found)
		return NOT_FOUND;
	str_addz(out, "\nEnd of HELP info");
	return FOUND;
}

enum found help_topic(const struct config *cf, const struct macros *scope, struct view topic,
		      struct str *out, bool *out_is_old)
{
	own_str struct str path = STR_MAX(4096), file = STR_MAX(HELP_FILE_MAX);
	struct safe_file opened = { .fd = -1 };
	own_fd int fd = -1;

	if (cf->options.help_file.len == 0)
		return LOOKUP_FAILED;
	str_add(&path, cf->options.help_file);
	if (trusted_open(&cf->options, TRUSTED_HELP, str_z(&path), &opened) < 0)
		return LOOKUP_FAILED;
	fd = opened.fd;
	read_all(fd, &file);
	*out_is_old = !help_is_current(str_view(&file));
	return help_find(str_view(&file), scope, topic, out);
}
