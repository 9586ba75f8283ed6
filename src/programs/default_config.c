/* default_config.c - see default_config.h. */
#include "programs/default_config.h"

#include <errno.h>

#include "base/view.h"
#include "default_cf.h"

int default_config_print(FILE *out, const char *state_dir, const char *port)
{
	struct view rest = view_from(default_cf, sizeof(default_cf) - 1);

	while (rest.len) {
		size_t at = view_find(rest, '@');

		fwrite(rest.p, 1, at, out);
		rest = view_skip(rest, at);
		if (view_starts(rest, VIEW("@STATE@"))) {
			fputs(state_dir, out);
			rest = view_skip(rest, sizeof("@STATE@") - 1);
		} else if (view_starts(rest, VIEW("@PORT@"))) {
			fputs(port, out);
			rest = view_skip(rest, sizeof("@PORT@") - 1);
		} else if (rest.len) {
			fputc('@', out);
			rest = view_skip(rest, 1);
		}
	}
	return fflush(out) == 0 ? 0 : -errno;
}
