/*
 * resolver.c - see resolver.h.
 *
 * A question goes down this list until somebody knows: literal, hosts file, answers kept, the engine (libunbound). Only the
 * last costs a change of thread. The engine belongs to one reading of resolv.conf; when that file changes, a new engine
 * takes its place and the old one is freed by the last who asks it something.
 */
#include "net/resolver.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/own.h"
#include "net/answer_cache.h"
#include "net/engine.h"
#include "net/hosts.h"
#include "net/resolv_conf.h"

#define ANSWERS_MAX     8192
#define TIMEOUT_MS      20000
#define LOOK_AGAIN_MS   2000
#define RESOLV_CONF_MAX 65536

/* One reading of resolv.conf, and the engine that was made from it. */
struct reading {
	int holders; /* under resolver.lock */
	struct arena *arena;
	struct resolv_conf conf;
	struct stat seen;
	struct engine *engine;
};

#define NAME_BYTES_MAX  253
#define LABEL_BYTES_MAX 63

#define RCODE_SERVFAIL 2
#define ALIASES_MAX    10 /* of a sound chain */
#define LOOP_SHARE     2  /* of the time for a question: past it, failure is silence */

struct resolver {
	char *resolv_conf, *trust_anchor, *name_server;
	bool with_dnssec, use_dns, hosts_first;
	int timeout_ms;
	struct hosts *hosts; /* NULL: none */
	struct answer_cache *answers;
	_Atomic int64_t look_again_at;
	pthread_mutex_t lock; /* guards what follows; not held while an engine is made or freed */
	struct reading *reading;
	pthread_mutex_t making; /* one at a time makes a reading */
};

static const char *const anchor_files[] = {
	"/usr/share/dns/root.key",
	"/var/lib/unbound/root.key",
	"/etc/unbound/root.key",
	"/usr/local/etc/unbound/root.key",
};

static char *find_anchor(const char *given)
{
	if (given)
		return mem_dup(given, strlen(given));
	for (size_t i = 0; i < sizeof(anchor_files) / sizeof(anchor_files[0]); i++) {
		if (access(anchor_files[i], R_OK) == 0)
			return mem_dup(anchor_files[i], strlen(anchor_files[i]));
	}
	return NULL;
}

struct resolver *resolver_new(const struct resolver_params *p)
{
	struct resolver *r = MEM_NEW(struct resolver);
	const char *path = p->resolv_conf ? p->resolv_conf : "/etc/resolv.conf";
	const char *hosts = p->hosts_file ? p->hosts_file : "/etc/hosts";

	r->resolv_conf = mem_dup(path, strlen(path));
	r->name_server = p->name_server ? mem_dup(p->name_server, strlen(p->name_server)) : NULL;
	r->with_dnssec = p->with_dnssec;
	r->trust_anchor = p->with_dnssec ? find_anchor(p->trust_anchor) : NULL;
	r->use_dns = p->use_dns;
	r->hosts_first = p->search_hosts_first;
	r->timeout_ms = p->timeout_ms > 0 ? p->timeout_ms : TIMEOUT_MS;
	r->hosts = *hosts ? hosts_new(hosts) : NULL;
	r->answers = answer_cache_new(ANSWERS_MAX);
	pthread_mutex_init(&r->lock, NULL);
	pthread_mutex_init(&r->making, NULL);
	return r;
}

/* ---- readings of resolv.conf ---- */

static void reading_free(struct reading *g)
{
	engine_free(g->engine);
	arena_free(g->arena);
	free(g);
}

static void reading_put(struct resolver *r, struct reading *g)
{
	bool is_last;

	if (!g)
		return;
	pthread_mutex_lock(&r->lock);
	is_last = --g->holders == 0;
	pthread_mutex_unlock(&r->lock);
	if (is_last)
		reading_free(g);
}

static struct reading *reading_held(struct resolver *r)
{
	struct reading *g;

	pthread_mutex_lock(&r->lock);
	g = r->reading;
	if (g)
		g->holders++;
	pthread_mutex_unlock(&r->lock);
	return g;
}

static struct reading *reading_new(struct resolver *r)
{
	own_fd int fd = open(r->resolv_conf, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct reading *g = MEM_NEW(struct reading);
	char *text;
	ssize_t n = 0;

	g->arena = arena_new(8 * RESOLV_CONF_MAX);
	text = arena_bytes(g->arena, RESOLV_CONF_MAX);
	if (fd >= 0 && fstat(fd, &g->seen) == 0)
		n = read(fd, text, RESOLV_CONF_MAX);
	resolv_conf_read(view_from(text, n > 0 ? (size_t)n : 0), g->arena, &g->conf);
	if (r->name_server) {
		g->conf.servers[0] = view_of(r->name_server);
		g->conf.n_servers = 1;
	}
	g->holders = 1;
	return g;
}

static bool is_stale(const struct reading *g, const char *path)
{
	struct stat st = { 0 };

	if (stat(path, &st) < 0)
		st = (struct stat){ 0 };
	return st.st_ino != g->seen.st_ino || st.st_size != g->seen.st_size ||
	       st.st_mtim.tv_sec != g->seen.st_mtim.tv_sec ||
	       st.st_mtim.tv_nsec != g->seen.st_mtim.tv_nsec;
}

static bool may_look_again(struct resolver *r)
{
	int64_t at = r->look_again_at, now = clock_ms();

	return now >= at &&
	       atomic_compare_exchange_strong(&r->look_again_at, &at, now + LOOK_AGAIN_MS);
}

static void start_engine(struct resolver *r, struct reading *g)
{
	struct engine_params p = { .n_servers = g->conf.n_servers,
				   .trust_anchor = r->trust_anchor };

	memcpy(p.servers, g->conf.servers, sizeof(p.servers));
	g->engine = engine_new(&p);
}

/* Puts a new reading in the place of `old`, unless another thread has done it already. */
static void read_again(struct resolver *r, const struct reading *old)
{
	struct reading *next = NULL, *last;

	pthread_mutex_lock(&r->making);
	pthread_mutex_lock(&r->lock);
	last = r->reading;
	pthread_mutex_unlock(&r->lock);
	if (last == old) {
		next = reading_new(r);
		pthread_mutex_lock(&r->lock);
		r->reading = next;
		pthread_mutex_unlock(&r->lock);
		reading_put(r, last);
	}
	pthread_mutex_unlock(&r->making);
}

/* The present reading, held by the caller. */
static struct reading *reading_now(struct resolver *r)
{
	struct reading *g = reading_held(r);

	if (g && !(may_look_again(r) && is_stale(g, r->resolv_conf)))
		return g;
	read_again(r, g);
	reading_put(r, g);
	return reading_held(r);
}

/* The same with its engine running; engine stays NULL when it could not be started. */
static struct reading *reading_with_engine(struct resolver *r)
{
	struct reading *g = reading_now(r);

	pthread_mutex_lock(&r->making);
	if (!g->engine)
		start_engine(r, g);
	pthread_mutex_unlock(&r->making);
	return g;
}

void resolver_flush(struct resolver *r)
{
	struct reading *g = reading_held(r);

	answer_cache_clear(r->answers);
	if (g)
		read_again(r, g);
	reading_put(r, g);
}

void resolver_free(struct resolver *r)
{
	if (!r)
		return;
	reading_put(r, r->reading);
	answer_cache_free(r->answers);
	hosts_free(r->hosts);
	pthread_mutex_destroy(&r->making);
	pthread_mutex_destroy(&r->lock);
	free(r->resolv_conf);
	free(r->name_server);
	free(r->trust_anchor);
	free(r);
}

struct view resolver_search(struct resolver *r, size_t i, struct arena *a)
{
	struct reading *g = reading_now(r);
	struct view v = i < g->conf.n_search ? arena_dup(a, g->conf.search[i]) : VIEW_NONE;

	reading_put(r, g);
	return v;
}

/* ---- one question to the DNS ---- */

struct asking {
	struct view name;
	enum dns_type type;
	struct reading *reading;
	struct question *question;
	bool is_answered; /* without a question */
};

static void answer_at_once(struct asking *q, struct dns_answer *out, const struct dns_answer *with)
{
	*out = *with;
	q->is_answered = true;
}

/* A name with an empty or too long label is in no name server: the answer is known without asking. */
static bool can_be_asked(struct view name)
{
	struct view label;

	if (name.len && name.p[name.len - 1] == '.')
		name.len--;
	if (name.len > NAME_BYTES_MAX)
		return false;
	while (view_cut(&name, '.', &label))
		if (label.len == 0 || label.len > LABEL_BYTES_MAX)
			return false;
	return true;
}

/* Answers at once if that is possible, else puts the question. */
static void ask_begin(struct resolver *r, struct asking *q, struct arena *a, struct dns_answer *out)
{
	static const struct dns_answer no_such_name = { .found = NOT_FOUND, .rcode = 3 };
	static const struct dns_answer no_dns = { .found = NOT_FOUND, .rcode = -1 };
	struct dns_answer failed = { .found = LOOKUP_FAILED, .rcode = -1 };

	if (!r->use_dns) {
		answer_at_once(q, out, &no_dns);
		return;
	}
	if (q->name.len == 0 || q->name.len > 254 || memchr(q->name.p, '\0', q->name.len)) {
		answer_at_once(q, out, &no_such_name);
		return;
	}
	if (answer_cache_get(r->answers, q->name, q->type, a, out)) {
		q->is_answered = true;
		return;
	}
	if (!can_be_asked(q->name)) {
		failed = (struct dns_answer){ .found = NOT_FOUND, .rcode = -1 };
		answer_at_once(q, out, &failed);
		return;
	}
	q->reading = reading_with_engine(r);
	if (q->reading->engine)
		q->question = engine_ask(q->reading->engine, arena_dupz(a, q->name), q->type);
	if (!q->question) {
		failed.why = VIEW("the resolver takes no more questions");
		answer_at_once(q, out, &failed);
	}
}

static void ask_end(struct resolver *r, struct asking *q, int64_t deadline, struct arena *a,
		    struct dns_answer *out)
{
	if (!q->is_answered) {
		engine_wait(q->question, deadline, a, out);
		answer_cache_put(r->answers, q->name, q->type, out);
	}
	reading_put(r, q->reading);
}

static int64_t bounded(const struct resolver *r, int64_t deadline)
{
	int64_t ours = deadline_in(r->timeout_ms);

	return deadline < ours ? deadline : ours;
}

static void ask_one(struct resolver *r, struct view name, enum dns_type type, int64_t deadline,
		    struct arena *a, struct dns_answer *out)
{
	struct asking q = { .name = name, .type = type };

	ask_begin(r, &q, a, out);
	ask_end(r, &q, deadline, a, out);
}

/*
 * A name server may fail because the name is an alias in a loop: that is a fault of the name, not of the server, and it does not
 * go away by asking again. Following more aliases than any sound chain has shows it. A server that let us wait is not asked.
 */
static void look_for_loop(struct resolver *r, struct view name, int64_t began, int64_t deadline,
			  struct arena *a, struct dns_answer *out)
{
	struct dns_answer link;

	if (out->found != LOOKUP_FAILED || out->rcode != RCODE_SERVFAIL ||
	    clock_ms() - began > r->timeout_ms / LOOP_SHARE)
		return;
	for (int i = 0; i <= ALIASES_MAX; i++) {
		ask_one(r, name, DNS_CNAME, deadline, a, &link);
		if (link.found != FOUND)
			return;
		name = link.records[0].name;
	}
	out->loop = name;
}

enum found resolver_ask(struct resolver *r, struct view name, enum dns_type type, int64_t deadline,
			struct arena *a, struct dns_answer *out)
{
	int64_t began = clock_ms();

	deadline = bounded(r, deadline);
	ask_one(r, name, type, deadline, a, out);
	look_for_loop(r, name, began, deadline, a, out);
	return out->found;
}

/* ---- addresses and names ---- */

static enum found join(const struct dns_answer *v4, const struct dns_answer *v6, struct arena *a,
		       struct dns_answer *out)
{
	const struct dns_answer *first = v4->found == FOUND ? v4 : v6;

	if (v4->found != FOUND || v6->found != FOUND) {
		if (first->found != FOUND && v4->found == LOOKUP_FAILED)
			first = v4;
		*out = *first;
		if (first->found == NOT_FOUND)
			out->is_nodata = v4->is_nodata || v6->is_nodata;
		return out->found;
	}
	*out = *v4;
	out->is_secure = v4->is_secure && v6->is_secure;
	out->ttl_s = v4->ttl_s < v6->ttl_s ? v4->ttl_s : v6->ttl_s;
	out->n = v4->n + v6->n;
	out->records = ARENA_ARRAY(a, struct dns_record, out->n);
	memcpy(out->records, v4->records, v4->n * sizeof(*out->records));
	memcpy(out->records + v4->n, v6->records, v6->n * sizeof(*out->records));
	return out->found;
}

static enum found addresses_from_dns(struct resolver *r, struct view name, int family,
				     int64_t deadline, struct arena *a, struct dns_answer *out)
{
	struct asking q4 = { .name = name, .type = DNS_A }, q6 = { .name = name, .type = DNS_AAAA };
	struct dns_answer v4, v6;
	int64_t began = clock_ms();

	if (family != AF_UNSPEC)
		return resolver_ask(r, name, family == AF_INET6 ? DNS_AAAA : DNS_A, deadline, a,
				    out);
	deadline = bounded(r, deadline);
	ask_begin(r, &q4, a, &v4);
	ask_begin(r, &q6, a, &v6);
	ask_end(r, &q4, deadline, a, &v4);
	ask_end(r, &q6, deadline, a, &v6);
	join(&v4, &v6, a, out);
	look_for_loop(r, name, began, deadline, a, out);
	return out->found;
}

static bool is_literal(struct view name, int family, struct arena *a, struct dns_answer *out)
{
	struct addr addr;

	if (!addr_parse(name, 0, &addr))
		return false;
	*out = (struct dns_answer){ .found = NOT_FOUND,
				    .is_nodata = true,
				    .canonical = arena_dup(a, name) };
	if (family == AF_UNSPEC || family == addr_family(&addr)) {
		out->found = FOUND;
		out->is_nodata = false;
		out->records = ARENA_NEW(a, struct dns_record);
		out->records[0].addr = addr;
		out->n = 1;
	}
	return true;
}

enum found resolver_addresses(struct resolver *r, struct view name, int family, int64_t deadline,
			      struct arena *a, struct dns_answer *out)
{
	struct dns_answer in_hosts;
	enum found found;

	if (is_literal(name, family, a, out))
		return out->found;
	if (name.len > 1 && name.p[name.len - 1] == '.')
		name.len--;
	if (r->hosts && r->hosts_first && hosts_addresses(r->hosts, name, family, a, out) &&
	    out->found == FOUND)
		return FOUND;
	found = addresses_from_dns(r, name, family, deadline, a, out);
	if (found == FOUND || !r->hosts || !hosts_addresses(r->hosts, name, family, a, &in_hosts))
		return found;
	/* The file knows the name: what it has is better than no answer. */
	if (in_hosts.found == FOUND || found == NOT_FOUND)
		*out = in_hosts;
	return out->found;
}

enum found resolver_name(struct resolver *r, const struct addr *addr, int64_t deadline,
			 struct arena *a, struct dns_answer *out)
{
	char name[ADDR_TEXT_MAX];

	if (r->hosts && r->hosts_first && hosts_name(r->hosts, addr, a, out))
		return FOUND;
	addr_reverse_name(addr, name);
	*out = (struct dns_answer){ .found = NOT_FOUND, .rcode = 3 };
	if (name[0])
		resolver_ask(r, arena_dup(a, view_of(name)), DNS_PTR, deadline, a, out);
	if (out->found != FOUND && r->hosts && !r->hosts_first)
		hosts_name(r->hosts, addr, a, out);
	return out->found;
}

bool resolver_hosts_name(struct resolver *r, struct view name, struct arena *a,
			 struct view *out_canonical)
{
	struct dns_answer in_hosts = { 0 };

	if (!r->hosts || !hosts_addresses(r->hosts, name, AF_UNSPEC, a, &in_hosts))
		return false;
	*out_canonical = in_hosts.canonical;
	return in_hosts.canonical.len > 0;
}
