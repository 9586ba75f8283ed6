/*
 * startup.c - what is known before the first line is read: who we are, and the classes that the language takes as given.
 *
 * Names are asked from the system (hosts file, DNS) in a thread of its own with a deadline, so that a dead name server holds
 * nothing up: what has come by then counts.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <pwd.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#include "base/mem.h"
#include "config/load.h"

#define ASK_SECONDS   5
#define FOUND_MAX     256
#define FOUND_LEN     270
#define INTERFACE_MAX 128

/* ---- asking with a deadline ---- */

struct question {
	char host[256]; /* whose names and addresses; "": none asked */
	struct sockaddr_storage addrs[INTERFACE_MAX]; /* whose reverse names */
	int n_addrs;
	bool is_compressed; /* UseCompressedIPv6Addresses */
	pthread_mutex_t lock;
	int refs; /* the asker and the thread: the last one frees */
	char canonical[256];
	char found[FOUND_MAX][FOUND_LEN]; /* words for $=w */
	bool with_brackets[FOUND_MAX];    /* a name that is new comes as name and [name] */
	int n_found;
};

static void put_question(struct question *q)
{
	int left;

	pthread_mutex_lock(&q->lock);
	left = --q->refs;
	pthread_mutex_unlock(&q->lock);
	if (left)
		return;
	pthread_mutex_destroy(&q->lock);
	free(q);
}

static void found(struct question *q, const char *word, bool with_brackets)
{
	pthread_mutex_lock(&q->lock);
	if (q->n_found < FOUND_MAX && word[0]) {
		q->with_brackets[q->n_found] = with_brackets;
		snprintf(q->found[q->n_found++], FOUND_LEN, "%s", word);
	}
	pthread_mutex_unlock(&q->lock);
}

/* All eight groups, zeros too, unless the option asks for the short form. */
static void full_ipv6(const unsigned char *b, char *out, size_t size)
{
	snprintf(out, size, "%x:%x:%x:%x:%x:%x:%x:%x", b[0] << 8 | b[1], b[2] << 8 | b[3],
		 b[4] << 8 | b[5], b[6] << 8 | b[7], b[8] << 8 | b[9], b[10] << 8 | b[11],
		 b[12] << 8 | b[13], b[14] << 8 | b[15]);
}

static void found_address(struct question *q, int family, const void *bytes)
{
	char text[INET6_ADDRSTRLEN], word[INET6_ADDRSTRLEN + 10];

	if (!inet_ntop(family, bytes, text, sizeof(text)))
		return;
	if (family == AF_INET6 && !q->is_compressed)
		full_ipv6(bytes, text, sizeof(text));
	snprintf(word, sizeof(word), "[%s%s]", family == AF_INET6 ? "IPv6:" : "", text);
	found(q, word, false);
}

/* The full name is the first one with a dot. */
static void note_names(struct question *q, const struct hostent *h)
{
	const char *full = strchr(h->h_name, '.') ? h->h_name : NULL;

	for (int i = 0; h->h_aliases && h->h_aliases[i]; i++) {
		found(q, h->h_aliases[i], false);
		if (!full && strchr(h->h_aliases[i], '.'))
			full = h->h_aliases[i];
	}
	found(q, h->h_name, false);
	if (full) {
		pthread_mutex_lock(&q->lock);
		snprintf(q->canonical, sizeof(q->canonical), "%s", full);
		pthread_mutex_unlock(&q->lock);
	}
}

/* Addresses of one family count: the new one if there are any. */
static void ask_host(struct question *q)
{
	struct hostent entry, *h = NULL;
	char buffer[16384];
	int err;

	if (!q->host[0])
		return;
	if (gethostbyname2_r(q->host, AF_INET6, &entry, buffer, sizeof(buffer), &h, &err) != 0 ||
	    !h)
		gethostbyname2_r(q->host, AF_INET, &entry, buffer, sizeof(buffer), &h, &err);
	if (!h)
		return;
	note_names(q, h);
	for (int i = 0; h->h_addr_list[i]; i++)
		found_address(q, h->h_addrtype, h->h_addr_list[i]);
}

static void ask_address(struct question *q, const struct sockaddr_storage *ss)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)ss;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)ss;
	bool is_v4 = ss->ss_family == AF_INET;
	struct hostent entry, *h = NULL;
	char buffer[16384];
	int err;

	if (gethostbyaddr_r(is_v4 ? (const void *)&in->sin_addr : (const void *)&in6->sin6_addr,
			    is_v4 ? sizeof(in->sin_addr) : sizeof(in6->sin6_addr), ss->ss_family,
			    &entry, buffer, sizeof(buffer), &h, &err) != 0 ||
	    !h)
		return;
	found(q, h->h_name, true);
	for (int i = 0; h->h_aliases && h->h_aliases[i]; i++)
		found(q, h->h_aliases[i], true);
}

static void *ask(void *arg)
{
	struct question *q = arg;

	ask_host(q);
	for (int i = 0; i < q->n_addrs; i++)
		ask_address(q, &q->addrs[i]);
	put_question(q);
	return NULL;
}

static void add_found(struct loader *ld, struct view word, bool with_brackets)
{
	struct classes *c = ld->cf->classes;

	if (with_brackets && !classes_has(c, 'w', word))
		classes_add(c, 'w', arena_printf(ld->cf->arena, "[" VIEW_FMT "]", VIEW_ARG(word)));
	classes_add(c, 'w', word);
}

/* Waits for the answers at most ASK_SECONDS, then takes what is there. */
static void ask_and_wait(struct loader *ld, struct question *q, char *out_canonical)
{
	pthread_t thread;
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += ASK_SECONDS;
	q->refs = 2;
	if (pthread_create(&thread, NULL, ask, q) != 0)
		q->refs = 1;
	else if (pthread_timedjoin_np(thread, NULL, &until) != 0)
		pthread_detach(thread); /* it goes on asking, for nobody */
	pthread_mutex_lock(&q->lock);
	for (int i = 0; i < q->n_found; i++)
		add_found(ld, view_of(q->found[i]), q->with_brackets[i]);
	if (out_canonical && q->canonical[0])
		snprintf(out_canonical, 256, "%s", q->canonical);
	pthread_mutex_unlock(&q->lock);
	put_question(q);
}

static struct question *question_new(const char *host)
{
	struct question *q = MEM_NEW(struct question);

	pthread_mutex_init(&q->lock, NULL);
	snprintf(q->host, sizeof(q->host), "%s", host);
	return q;
}

/* ---- macros and classes ---- */

struct given {
	const char *class_name;
	const char *words[6];
};

static const struct given given_classes[] = {
	{"e",		      { "7bit", "8bit", "binary" }                    },
	{ "n",		     { "multipart/signed" }                          },
	{ "s",		     { "rfc822" }				    },
	{ "persistentMacros",      { "_", "r", "s", "{daemon_flags}", "{if_addr}" }},
	{ "checkMIMETextHeaders",  { "content-description" }                       },
	{ "checkMIMEHeaders",
         { "content-disposition", "content-id", "content-transfer-encoding", "content-type",
	    "mime-version" }						       },
	{ "checkMIMEFieldHeaders", { "content-disposition", "content-type" }       },
};

static void give_classes(struct loader *ld)
{
	for (size_t i = 0; i < sizeof(given_classes) / sizeof(given_classes[0]); i++) {
		const struct given *g = &given_classes[i];
		int number = macro_number(view_of(g->class_name), true);

		for (int w = 0; w < 6 && g->words[w]; w++)
			classes_add(ld->cf->classes, number, view_of(g->words[w]));
	}
}

static void own_name(struct loader *ld, char name[256])
{
	if (ld->params->hostname)
		snprintf(name, 256, "%s", ld->params->hostname);
	else if (gethostname(name, 256) < 0 || !name[0])
		snprintf(name, 256, "localhost");
	name[255] = '\0';
	if (!ld->params->is_offline)
		ask_and_wait(ld, question_new(name), strchr(name, '.') ? NULL : name);
}

static void set_text(struct loader *ld, int number, struct view value)
{
	own_str struct str s = STR_MAX(1024);

	macros_quote(value, &s);
	macros_define(ld->cf->macros, number, str_view(&s));
}

/* $_ for what comes from the command line; a connection has its own. */
static void set_caller(struct loader *ld)
{
	char buffer[16384];
	struct passwd entry, *p = NULL;

	if (getpwuid_r(getuid(), &entry, buffer, sizeof(buffer), &p) == 0 && p)
		macros_setf(ld->cf->macros, '_', "%s@localhost", p->pw_name);
}

void startup_macros(struct loader *ld)
{
	struct classes *c = ld->cf->classes;
	struct utsname uts;
	char name[256];
	struct view full, domain, node;
	size_t dot;

	give_classes(ld);
	own_name(ld, name);
	full = view_of(name);
	dot = view_find(full, '.');
	domain = view_skip(full, dot + 1);
	set_text(ld, 'j', full);
	set_text(ld, 'w', view_first(full, dot));
	classes_add(c, 'w', full);
	if (dot < full.len && domain.len) {
		set_text(ld, 'm', domain);
		classes_add(c, 'm', domain);
	}
	node = uname(&uts) == 0 && !ld->params->hostname ? view_of(uts.nodename) : full;
	set_text(ld, 'k', node);
	classes_add(c, 'k', node);
	set_text(ld, 'v', VIEW(CONFIG_VERSION));
	set_text(ld, 'n', VIEW("MAILER-DAEMON"));
	set_caller(ld);
	if (ld->params->op_mode)
		macros_setf(ld->cf->macros, MACRO_OP_MODE, "%c",
			    ld->params->op_mode == 'D' ? 'd' : ld->params->op_mode);
}

/* ---- interfaces ---- */

static bool is_wanted(const struct ifaddrs *i)
{
	const struct sockaddr_in6 *in6;

	if (!i->ifa_addr || !(i->ifa_flags & IFF_UP))
		return false;
	if (i->ifa_addr->sa_family == AF_INET)
		return true;
	if (i->ifa_addr->sa_family != AF_INET6)
		return false;
	in6 = (const struct sockaddr_in6 *)i->ifa_addr;
	return !IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr) && !IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr);
}

static void add_interface(struct question *q, const struct ifaddrs *i, bool skip_loopback_names)
{
	bool is_v4 = i->ifa_addr->sa_family == AF_INET;
	struct sockaddr_storage *ss = &q->addrs[q->n_addrs];

	if (is_v4)
		found_address(q, AF_INET, &((const struct sockaddr_in *)i->ifa_addr)->sin_addr);
	else
		found_address(q, AF_INET6, &((const struct sockaddr_in6 *)i->ifa_addr)->sin6_addr);
	if ((skip_loopback_names && i->ifa_flags & IFF_LOOPBACK) || q->n_addrs == INTERFACE_MAX)
		return;
	memcpy(ss, i->ifa_addr, is_v4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
	q->n_addrs++;
}

static void probe_interfaces(struct loader *ld)
{
	bool skip_loopback_names = ld->cf->options.dont_probe_interfaces == 'l';
	struct ifaddrs *all = NULL;
	struct question *q;

	if (ld->params->is_offline || ld->cf->options.dont_probe_interfaces == 't' ||
	    getifaddrs(&all) < 0)
		return;
	q = question_new("");
	q->is_compressed = ld->cf->options.use_compressed_ipv6_addresses;
	for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
		if (is_wanted(i))
			add_interface(q, i, skip_loopback_names);
	}
	freeifaddrs(all);
	ask_and_wait(ld, q, NULL);
}

/* The file may have changed who we are: the official name is local in any case. */
void startup_finish(struct loader *ld)
{
	struct config *cf = ld->cf;
	struct view j = macros_get_expanded(cf->macros, 'j', cf->arena);
	struct view m = macros_get_expanded(cf->macros, 'm', cf->arena);

	if (cf->level < 5)
		macros_define(cf->macros, 'w', macros_get(cf->macros, 'j'));
	classes_add(cf->classes, 'w', j);
	if (m.len)
		classes_add(cf->classes, 'm', m);
	macros_setf(cf->macros, MACRO_DELIVERY_MODE, "%c", cf->options.delivery_mode);
	probe_interfaces(ld);
	classes_sort(cf->classes);
}

void config_define(struct config *cf, struct view name, struct view cf_value)
{
	own_str struct str s = STR_MAX(MACRO_VALUE_MAX);
	int number = macro_number(name, true);

	if (!number)
		return;
	macros_encode(cf_value, &s);
	macros_define(cf->macros, number, str_view(&s));
}
