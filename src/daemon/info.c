/* info.c - see info.h. */
#include "daemon/info.h"

void daemon_info(const struct daemon_params *p, char out[DAEMON_INFO_MAX])
{
	int64_t s = p->run_interval_s;
	const char *plus = p->with_smtp ? "+" : "", *smtp = p->with_smtp ? "SMTP" : "";

	if (s > 0 || p->is_persistent)
		snprintf(out, DAEMON_INFO_MAX, "%s%s%squeueing@%02d:%02d:%02d", smtp, plus,
			 p->is_persistent ? "persistent-" : "", (int)(s / 3600), (int)(s / 60 % 60),
			 (int)(s % 60));
	else
		snprintf(out, DAEMON_INFO_MAX, "%s", smtp);
}
