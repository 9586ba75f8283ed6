/* switch_file.c - read the service switch file. */
#include "map/switch_file.h"

#include "base/own.h"

#define SWITCH_FILE_MAX 65536

static const struct {
	const char *service, *methods;
} defaults[] = {
	{"aliases", "files"        },
        { "hosts",  "dns nis files"},
        { "passwd", "files"        }
};

static size_t words(struct view rest, struct view out[SWITCH_METHODS_MAX])
{
	size_t n = 0;

	while (n < SWITCH_METHODS_MAX && view_word(&rest, &out[n]))
		n++;
	return n;
}

static size_t default_methods(struct view service, struct view out[SWITCH_METHODS_MAX])
{
	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		if (view_eq_nocase(service, view_of(defaults[i].service)))
			return words(view_of(defaults[i].methods), out);
	return 0;
}

size_t switch_methods(struct view path, struct view service, struct arena *a,
		      struct view out[SWITCH_METHODS_MAX])
{
	const char *name = path.len > 0 ? arena_dupz(a, path) : "/etc/mail/service.switch";
	own_file FILE *f = fopen(name, "re");
	struct view text, line, first;
	char *buffer;
	size_t n;

	if (!f)
		return default_methods(service, out);
	buffer = arena_bytes(a, SWITCH_FILE_MAX);
	text = view_from(buffer, fread(buffer, 1, SWITCH_FILE_MAX, f));
	while (view_cut(&text, '\n', &line)) {
		line = view_first(line, view_find(line, '#'));
		if (view_word(&line, &first) && view_eq_nocase(first, service)) {
			n = words(line, out);
			if (n > 0)
				return n;
		}
	}
	return default_methods(service, out);
}
