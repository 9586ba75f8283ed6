/* hosts.c - see hosts.h. */
#include "net/hosts.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/table.h"
#include "os/read_all.h"

#define LOOK_AGAIN_MS 1000

/* One line's address under one of its names; more lines with the same name are chained in their order. */
struct host {
	struct addr addr;
	struct view canonical;
	struct host *next;
};

struct hosts {
	char *path;
	_Atomic int64_t look_again_at;
	pthread_rwlock_t lock; /* guards what follows */
	struct arena *arena;
	struct table *by_name, *by_addr; /* to the first struct host */
	struct stat seen;
};

struct hosts *hosts_new(const char *path)
{
	struct hosts *h = MEM_NEW(struct hosts);

	h->path = mem_dup(path, strlen(path));
	h->by_name = table_new(TABLE_NOCASE);
	h->by_addr = table_new(TABLE_EXACT);
	pthread_rwlock_init(&h->lock, NULL);
	return h;
}

void hosts_free(struct hosts *h)
{
	if (!h)
		return;
	table_free(h->by_name);
	table_free(h->by_addr);
	arena_free(h->arena);
	pthread_rwlock_destroy(&h->lock);
	free(h->path);
	free(h);
}

/* ---- reading ---- */

static struct view addr_key(const struct addr *a)
{
	switch (addr_family(a)) {
	case AF_INET:
		return view_from((const char *)&a->in.sin_addr, 4);
	case AF_INET6:
		if (IN6_IS_ADDR_V4MAPPED(&a->in6.sin6_addr))
			return view_from((const char *)&a->in6.sin6_addr + 12, 4);
		return view_from((const char *)&a->in6.sin6_addr, 16);
	default:
		return VIEW("");
	}
}

static void add_host(struct table *t, struct view key, struct host *host)
{
	struct host *first = table_get(t, key);

	if (!first) {
		table_set(t, key, host);
		return;
	}
	while (first->next)
		first = first->next;
	first->next = host;
}

static void read_line(struct hosts *h, struct view line)
{
	struct view word, canonical = VIEW_NONE;
	struct addr addr;

	line.len = view_find(line, '#');
	if (!view_word(&line, &word) || !addr_parse(word, 0, &addr))
		return;
	while (view_word(&line, &word)) {
		struct host *host = ARENA_NEW(h->arena, struct host);

		if (view_is_none(canonical)) {
			canonical = arena_dup(h->arena, word);
			if (!table_has(h->by_addr, addr_key(&addr)))
				table_set(h->by_addr, addr_key(&addr), host);
		}
		host->addr = addr;
		host->canonical = canonical;
		add_host(h->by_name, word, host);
	}
}

static void read_file(struct hosts *h, int fd)
{
	own_str struct str text = STR_MAX(HOSTS_BYTES_MAX);
	struct view rest, line;

	read_all(fd, &text);
	rest = str_view(&text);
	while (view_cut(&rest, '\n', &line))
		read_line(h, line);
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void read_again(struct hosts *h)
{
	own_fd int fd = open(h->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat now = { 0 };

	if (fd >= 0 && fstat(fd, &now) < 0)
		return;
	if (h->arena && is_same_file(&now, &h->seen))
		return;
	table_free(h->by_name);
	table_free(h->by_addr);
	arena_free(h->arena);
	h->by_name = table_new(TABLE_NOCASE);
	h->by_addr = table_new(TABLE_EXACT);
	h->arena = arena_new(8 * (size_t)HOSTS_BYTES_MAX);
	h->seen = now;
	if (fd >= 0 && S_ISREG(now.st_mode))
		read_file(h, fd);
}

static void look_at_file(struct hosts *h)
{
	int64_t at = h->look_again_at, now = clock_ms();
	struct stat st = { 0 };
	bool is_stale;

	if (now < at ||
	    !atomic_compare_exchange_strong(&h->look_again_at, &at, now + LOOK_AGAIN_MS))
		return;
	if (stat(h->path, &st) < 0)
		st = (struct stat){ 0 };
	pthread_rwlock_rdlock(&h->lock);
	is_stale = !h->arena || !is_same_file(&st, &h->seen);
	pthread_rwlock_unlock(&h->lock);
	if (!is_stale)
		return;
	pthread_rwlock_wrlock(&h->lock);
	read_again(h);
	pthread_rwlock_unlock(&h->lock);
}

/* ---- asking ---- */

static void add_record(struct arena *a, struct dns_answer *out, const struct host *host)
{
	struct dns_record *r = ARENA_ARRAY(a, struct dns_record, out->n + 1);

	if (out->n > 0)
		memcpy(r, out->records, out->n * sizeof(*r));
	r[out->n].addr = host->addr;
	r[out->n].name = out->canonical;
	out->records = r;
	out->n++;
}

bool hosts_addresses(struct hosts *h, struct view name, int family, struct arena *a,
		     struct dns_answer *out)
{
	const struct host *host;

	look_at_file(h);
	pthread_rwlock_rdlock(&h->lock);
	host = table_get(h->by_name, name);
	if (host) {
		*out = (struct dns_answer){ .found = NOT_FOUND,
					    .is_nodata = true,
					    .from_hosts = true };
		out->canonical = arena_dup(a, host->canonical);
	}
	for (const struct host *at = host; at; at = at->next) {
		if (family == AF_UNSPEC || addr_family(&at->addr) == family)
			add_record(a, out, at);
	}
	pthread_rwlock_unlock(&h->lock);
	if (host && out->n > 0) {
		out->found = FOUND;
		out->is_nodata = false;
	}
	return host != NULL;
}

bool hosts_name(struct hosts *h, const struct addr *addr, struct arena *a, struct dns_answer *out)
{
	const struct host *host;

	look_at_file(h);
	pthread_rwlock_rdlock(&h->lock);
	host = table_get(h->by_addr, addr_key(addr));
	if (host) {
		*out = (struct dns_answer){ .found = FOUND, .from_hosts = true };
		out->canonical = arena_dup(a, host->canonical);
		out->records = ARENA_NEW(a, struct dns_record);
		out->records[0].name = out->canonical;
		out->n = 1;
	}
	pthread_rwlock_unlock(&h->lock);
	return host != NULL;
}
