/*
 * answer.c - see answer.h.
 *
 * A packed answer is one block: the answer, its records, and all their bytes behind them. The views in it point into the
 * block itself, so unpacking is one copy and then moving every view by the distance between the two blocks.
 */
#include "net/answer.h"

#include "base/mem.h"

#define NAME_TEXT_MAX 1024 /* 255 octets, each at most \ddd */

/* ---- from the wire ---- */

static uint16_t get16(struct view v, size_t at)
{
	return (uint16_t)((uint8_t)v.p[at] << 8 | (uint8_t)v.p[at + 1]);
}

static void add_label(struct str *s, struct view label)
{
	for (size_t i = 0; i < label.len; i++) {
		unsigned char c = (unsigned char)label.p[i];

		if (c == '.' || c == '\\')
			str_addf(s, "\\%c", c);
		else if (c <= ' ' || c >= 0x7f)
			str_addf(s, "\\%03u", c);
		else
			str_addc(s, (char)c);
	}
}

/* A name without compression; the root is "". False when it runs past the data or is longer than a name may be. */
static bool read_name(struct view v, struct arena *a, struct view *out)
{
	own_str struct str s = STR_MAX(NAME_TEXT_MAX);
	size_t at = 0;

	while (at < v.len && at < 255) {
		size_t n = (uint8_t)v.p[at++];

		if (n == 0) {
			*out = arena_dup(a, str_view(&s));
			return true;
		}
		if (n > 63 || n > v.len - at)
			return false;
		if (s.len > 0)
			str_addc(&s, '.');
		add_label(&s, view_from(v.p + at, n));
		at += n;
	}
	return false;
}

static bool read_text(struct view v, struct arena *a, struct view *out)
{
	char *to = arena_bytes(a, v.len + 1);
	size_t len = 0;

	while (v.len > 0) {
		size_t n = (uint8_t)v.p[0];

		if (n > v.len - 1)
			return false;
		memcpy(to + len, v.p + 1, n);
		len += n;
		v = view_skip(v, n + 1);
	}
	to[len] = '\0';
	*out = view_from(to, len);
	return true;
}

static bool read_addr(struct view v, int family, struct addr *out)
{
	struct addr a = { 0 };

	if (family == AF_INET && v.len == 4) {
		a.len = sizeof(a.in);
		a.in.sin_family = AF_INET;
		memcpy(&a.in.sin_addr, v.p, 4);
	} else if (family == AF_INET6 && v.len == 16) {
		a.len = sizeof(a.in6);
		a.in6.sin6_family = AF_INET6;
		memcpy(&a.in6.sin6_addr, v.p, 16);
	} else {
		return false;
	}
	*out = a;
	return true;
}

bool answer_record(enum dns_type type, struct view data, struct arena *a, struct dns_record *out)
{
	struct dns_record r = { .data = arena_dup(a, data) };
	bool is_good = true;

	switch (type) {
	case DNS_A:
		is_good = read_addr(data, AF_INET, &r.addr);
		break;
	case DNS_AAAA:
		is_good = read_addr(data, AF_INET6, &r.addr);
		break;
	case DNS_MX:
	case DNS_AFSDB:
		is_good = data.len > 2 && read_name(view_skip(data, 2), a, &r.name);
		if (is_good)
			r.preference = get16(data, 0);
		break;
	case DNS_SRV:
		is_good = data.len > 6 && read_name(view_skip(data, 6), a, &r.name);
		if (is_good) {
			r.preference = get16(data, 0);
			r.weight = get16(data, 2);
			r.port = get16(data, 4);
		}
		break;
	case DNS_CNAME:
	case DNS_NS:
	case DNS_PTR:
	case DNS_SOA:
		is_good = read_name(data, a, &r.name);
		break;
	case DNS_TXT:
		is_good = read_text(data, a, &r.name);
		break;
	case DNS_TLSA:
		is_good = data.len > 3;
		break;
	}
	if (is_good)
		*out = r;
	return is_good;
}

/* ---- one block ---- */

struct packed_answer {
	size_t size;
	struct dns_answer answer;
	struct dns_record records[];
	/* and the bytes */
};

static struct view put_bytes(char **at, struct view v)
{
	struct view kept = view_from(*at, v.len);

	if (view_is_none(v))
		return VIEW_NONE;
	memcpy(*at, v.p, v.len);
	*at += v.len;
	return kept;
}

struct packed_answer *answer_pack(const struct dns_answer *from)
{
	size_t size = sizeof(struct packed_answer) + from->n * sizeof(struct dns_record);
	size_t bytes = from->canonical.len + from->why.len;
	struct packed_answer *p;
	char *at;

	for (size_t i = 0; i < from->n; i++)
		bytes += from->records[i].name.len + from->records[i].data.len;
	p = mem_alloc(size + bytes);
	at = (char *)p + size;
	p->size = size + bytes;
	p->answer = *from;
	p->answer.records = p->records;
	p->answer.canonical = put_bytes(&at, from->canonical);
	p->answer.why = put_bytes(&at, from->why);
	for (size_t i = 0; i < from->n; i++) {
		p->records[i] = from->records[i];
		p->records[i].name = put_bytes(&at, from->records[i].name);
		p->records[i].data = put_bytes(&at, from->records[i].data);
	}
	return p;
}

static void move_view(struct view *v, const void *from, void *to)
{
	if (v->p)
		v->p = (const char *)to + (v->p - (const char *)from);
}

void answer_unpack(const struct packed_answer *p, struct arena *a, struct dns_answer *out)
{
	struct packed_answer *q = arena_alloc(a, p->size);

	memcpy(q, p, p->size);
	move_view(&q->answer.canonical, p, q);
	move_view(&q->answer.why, p, q);
	for (size_t i = 0; i < q->answer.n; i++) {
		move_view(&q->records[i].name, p, q);
		move_view(&q->records[i].data, p, q);
	}
	q->answer.records = q->records;
	*out = q->answer;
}
