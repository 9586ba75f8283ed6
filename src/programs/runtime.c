/* runtime.c - see runtime.h. */
#include "programs/runtime.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "build_config.h"
#include "mail/status.h"

/* The installed tree may have been moved as a whole: PREFIX/sbin/postrider finds PREFIX/etc/mail. */
static bool relocated_config_dir(char *buffer, size_t size)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (n <= 0)
		return false;
	self[n] = '\0';
	for (int up = 0; up < 2; up++) { /* PREFIX/sbin/postrider -> PREFIX */
		slash = strrchr(self, '/');
		if (!slash)
			return false;
		*slash = '\0';
	}
	return (size_t)snprintf(buffer, size, "%s/etc/mail", self) < size &&
	       access(buffer, X_OK) == 0;
}

const char *runtime_config_dir(char *buffer, size_t size)
{
	if (access(POSTRIDER_CONFIG_DIR, X_OK) == 0)
		snprintf(buffer, size, "%s", POSTRIDER_CONFIG_DIR);
	else if (!relocated_config_dir(buffer, size))
		snprintf(buffer, size, "/etc/mail");
	return buffer;
}

static bool is_submission(const struct flags *f)
{
	return !f->has_queue_run &&
	       (f->mode == 0 || f->mode == 'm' || f->mode == 's' || f->mode == 'a');
}

static const char *choose_config(const struct flags *f, char *buffer, size_t size)
{
	char dir[PATH_MAX - 32];

	if (f->config)
		return f->config;
	runtime_config_dir(dir, sizeof(dir));
	snprintf(buffer, size, "%s/submit.cf", dir);
	if (f->config_choice == 'c')
		return buffer;
	if (f->config_choice != 'm' && is_submission(f) && access(buffer, R_OK) == 0)
		return buffer;
	snprintf(buffer, size, "%s/sendmail.cf", dir);
	return buffer;
}

static void print_messages(const struct cf_messages *m)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct cf_message *msg = &m->v[i];

		if (msg->line)
			fprintf(stderr, VIEW_FMT ": line %d: " VIEW_FMT "\n", VIEW_ARG(msg->file),
				msg->line, VIEW_ARG(msg->text));
		else
			fprintf(stderr, VIEW_FMT "\n", VIEW_ARG(msg->text));
	}
}

/* Something unsafe was asked for: from here on the program is the user who called it (contract/security.md 11.3). */
static void drop_privileges(void)
{
	if (getegid() != getgid() && setregid(getgid(), getgid()) < 0)
		exit(EX_OSERR_);
	if (geteuid() != getuid() && setreuid(getuid(), getuid()) < 0)
		exit(EX_OSERR_);
}

static int load(const struct flags *f, bool is_daemon, struct runtime *r)
{
	struct config_params p = { .path = r->config_path,
				   .set_options = f->set_options,
				   .set_macros = f->set_macros,
				   .is_daemon = is_daemon,
				   .is_test_mode = f->mode == 't',
				   .is_safe_only = r->real_uid != 0 &&
						   (geteuid() != getuid() || getegid() != getgid()),
				   .op_mode = f->mode ? f->mode : 'm' };

	r->snap = snapshot_load(&p, &r->services);
	print_messages(&r->snap->cf->messages);
	if (r->snap->cf->messages.n_errors && f->mode != 't')
		return EX_CONFIG_;
	return 0;
}

static struct log *open_log(const struct flags *f)
{
	const char *tag = f->tag ? f->tag : "sendmail";
	const char *to = getenv("POSTRIDER_LOG");

	if (to && geteuid() == getuid() && getegid() == getgid()) {
		if (strcmp(to, "-") == 0)
			return log_new(LOG_TO_STDERR, tag, NULL);
		if (strncmp(to, "unix:", 5) == 0)
			return log_new(LOG_TO_SYSLOG, tag, to + 5);
		return log_new(LOG_TO_FILE, tag, to);
	}
	return log_new(LOG_TO_SYSLOG, tag, NULL);
}

static bool service_uses_dns(const struct config *cf)
{
	char line[512];
	bool found = false, dns = true;
	FILE *f = fopen(arena_dupz(cf->arena, cf->options.service_switch_file), "re");

	if (!f)
		return true;
	while (fgets(line, sizeof(line), f)) {
		struct view rest = view_of(line), word;

		if (!view_word(&rest, &word) || !view_eq(word, VIEW("hosts")))
			continue;
		found = true;
		dns = false;
		while (view_word(&rest, &word))
			dns = dns || view_eq(word, VIEW("dns"));
	}
	fclose(f);
	return !found || dns;
}

static void open_resolver(struct runtime *r)
{
	const struct config *cf = r->snap->cf;
	struct resolver_params p = { .search_hosts_first = true,
				     .use_dns = service_uses_dns(cf),
				     .with_dnssec = false };

	if (cf->options.hosts_file.len)
		p.hosts_file = arena_dupz(cf->arena, cf->options.hosts_file);
	r->services.resolver = resolver_new(&p);
}

int runtime_open(const struct flags *f, bool is_daemon, struct runtime *out)
{
	char path[PATH_MAX];
	struct resolver_params early = { .search_hosts_first = true, .use_dns = true };
	int rc;

	memset(out, 0, sizeof(*out));
	out->real_uid = getuid();
	if (f->is_unsafe)
		drop_privileges();
	if (gethostname(out->hostname, sizeof(out->hostname) - 1) < 0)
		snprintf(out->hostname, sizeof(out->hostname), "localhost");
	out->services.hostname = out->hostname;
	out->services.log = open_log(f);
	out->services.agent = is_daemon ? NULL : agent_local();
	out->services.resolver = resolver_new(&early);
	out->config_path = strdup(choose_config(f, path, sizeof(path)));
	rc = load(f, is_daemon, out);
	if (rc == 0) {
		resolver_free(out->services.resolver);
		open_resolver(out);
	}
	log_set_level(out->services.log, (int)out->snap->cf->options.log_level);
	out->slot = snapshot_slot_new(snapshot_get(out->snap));
	return rc;
}

void runtime_close(struct runtime *r)
{
	snapshot_slot_free(r->slot);
	snapshot_put(r->snap);
	resolver_free(r->services.resolver);
	agent_free(r->services.agent);
	log_free(r->services.log);
	free((void *)(uintptr_t)r->config_path);
}
