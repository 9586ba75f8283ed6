#include "net/resolver.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/test.h"

/*
 * A name server on loopback that answers by the first label of the question:
 *   a-N: an A record 192.0.2.N      v6: AAAA only      mx: two MX records     alias: CNAME to a-7 with its A
 *   txt: a TXT of two strings       no: no such name   refused, servfail: that code      silent: nothing at all
 */
struct name_server {
	int fd;
	uint16_t port;
	_Atomic int n_questions;
	_Atomic bool is_ending;
	pthread_t thread;
};

struct packet {
	uint8_t b[512];
	size_t len;
};

static void put(struct packet *p, const void *bytes, size_t n)
{
	memcpy(p->b + p->len, bytes, n);
	p->len += n;
}

static void put16(struct packet *p, unsigned v)
{
	uint8_t b[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	put(p, b, 2);
}

/* The name of the question, type, class IN, a TTL, the data. */
static void put_record(struct packet *p, unsigned type, unsigned ttl, const void *data, size_t n)
{
	put16(p, 0xc00c);
	put16(p, type);
	put16(p, 1);
	put16(p, 0);
	put16(p, ttl);
	put16(p, (unsigned)n);
	put(p, data, n);
	p->b[7]++;
}

static bool asks(const struct packet *q, const char *label)
{
	size_t n = strlen(label);

	return q->b[12] == n && strncasecmp((const char *)q->b + 13, label, n) == 0;
}

static void answer_alias(struct packet *p)
{
	static const uint8_t target[] = "\3a-7\7example\4test";
	uint8_t a[4] = { 192, 0, 2, 7 };

	put_record(p, 5, 60, target, sizeof(target));
	put(p, target, sizeof(target));
	put16(p, 1);
	put16(p, 1);
	put16(p, 0);
	put16(p, 60);
	put16(p, 4);
	put(p, a, 4);
	p->b[7]++;
}

static void answer_known(struct packet *p, const struct packet *q, unsigned type)
{
	static const uint8_t v6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 9 };
	uint8_t a[4] = { 192, 0, 2, 0 };

	if (asks(q, "mx") && type == 15) {
		put_record(p, 15, 60, "\0\24\3mx2\7example\4test", 20);
		put_record(p, 15, 60, "\0\12\3mx1\7example\4test", 20);
	} else if (asks(q, "txt") && type == 16) {
		put_record(p, 16, 60, "\5hello\6 world", 13);
	} else if (asks(q, "v6") && type == 28) {
		put_record(p, 28, 60, v6, 16);
	} else if (asks(q, "alias") && type == 1) {
		answer_alias(p);
	} else if (q->b[13] == 'a' && q->b[14] == '-' && type == 1) {
		a[3] = (uint8_t)strtol((const char *)q->b + 15, NULL, 10);
		put_record(p, 1, asks(q, "a-0") ? 0 : 60, a, 4);
	} else if (asks(q, "9") && type == 12) {
		put_record(p, 12, 60, "\6client\7example\4test", 21);
	}
}

static void answer(struct name_server *ns, struct packet *q, const struct sockaddr_in *to)
{
	struct packet p = { .len = 0 };
	size_t end = 12;
	unsigned type;

	while (end < q->len && q->b[end])
		end += q->b[end] + 1u;
	type = (unsigned)q->b[end + 1] << 8 | q->b[end + 2];
	put(&p, q->b, end + 5);
	memset(p.b + 6, 0, 6);
	p.b[2] |= 0x80;
	p.b[3] = 0x80;
	if (asks(q, "no"))
		p.b[3] |= 3;
	else if (asks(q, "refused"))
		p.b[3] |= 5;
	else if (asks(q, "servfail"))
		p.b[3] |= 2;
	else
		answer_known(&p, q, type);
	if (p.b[7] == 0 && (p.b[3] & 15) % 3 == 0) { /* a negative answer has a SOA */
		put_record(&p, 6, 60, "\0\0\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\74", 22);
		p.b[7] = 0;
		p.b[9] = 1;
	}
	if (!asks(q, "silent"))
		sendto(ns->fd, p.b, p.len, 0, (const struct sockaddr *)to, sizeof(*to));
}

static void *serve(void *arg)
{
	struct name_server *ns = arg;

	while (!ns->is_ending) {
		struct packet q;
		struct sockaddr_in from;
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(ns->fd, q.b, sizeof(q.b), 0, (struct sockaddr *)&from, &len);

		if (n < 17)
			continue;
		q.len = (size_t)n;
		ns->n_questions++;
		answer(ns, &q, &from);
	}
	return NULL;
}

static void ns_start(struct name_server *ns)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval tick = { .tv_usec = 20000 };
	socklen_t len = sizeof(at);

	*ns = (struct name_server){ .fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) };
	CHECK_INT(bind(ns->fd, (struct sockaddr *)&at, sizeof(at)), 0);
	CHECK_INT(getsockname(ns->fd, (struct sockaddr *)&at, &len), 0);
	CHECK_INT(setsockopt(ns->fd, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof(tick)), 0);
	ns->port = ntohs(at.sin_port);
	CHECK_INT(pthread_create(&ns->thread, NULL, serve, ns), 0);
}

static void ns_stop(struct name_server *ns)
{
	ns->is_ending = true;
	pthread_join(ns->thread, NULL);
	close(ns->fd);
}

/* ---- the test's files, resolver and arena ---- */

struct site {
	struct name_server ns;
	char dir[64], hosts[96], conf[96];
	struct resolver *r;
	struct arena *a;
	struct dns_answer ans;
};

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	CHECK(f != NULL);
	fputs(text, f);
	fclose(f);
}

static void opened(struct site *s, const char *hosts)
{
	char conf[200];

	*s = (struct site){ .a = arena_new(1 << 20), .dir = "/tmp/resolver-test-XXXXXX" };
	ns_start(&s->ns);
	CHECK(mkdtemp(s->dir) != NULL);
	snprintf(s->hosts, sizeof(s->hosts), "%s/hosts", s->dir);
	snprintf(s->conf, sizeof(s->conf), "%s/resolv.conf", s->dir);
	snprintf(conf, sizeof(conf),
		 "# a comment\nsearch one.test two.test.\nnameserver 127.0.0.1@%u\n", s->ns.port);
	write_file(s->conf, conf);
	write_file(s->hosts, hosts);
	s->r = resolver_new(&(struct resolver_params){ .resolv_conf = s->conf,
						       .hosts_file = s->hosts,
						       .search_hosts_first = true,
						       .use_dns = true,
						       .timeout_ms = 3000 });
}

static void closed(struct site *s)
{
	resolver_free(s->r);
	ns_stop(&s->ns);
	unlink(s->hosts);
	unlink(s->conf);
	rmdir(s->dir);
	arena_free(s->a);
}

static enum found ask(struct site *s, const char *name, enum dns_type type)
{
	return resolver_ask(s->r, view_of(name), type, deadline_in(3000), s->a, &s->ans);
}

static enum found addresses(struct site *s, const char *name, int family)
{
	return resolver_addresses(s->r, view_of(name), family, deadline_in(3000), s->a, &s->ans);
}

static const char *first_address(const struct site *s)
{
	static _Thread_local char out[ADDR_TEXT_MAX];

	addr_format(&s->ans.records[0].addr, out);
	return out;
}

TEST_COVERS("MX records come with their preferences, and a second question is answered from memory",
	    133, 143)
{
	struct site s;
	int asked;

	opened(&s, "");
	CHECK_INT(ask(&s, "mx.example.test", DNS_MX), FOUND);
	CHECK_INT(s.ans.n, 2);
	for (size_t i = 0; i < 2; i++)
		CHECK_VIEW(s.ans.records[i].name, s.ans.records[i].preference == 10
							  ? "mx1.example.test"
							  : "mx2.example.test");
	CHECK(s.ans.ttl_s > 0 && s.ans.ttl_s <= 60);
	asked = s.ns.n_questions;
	CHECK_INT(ask(&s, "MX.Example.Test.", DNS_MX), FOUND);
	CHECK_INT(s.ans.n, 2);
	CHECK_INT(s.ns.n_questions, asked);
	closed(&s);
}

TEST("an answer with TTL 0 is not kept")
{
	struct site s;
	int asked;

	opened(&s, "");
	CHECK_INT(ask(&s, "a-0.example.test", DNS_A), FOUND);
	asked = s.ns.n_questions;
	usleep(1100000); /* the library itself keeps it to the end of the second */
	CHECK_INT(ask(&s, "a-0.example.test", DNS_A), FOUND);
	CHECK(s.ns.n_questions > asked);
	closed(&s);
}

TEST_COVERS("no such name, no such record, and could not ask are three answers", 136)
{
	struct site s;
	int64_t begin;

	opened(&s, "");
	CHECK_INT(ask(&s, "no.example.test", DNS_A), NOT_FOUND);
	CHECK_INT(s.ans.rcode, 3);
	CHECK(!s.ans.is_nodata);
	CHECK_INT(ask(&s, "a-1.example.test", DNS_MX), NOT_FOUND);
	CHECK(s.ans.is_nodata);
	CHECK_INT(ask(&s, "refused.example.test", DNS_A), LOOKUP_FAILED);
	CHECK_INT(ask(&s, "servfail.example.test", DNS_A), LOOKUP_FAILED);
	CHECK(s.ans.why.len > 0);
	begin = clock_ms();
	CHECK_INT(resolver_ask(s.r, VIEW("silent.example.test"), DNS_A, deadline_in(100), s.a,
			       &s.ans),
		  LOOKUP_FAILED);
	CHECK(clock_ms() - begin < 1500);
	CHECK_INT(s.ans.rcode, -1);
	CHECK_INT(ask(&s, "", DNS_A), NOT_FOUND);
	closed(&s);
}

TEST_COVERS(
	"a CNAME is followed for addresses and its end is told; an MX question for it finds none",
	134)
{
	struct site s;

	opened(&s, "");
	CHECK_INT(addresses(&s, "alias.example.test", AF_UNSPEC), FOUND);
	CHECK_VIEW(s.ans.canonical, "a-7.example.test");
	CHECK_STR(first_address(&s), "192.0.2.7");
	CHECK_INT(addresses(&s, "v6.example.test", AF_UNSPEC), FOUND);
	CHECK_STR(first_address(&s), "IPv6:2001:db8::9");
	CHECK_INT(addresses(&s, "v6.example.test", AF_INET), NOT_FOUND);
	CHECK(s.ans.is_nodata);
	closed(&s);
}

TEST("the strings of a TXT record are joined")
{
	struct site s;

	opened(&s, "");
	CHECK_INT(ask(&s, "txt.example.test", DNS_TXT), FOUND);
	CHECK_VIEW(s.ans.records[0].name, "hello world");
	closed(&s);
}

TEST("the hosts file is asked first, in both directions, and read again when it changes")
{
	struct site s;
	struct addr addr;

	opened(&s,
	       "127.0.0.1 localhost\n192.0.2.99 a-5.example.test five # note\n2001:db8::5 five\n");
	CHECK_INT(addresses(&s, "A-5.example.test", AF_UNSPEC), FOUND);
	CHECK(s.ans.from_hosts);
	CHECK_STR(first_address(&s), "192.0.2.99");
	CHECK_INT(addresses(&s, "five", AF_UNSPEC), FOUND);
	CHECK_INT(s.ans.n, 2);
	CHECK_VIEW(s.ans.canonical, "a-5.example.test");
	CHECK_INT(addresses(&s, "five", AF_INET6), FOUND);
	CHECK_STR(first_address(&s), "IPv6:2001:db8::5");
	CHECK(addr_parse(VIEW("192.0.2.99"), 0, &addr));
	CHECK_INT(resolver_name(s.r, &addr, deadline_in(3000), s.a, &s.ans), FOUND);
	CHECK_VIEW(s.ans.records[0].name, "a-5.example.test");
	CHECK_INT(s.ns.n_questions, 0);
	write_file(s.hosts, "192.0.2.98 six\n");
	usleep(1100000);
	CHECK_INT(addresses(&s, "six", AF_INET), FOUND);
	CHECK_INT(addresses(&s, "five", AF_INET), NOT_FOUND);
	closed(&s);
}

TEST("literals are answered without asking anybody")
{
	struct site s;

	opened(&s, "");
	CHECK_INT(addresses(&s, "[192.0.2.77]", AF_UNSPEC), FOUND);
	CHECK_STR(first_address(&s), "192.0.2.77");
	CHECK_INT(addresses(&s, "[IPv6:2001:db8::1]", AF_INET), NOT_FOUND);
	CHECK_INT(s.ns.n_questions, 0);
	closed(&s);
}

TEST("reverse names are asked in the DNS, private ones too")
{
	struct site s;
	struct addr addr;

	opened(&s, "");
	CHECK(addr_parse(VIEW("10.1.2.9"), 0, &addr));
	CHECK_INT(resolver_name(s.r, &addr, deadline_in(3000), s.a, &s.ans), FOUND);
	CHECK_VIEW(s.ans.records[0].name, "client.example.test");
	CHECK(addr_parse(VIEW("127.0.0.9"), 0, &addr));
	CHECK_INT(resolver_name(s.r, &addr, deadline_in(3000), s.a, &s.ans), FOUND);
	closed(&s);
}

TEST("the search list is given to those who want it, and changes with the file")
{
	struct site s;

	opened(&s, "");
	CHECK_VIEW(resolver_search(s.r, 0, s.a), "one.test");
	CHECK_VIEW(resolver_search(s.r, 1, s.a), "two.test");
	CHECK(view_is_none(resolver_search(s.r, 2, s.a)));
	write_file(s.conf, "domain three.test\n");
	usleep(2100000);
	CHECK_VIEW(resolver_search(s.r, 0, s.a), "three.test");
	closed(&s);
}

TEST("without DNS only the hosts file is asked")
{
	struct site s;
	struct resolver *r;

	opened(&s, "192.0.2.1 one\n");
	r = resolver_new(&(struct resolver_params){ .resolv_conf = s.conf, .hosts_file = s.hosts });
	CHECK_INT(resolver_addresses(r, VIEW("one"), AF_INET, deadline_in(1000), s.a, &s.ans),
		  FOUND);
	CHECK_INT(resolver_addresses(r, VIEW("a-1.example.test"), AF_INET, deadline_in(1000), s.a,
				     &s.ans),
		  NOT_FOUND);
	CHECK_INT(s.ns.n_questions, 0);
	resolver_free(r);
	closed(&s);
}

struct asker {
	struct site *s;
	int first;
	_Atomic int *n_good;
};

static void *ask_many(void *arg)
{
	struct asker *me = arg;
	struct arena *a = arena_new(1 << 20);

	for (int i = 0; i < 150; i++) {
		struct dns_answer ans;
		char name[64];

		snprintf(name, sizeof(name), "a-%d.d%d.example.test", me->first + i % 50 + 1,
			 i % 3);
		if (resolver_addresses(me->s->r, view_of(name), AF_UNSPEC, deadline_in(5000), a,
				       &ans) == FOUND)
			(*me->n_good)++;
		if (i % 40 == 39)
			resolver_flush(me->s->r);
		arena_reset(a);
	}
	arena_free(a);
	return NULL;
}

TEST("many threads ask at once, while the resolver is flushed under them")
{
	struct site s;
	struct asker askers[4];
	pthread_t t[4];
	_Atomic int n_good = 0;

	opened(&s, "");
	for (int i = 0; i < 4; i++) {
		askers[i] = (struct asker){ &s, i * 20, &n_good };
		CHECK_INT(pthread_create(&t[i], NULL, ask_many, &askers[i]), 0);
	}
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	CHECK_INT(n_good, 4 * 150);
	closed(&s);
}
