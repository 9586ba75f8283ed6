/* bench.c - see bench.h. */
#include "programs/bench.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config/check.h"
#include "mail/status.h"
#include "os/agent.h"
#include "programs/runtime.h"

int bench_open(struct bench *b, const char *config)
{
	struct resolver_params dns = { .search_hosts_first = true, .use_dns = true };
	struct config_params p = { .path = b->path, .op_mode = 'd', .hostname = NULL };
	own_str struct str messages = STR_MAX(1 << 20);
	char dir[PATH_MAX - 32];

	memset(b, 0, sizeof(*b));
	if (gethostname(b->hostname, sizeof(b->hostname) - 1) < 0)
		snprintf(b->hostname, sizeof(b->hostname), "localhost");
	if (config)
		snprintf(b->path, sizeof(b->path), "%s", config);
	else
		snprintf(b->path, sizeof(b->path), "%s/sendmail.cf",
			 runtime_config_dir(dir, sizeof(dir)));
	b->services = (struct services){ .log = log_new(LOG_TO_NOTHING, "explain", NULL),
					 .hostname = b->hostname,
					 .agent = agent_local(),
					 .resolver = resolver_new(&dns) };
	b->snap = snapshot_load(&p, &b->services);
	b->slot = snapshot_slot_new(snapshot_get(b->snap));
	if (b->snap->cf->messages.n_errors) {
		config_messages_format(b->snap->cf, &messages);
		fputs(str_z(&messages), stderr);
		return EX_CONFIG_;
	}
	resolver_free(b->services.resolver);
	runtime_resolver_params(b->snap->cf, &dns);
	b->services.resolver = resolver_new(&dns);
	return 0;
}

void bench_close(struct bench *b)
{
	snapshot_slot_free(b->slot);
	snapshot_put(b->snap);
	resolver_free(b->services.resolver);
	agent_free(b->services.agent);
	log_free(b->services.log);
}
