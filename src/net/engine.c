/*
 * engine.c - see engine.h.
 *
 *   asker ── ub_resolve_async ──> the library's thread ── answer ──> our thread ── wakes ──> asker
 *
 * A question has two holders, the asker and the library's call-back; whoever lets go last frees it.
 *
 * The library has built-in zones (private reverse zones, test., localhost. ...) that it answers itself. They are opened: the
 * name server that the administrator chose is the one that knows.
 */
#include "net/engine.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unbound.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/mem.h"
#include "net/answer.h"

#define RECORDS_MAX 1000
#define NAME_BYTES  1100 /* of a name in text form, escapes and all */

struct question {
	struct link link; /* in engine.asked while the library has it */
	struct engine *engine;
	enum dns_type type;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t changed;
	int holders;
	bool is_done;
	int error;
	struct ub_result *result;
};

struct engine {
	struct ub_ctx *ctx;
	int stop_fd;
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows */
	struct list asked;
	int n_asked;
};

/* ---- questions ---- */

static struct question *question_new(struct engine *e, enum dns_type type)
{
	struct question *q = MEM_NEW(struct question);
	pthread_condattr_t attr;

	q->engine = e;
	q->type = type;
	q->holders = 2;
	pthread_mutex_init(&q->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&q->changed, &attr);
	pthread_condattr_destroy(&attr);
	return q;
}

static void question_free(struct question *q)
{
	if (q->result)
		ub_resolve_free(q->result);
	pthread_cond_destroy(&q->changed);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

static void let_go(struct question *q)
{
	bool is_last;

	pthread_mutex_lock(&q->lock);
	is_last = --q->holders == 0;
	pthread_mutex_unlock(&q->lock);
	if (is_last)
		question_free(q);
}

static void forget(struct engine *e, struct question *q)
{
	pthread_mutex_lock(&e->lock);
	list_remove(&q->link);
	e->n_asked--;
	pthread_mutex_unlock(&e->lock);
}

/* Called by the library in our thread. */
static void answered(void *arg, int error, struct ub_result *result)
{
	struct question *q = arg;

	forget(q->engine, q);
	pthread_mutex_lock(&q->lock);
	q->is_done = true;
	q->error = error;
	q->result = result;
	pthread_cond_signal(&q->changed);
	pthread_mutex_unlock(&q->lock);
	let_go(q);
}

/* In small letters: the library writes the names of an answer as far as it can with the letters of the question, and a canonical
 * name is not to look as the alias was typed. */
static void copy_lower(const char *name, char out[NAME_BYTES])
{
	size_t n = 0;

	for (; name[n] && n < NAME_BYTES - 1; n++)
		out[n] = (char)tolower((unsigned char)name[n]);
	out[n] = '\0';
}

struct question *engine_ask(struct engine *e, const char *name, enum dns_type type)
{
	struct question *q = question_new(e, type);
	char asked[NAME_BYTES];
	bool is_full;

	pthread_mutex_lock(&e->lock);
	is_full = e->n_asked >= ENGINE_ASKED_MAX;
	if (!is_full) {
		list_append(&e->asked, &q->link);
		e->n_asked++;
	}
	pthread_mutex_unlock(&e->lock);
	if (is_full) {
		question_free(q);
		return NULL;
	}
	if (strlen(name) < NAME_BYTES) {
		copy_lower(name, asked);
		name = asked;
	}
	if (ub_resolve_async(e->ctx, name, (int)type, 1, q, answered, NULL) != 0) {
		forget(e, q);
		question_free(q);
		return NULL;
	}
	return q;
}

/* ---- answers ---- */

static const char *rcode_words(int rcode)
{
	static const char *const words[] = { "no error",     "format error",    "server failure",
					     "no such name", "not implemented", "query refused" };

	return rcode >= 0 && rcode < (int)(sizeof(words) / sizeof(words[0])) ? words[rcode]
									     : "strange answer";
}

static void fail(struct dns_answer *out, struct view why)
{
	*out = (struct dns_answer){ .found = LOOKUP_FAILED, .rcode = -1, .why = why };
}

static void fill_records(const struct ub_result *r, enum dns_type type, struct arena *a,
			 struct dns_answer *out)
{
	size_t n = 0;

	while (n < RECORDS_MAX && r->data[n])
		n++;
	out->records = ARENA_ARRAY(a, struct dns_record, n);
	for (size_t i = 0; i < n; i++) {
		struct view data = view_from(r->data[i], (size_t)r->len[i]);

		if (answer_record(type, data, a, &out->records[out->n]))
			out->n++;
	}
}

/* "mx.example.test." of the library without its last dot. */
static struct view without_dot(const char *name)
{
	struct view v = view_of(name);

	if (v.len > 0 && v.p[v.len - 1] == '.')
		v.len--;
	return v;
}

static void fill_answer(const struct question *q, struct arena *a, struct dns_answer *out)
{
	const struct ub_result *r = q->result;

	if (q->error || !r) {
		fail(out, arena_dup(a, view_of(ub_strerror(q->error))));
		return;
	}
	if (r->bogus) {
		fail(out, arena_printf(a, "DNSSEC: %s", r->why_bogus ? r->why_bogus : "not valid"));
		out->rcode = r->rcode;
		return;
	}
	*out = (struct dns_answer){ .found = NOT_FOUND, .rcode = r->rcode, .ttl_s = r->ttl };
	out->is_secure = r->secure;
	out->canonical = arena_dup(a, without_dot(r->canonname ? r->canonname : r->qname));
	if (r->rcode != 0 && !r->nxdomain) {
		out->found = LOOKUP_FAILED;
		out->why = view_of(rcode_words(r->rcode));
		return;
	}
	if (r->havedata)
		fill_records(r, q->type, a, out);
	if (out->n > 0)
		out->found = FOUND;
	else
		out->is_nodata = !r->nxdomain;
}

void engine_wait(struct question *q, int64_t deadline, struct arena *a, struct dns_answer *out)
{
	struct timespec ts = { .tv_sec = deadline / 1000, .tv_nsec = deadline % 1000 * 1000000 };
	int error = 0;

	pthread_mutex_lock(&q->lock);
	while (!q->is_done && error != ETIMEDOUT)
		error = pthread_cond_timedwait(&q->changed, &q->lock, &ts);
	if (q->is_done)
		fill_answer(q, a, out);
	else
		fail(out, VIEW("no answer in time"));
	pthread_mutex_unlock(&q->lock);
	let_go(q);
}

/* ---- the context ---- */

static const char *const built_in_zones[] = {
	"localhost.",
	"127.in-addr.arpa.",
	"test.",
	"invalid.",
	"onion.",
	"home.arpa.",
	"resolver.arpa.",
	"service.arpa.",
	"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa.",
};

static const char *const settings[][2] = {
	{"do-not-query-localhost:",  "no"   },
	{ "unblock-lan-zones:",      "yes"  },
	{ "insecure-lan-zones:",     "yes"  },
	{ "num-queries-per-thread:", "2048" },
	{ "outgoing-range:",         "1024" },
 /* One name that got no answer says nothing about the server: it is asked for the next one at once. */
	{ "infra-host-ttl:",         "0"    },
 /* Records in the order in which the server has them: rules and bestmx take the first. */
	{ "rrset-roundrobin:",       "no"   },
	{ "infra-keep-probing:",     "yes"  },
	{ "infra-cache-max-rtt:",    "10000"},
};

/* Settings that this release of the library does not know are left at what it has. */
static int set_up(struct ub_ctx *ctx, const struct engine_params *p)
{
	char server[128];

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		ub_ctx_set_option(ctx, settings[i][0], settings[i][1]);
	ub_ctx_debugout(ctx, NULL);
	ub_ctx_debuglevel(ctx, 0);
	ub_ctx_set_option(ctx,
			  "module-config:", p->trust_anchor ? "validator iterator" : "iterator");
	if (p->trust_anchor && ub_ctx_add_ta_file(ctx, p->trust_anchor) != 0)
		return -EINVAL;
	for (size_t i = 0; i < p->n_servers; i++) {
		snprintf(server, sizeof(server), VIEW_FMT, VIEW_ARG(p->servers[i]));
		if (ub_ctx_set_fwd(ctx, server) != 0)
			return -EINVAL;
	}
	if (ub_ctx_async(ctx, 1) != 0)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(built_in_zones) / sizeof(built_in_zones[0]); i++)
		ub_ctx_zone_add(ctx, built_in_zones[i], "always_transparent");
	return 0;
}

/* The library keeps state of its own for the whole process (its log), which making and deleting contexts changes. */
static pthread_mutex_t library_lock = PTHREAD_MUTEX_INITIALIZER;

static struct ub_ctx *context_new(const struct engine_params *p)
{
	struct ub_ctx *ctx;

	pthread_mutex_lock(&library_lock);
	ctx = ub_ctx_create();
	if (ctx && set_up(ctx, p) < 0) {
		ub_ctx_delete(ctx);
		ctx = NULL;
	}
	pthread_mutex_unlock(&library_lock);
	return ctx;
}

static void context_free(struct ub_ctx *ctx)
{
	pthread_mutex_lock(&library_lock);
	ub_ctx_delete(ctx);
	pthread_mutex_unlock(&library_lock);
}

static void *engine_main(void *arg)
{
	struct engine *e = arg;
	struct pollfd p[2] = {
		{.fd = ub_fd(e->ctx), .events = POLLIN},
                { .fd = e->stop_fd,   .events = POLLIN}
	};

	pthread_setname_np(pthread_self(), "resolver");
	while (p[1].revents == 0) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			break;
		if (p[0].revents)
			ub_process(e->ctx);
	}
	return NULL;
}

struct engine *engine_new(const struct engine_params *p)
{
	struct engine *e = MEM_NEW(struct engine);

	list_init(&e->asked);
	pthread_mutex_init(&e->lock, NULL);
	e->stop_fd = eventfd(0, EFD_CLOEXEC);
	e->ctx = context_new(p);
	if (e->stop_fd >= 0 && e->ctx && pthread_create(&e->thread, NULL, engine_main, e) == 0)
		return e;
	if (e->ctx)
		context_free(e->ctx);
	if (e->stop_fd >= 0)
		close(e->stop_fd);
	pthread_mutex_destroy(&e->lock);
	free(e);
	return NULL;
}

void engine_free(struct engine *e)
{
	uint64_t one = 1;
	struct link *l;

	if (!e)
		return;
	while (write(e->stop_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	pthread_join(e->thread, NULL);
	context_free(e->ctx);
	/* Questions that were never answered: their askers have gone, and the library calls back no more. */
	while ((l = list_pop(&e->asked)))
		let_go(LIST_OWNER(l, struct question, link));
	close(e->stop_fd);
	pthread_mutex_destroy(&e->lock);
	free(e);
}
