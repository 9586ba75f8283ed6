/* runtime.c - see runtime.h. */
#include "programs/runtime.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "build_config.h"
#include "config/check.h"
#include "mail/status.h"

/* Where the installed tree is: PREFIX of PREFIX/sbin/postrider, when it has an etc/mail. With rights that the caller has not it is
 * not looked for: who links the program into a tree of his own would choose its configuration. */
static bool find_prefix(char *buffer, size_t size)
{
	char dir[PATH_MAX + 16];
	ssize_t n = -1;

	if (geteuid() == getuid() && getegid() == getgid())
		n = readlink("/proc/self/exe", buffer, size - 1);
	if (n <= 0)
		return false;
	buffer[n] = '\0';
	for (int up = 0; up < 2; up++) {
		char *slash = strrchr(buffer, '/');

		if (!slash)
			return false;
		*slash = '\0';
	}
	snprintf(dir, sizeof(dir), "%s/etc/mail", buffer);
	return *buffer && access(dir, X_OK) == 0;
}

const char *runtime_config_dir(char *buffer, size_t size)
{
	char prefix[PATH_MAX];

	if (find_prefix(prefix, sizeof(prefix)))
		snprintf(buffer, size, "%s/etc/mail", prefix);
	else if (access(POSTRIDER_CONFIG_DIR, X_OK) == 0)
		snprintf(buffer, size, "%s", POSTRIDER_CONFIG_DIR);
	else
		snprintf(buffer, size, "/etc/mail");
	return buffer;
}

/* A configuration file of a tree that was moved is read as if it had been built for the place where it is. */
static void note_move(struct runtime_start *s)
{
	size_t len;

	if (!find_prefix(s->prefix, sizeof(s->prefix)) || strcmp(s->prefix, POSTRIDER_PREFIX) == 0)
		return;
	len = strlen(s->prefix);
	if (strncmp(s->config_path, s->prefix, len) != 0 || s->config_path[len] != '/')
		return;
	s->config.built_prefix = POSTRIDER_PREFIX;
	s->config.prefix = s->prefix;
}

static bool is_submission(const struct flags *f)
{
	return !f->has_queue_run &&
	       (f->mode == 0 || f->mode == 'm' || f->mode == 's' || f->mode == 'a');
}

static void choose_config(const struct flags *f, char *buffer, size_t size)
{
	char dir[PATH_MAX - 32];

	if (f->config) {
		snprintf(buffer, size, "%s", f->config);
		return;
	}
	runtime_config_dir(dir, sizeof(dir));
	snprintf(buffer, size, "%s/submit.cf", dir);
	if (f->config_choice == 'c' ||
	    (f->config_choice != 'm' && is_submission(f) && access(buffer, R_OK) == 0))
		return;
	snprintf(buffer, size, "%s/sendmail.cf", dir);
}

static void print_messages(const struct config *cf, const struct flags *f)
{
	own_str struct str text = STR_MAX(1 << 20);
	char mode = (char)f->mode;
	FILE *out = f->tells_on_stderr ? stderr : stdout;

	if (mode == 's')
		config_messages_format_smtp(cf, &text);
	else
		config_messages_format(cf, &text);
	if (cf->messages.n_errors == 0 && mode != 't')
		config_check_host_status(cf, &text);
	fputs(str_z(&text), out);
	fflush(out);
}

/* Something unsafe was asked for: from here on the program is the user who called it (contract/security.md 11.3). */
static void drop_privileges(void)
{
	if (getegid() != getgid() && setregid(getgid(), getgid()) < 0)
		exit(EX_OSERR_);
	if (geteuid() != getuid() && setreuid(getuid(), getuid()) < 0)
		exit(EX_OSERR_);
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

void runtime_resolver_params(const struct config *cf, struct resolver_params *out)
{
	*out = (struct resolver_params){ .search_hosts_first = true,
					 .timeout_ms = timeouts_resolver_ms(&cf->options.timeout),
					 .use_dns = service_uses_dns(cf) };
	if (cf->options.hosts_file.len)
		out->hosts_file = arena_dupz(cf->arena, cf->options.hosts_file);
}

void runtime_start_init(const struct flags *f, bool is_daemon, struct runtime_start *out)
{
	memset(out, 0, sizeof(*out));
	out->real_uid = getuid();
	if (f->is_unsafe)
		drop_privileges();
	if (gethostname(out->hostname, sizeof(out->hostname) - 1) < 0)
		snprintf(out->hostname, sizeof(out->hostname), "localhost");
	out->log = open_log(f);
	choose_config(f, out->config_path, sizeof(out->config_path));
	out->config = (struct config_params){ .path = out->config_path,
					      .set_options = f->set_options,
					      .set_macros = f->set_macros,
					      .is_daemon = is_daemon,
					      .is_test_mode = f->mode == 't',
					      .is_check = f->mode == 'C',
					      .is_safe_only = out->real_uid != 0 &&
							      (geteuid() != getuid() ||
							       getegid() != getgid()),
					      .op_mode = f->mode ? f->mode : 'm' };
	note_move(out);
}

void runtime_start_done(struct runtime_start *s)
{
	log_free(s->log);
}

/* Without a file there is nothing to say about its contents. */
static bool is_config_readable(const struct runtime_start *start, FILE *out)
{
	if (access(start->config_path, R_OK) == 0)
		return true;
	fprintf(out, "%s: line 0: cannot open: %s\n", start->config_path, strerror(errno));
	fflush(out);
	return false;
}

int runtime_open(const struct flags *f, struct runtime *out)
{
	struct resolver_params dns = { .search_hosts_first = true, .use_dns = true };

	memset(out, 0, sizeof(*out));
	runtime_start_init(f, false, &out->start);
	out->services = (struct services){ .log = out->start.log,
					   .hostname = out->start.hostname,
					   .agent = agent_local(),
					   .resolver = resolver_new(&dns) };
	if (f->mode != 'C' && f->mode != 't' &&
	    !is_config_readable(&out->start, f->tells_on_stderr ? stderr : stdout))
		return EX_OSFILE_;
	out->snap = snapshot_load(&out->start.config, &out->services);
	out->slot = snapshot_slot_new(snapshot_get(out->snap));
	if (f->mode != 'C')
		print_messages(out->snap->cf, f);
	if (out->snap->cf->is_dangerously_writable && (f->mode == 'C' || f->mode == 'i'))
		fprintf(stderr, "%s: WARNING: dangerous write permissions\n",
			out->start.config_path);
	if (f->mode != 'C' && f->mode != 't')
		config_log_errors(out->snap->cf, out->services.log);
	if (out->snap->cf->messages.n_errors && f->mode != 'C' &&
	    (f->mode != 't' || out->snap->cf->messages.is_fatal))
		return out->snap->cf->messages.exit ? out->snap->cf->messages.exit : EX_CONFIG_;
	resolver_free(out->services.resolver);
	runtime_resolver_params(out->snap->cf, &dns);
	out->services.resolver = resolver_new(&dns);
	log_set_level(out->services.log, (int)out->snap->cf->options.log_level);
	return 0;
}

void runtime_close(struct runtime *r)
{
	snapshot_slot_free(r->slot);
	snapshot_put(r->snap);
	resolver_free(r->services.resolver);
	agent_free(r->services.agent);
	runtime_start_done(&r->start);
}
