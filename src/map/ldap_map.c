/*
 * ldap_map.c - searches in an LDAP directory.
 *
 * Attribute values come back as they are, or lead on: a DN to an entry, a FILTER to another search, a URL to a search of its
 * own. Connections are kept and shared by the maps that bind the same way; one that the server has closed is replaced once.
 */
#include "map/classes.h"

#include <errno.h>
#include <ldap.h>
#include <sys/time.h>

#include "base/own.h"
#include "build_config.h"
#include "map/ldap_spec.h"
#include "map/pool.h"
#include "os/library.h"

#define DEPTH_MAX       10
#define VALUES_MAX      100000
#define CONNECTIONS_MAX 8
#define CONNECT_S       30 /* where -c 0 or -l 0 leave it open */
#define SEARCH_S        60

#define LDAP_CALLS(CALL)                                                                           \
	CALL(ber_free)                                                                             \
	CALL(ber_pvt_opt_on) CALL(ldap_err2string) CALL(ldap_first_attribute)                      \
		CALL(ldap_first_entry) CALL(ldap_free_urldesc) CALL(ldap_get_values_len)           \
			CALL(ldap_initialize) CALL(ldap_memfree) CALL(ldap_msgfree)                \
				CALL(ldap_next_attribute) CALL(ldap_next_entry)                    \
					CALL(ldap_sasl_bind_s) CALL(ldap_search_ext_s)             \
						CALL(ldap_set_option) CALL(ldap_unbind_ext)        \
							CALL(ldap_url_parse)                       \
								CALL(ldap_value_free_len)

struct ldap_calls {
	LDAP_CALLS(LIBRARY_POINTER)
};

static const char *const ldap_names[] = { LDAP_CALLS(LIBRARY_NAME) };

struct ldap_server { /* shared */
	struct pool *pool;
	struct map *owner;
};

struct ldap_inside {
	struct ldap_spec spec;
	struct ldap_server *server;
	struct view identity; /* what makes two maps share their connections */
	struct ldap_calls calls;
	struct str why; /* the library cannot be used */
};

struct search { /* one look-up */
	struct map *m;
	struct map_query *q;
	const struct ldap_spec *spec;
	const struct ldap_calls *ldap;
	LDAP *ld;
	struct str *out;
	struct table *seen; /* filters and DNs followed already */
	size_t n_values;
	size_t n_entries; /* of the first search */
};

static void connection_close(void *arg, void *p)
{
	const struct ldap_inside *l = arg;

	l->calls.ldap_unbind_ext(p, NULL, NULL);
}

static struct ldap_inside *inside(struct map *m)
{
	struct ldap_inside *l = m->inside;

	if (!l) {
		m->inside = l = MEM_NEW(struct ldap_inside);
		l->why = STR_MAX(1000);
		ldap_spec_init(&l->spec);
		ldap_spec_defaults(&l->spec, m, m->set->cf->options.ldap_default_spec);
	}
	return l;
}

static bool ldap_option(struct map *m, char letter, struct view *rest)
{
	return ldap_spec_option(&inside(m)->spec, m, letter, rest);
}

/* What follows the flags is the name of a class when one is filled with the default schema. */
static bool ldap_map_spec(struct map *m, struct view rest)
{
	struct ldap_inside *l = inside(m);
	struct ldap_spec *s = &l->spec;
	struct view word = map_flag_word(&rest);

	if (s->filter.len == 0 && ((m->flags & MAP_IS_ALIAS) || word.len > 0)) {
		ldap_spec_schema(s, m, word.len > 0 ? word : VIEW_NONE);
		if (!m->delimiter)
			m->delimiter = m->flags & MAP_IS_ALIAS ? ',' : ' ';
	}
	if (!ldap_spec_check(s, m))
		return false;
	l->identity = arena_printf(
		m->set->arena, VIEW_FMT "|" VIEW_FMT "|%lld|" VIEW_FMT "|" VIEW_FMT "|%d|%lld",
		VIEW_ARG(s->uri), VIEW_ARG(s->host), (long long)s->port, VIEW_ARG(s->bind_dn),
		VIEW_ARG(s->secret_file), s->method, (long long)s->version);
	LIBRARY_LOAD(LIBLDAP, ldap_names, &l->calls, &l->why);
	return true;
}

/* An earlier map that binds the same way lends its connections. */
static struct ldap_server *shared_server(const struct map *m, const struct ldap_inside *l)
{
	for (size_t i = 0; i < m->set->n && m->set->maps[i] != m; i++) {
		struct map *other = m->set->maps[i];
		const struct ldap_inside *o = other->inside;

		if (other->class == m->class && atomic_load(&other->state) == MAP_OPENED &&
		    view_eq(o->identity, l->identity))
			return o->server;
	}
	return NULL;
}

static int ldap_map_open(struct map *m, struct map_ctx *ctx)
{
	struct ldap_inside *l = inside(m);

	if (l->why.len > 0) {
		map_say_map(m, ctx, "%s", str_z(&l->why));
		return -ENOSYS;
	}
	l->server = shared_server(m, l);
	if (!l->server) {
		l->server = MEM_NEW(struct ldap_server);
		l->server->owner = m;
		l->server->pool = pool_new(CONNECTIONS_MAX, connection_close, l);
	}
	return 0;
}

static void ldap_map_close(struct map *m)
{
	struct ldap_inside *l = m->inside;

	if (!l)
		return;
	if (l->server && l->server->owner == m) {
		pool_free(l->server->pool);
		free(l->server);
	}
	ldap_spec_done(&l->spec);
	str_done(&l->why);
	free(l);
	m->inside = NULL;
}

/* "ldap://host:port" for each host of -h, or the -H text; NULL: the library's configuration file decides. */
static const char *uris_of(const struct ldap_spec *s, struct arena *a)
{
	own_str struct str uris = STR_MAX(8192);
	struct view rest = s->host, host;

	if (s->uri.len > 0)
		return arena_dupz(a, s->uri);
	while (view_word(&rest, &host)) {
		bool has_port = view_find(host, ':') < host.len;

		str_addf(&uris, "%sldap://" VIEW_FMT, uris.len ? " " : "", VIEW_ARG(host));
		if (!has_port && s->port > 0)
			str_addf(&uris, ":%lld", (long long)s->port);
	}
	return uris.len ? arena_dupz(a, str_view(&uris)) : NULL;
}

static bool read_secret(const struct ldap_spec *s, struct arena *a, char out[1000])
{
	own_file FILE *f = s->secret_file.len > 0 ? fopen(arena_dupz(a, s->secret_file), "re")
						  : NULL;

	out[0] = '\0';
	if (s->secret_file.len == 0)
		return true;
	if (!f || !fgets(out, 1000, f))
		return false;
	out[strcspn(out, "\r\n")] = '\0';
	return true;
}

static struct timeval time_left(int64_t deadline)
{
	int ms = deadline_left(deadline);

	if (ms < 0)
		ms = MAP_DEADLINE_MS;
	if (ms == 0)
		ms = 1;
	return (struct timeval){ ms / 1000, ms % 1000 * 1000 };
}

/* Connecting and binding have the time of -c, a search that of -l; with both a look-up ends, retries and all. */
static int64_t own_deadline(const struct ldap_spec *s, int64_t deadline)
{
	int64_t connect = s->connect_s > 0 ? s->connect_s : CONNECT_S,
		search = s->time_limit_s > 0 ? s->time_limit_s : SEARCH_S;
	int64_t own = deadline_in_s(2 * connect + search);

	return own < deadline ? own : deadline;
}

static void set_options(const struct search *s, LDAP *ld, int64_t deadline)
{
	const void *on = s->ldap->ber_pvt_opt_on; /* what LDAP_OPT_ON names */
	int version = (int)s->spec->version;
	struct timeval left = time_left(deadline), connect = { (time_t)s->spec->connect_s, 0 };

	if (s->spec->connect_s > 0 && connect.tv_sec < left.tv_sec)
		left = connect;
	s->ldap->ldap_set_option(ld, LDAP_OPT_NETWORK_TIMEOUT, &left);
	s->ldap->ldap_set_option(ld, LDAP_OPT_TIMEOUT, &left);
	s->ldap->ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);
	s->ldap->ldap_set_option(ld, LDAP_OPT_DEREF, &s->spec->deref);
	s->ldap->ldap_set_option(ld, LDAP_OPT_REFERRALS, s->spec->no_referrals ? LDAP_OPT_OFF : on);
	s->ldap->ldap_set_option(ld, LDAP_OPT_RESTART, on);
}

static LDAP *connect_server(const struct search *s)
{
	const struct ldap_spec *spec = s->spec;
	struct arena *a = s->q->ctx->arena;
	const char *uris = uris_of(spec, a);
	char secret[1000];
	struct berval credential;
	LDAP *ld = NULL;
	int r = s->ldap->ldap_initialize(&ld, uris);

	if (r == LDAP_SUCCESS) {
		set_options(s, ld, s->q->deadline);
		if (!read_secret(spec, a, secret)) {
			map_say_map(s->m, s->q->ctx, "cannot read the secret file " VIEW_FMT,
				    VIEW_ARG(spec->secret_file));
			r = LDAP_INVALID_CREDENTIALS;
		} else {
			credential = (struct berval){ strlen(secret), secret };
			r = s->ldap->ldap_sasl_bind_s(
				ld, spec->bind_dn.len ? arena_dupz(a, spec->bind_dn) : NULL,
				LDAP_SASL_SIMPLE, &credential, NULL, NULL, NULL);
		}
		explicit_bzero(secret, sizeof(secret));
	}
	if (r == LDAP_SUCCESS)
		return ld;
	map_say(s->m, s->q->ctx, "ldap_init/ldap_bind failed to %s in map %s: %s",
		uris ? uris : "localhost", s->m->name, s->ldap->ldap_err2string(r));
	if (ld)
		s->ldap->ldap_unbind_ext(ld, NULL, NULL);
	return NULL;
}

static int run_search(struct search *s, const char *base, int scope, const char *filter, int depth);

static void add_value(struct search *s, const char *name, struct view value)
{
	if (s->n_values > 0 && !s->m->delimiter)
		return;
	if (s->n_values++ > 0)
		str_addc(s->out, s->m->delimiter);
	if (s->spec->separator.len > 0 && !s->spec->names_only) {
		str_addz(s->out, name);
		str_add(s->out, s->spec->separator);
	}
	str_add(s->out, value);
}

static bool entry_has_class(const struct search *s, LDAPMessage *entry, struct view classes)
{
	struct berval **values = s->ldap->ldap_get_values_len(s->ld, entry, "objectClass");
	bool has = false;

	for (int i = 0; values && values[i]; i++) {
		struct view rest = classes, one;

		while (view_cut(&rest, '|', &one))
			has |= view_eq_nocase(view_from(values[i]->bv_val, values[i]->bv_len), one);
	}
	s->ldap->ldap_value_free_len(values);
	return has;
}

/* A value that leads on is followed once. */
static int follow(struct search *s, enum ldap_attribute_type type, const char *value, int depth)
{
	struct arena *a = s->q->ctx->arena;
	struct view mark = arena_printf(a, "%d:%s", (int)type, value);
	LDAPURLDesc *url;
	int r;

	if (depth >= DEPTH_MAX || table_has(s->seen, mark))
		return LDAP_SUCCESS;
	table_set(s->seen, mark, s);
	if (type == LDAP_VALUE_DN)
		return run_search(s, value, LDAP_SCOPE_BASE, "(objectClass=*)", depth + 1);
	if (type == LDAP_VALUE_FILTER)
		return run_search(
			s, s->spec->base.len ? arena_dupz(a, s->spec->base) : NULL, s->spec->scope,
			value[0] == '(' ? value : arena_dupz(a, arena_printf(a, "(%s)", value)),
			depth + 1);
	if (s->ldap->ldap_url_parse(value, &url) != LDAP_URL_SUCCESS)
		return LDAP_SUCCESS;
	r = run_search(s, url->lud_dn,
		       url->lud_scope == LDAP_SCOPE_DEFAULT ? LDAP_SCOPE_BASE : url->lud_scope,
		       url->lud_filter ? url->lud_filter : "(objectClass=*)", depth + 1);
	s->ldap->ldap_free_urldesc(url);
	return r;
}

static int take_attribute(struct search *s, LDAPMessage *entry, const char *name,
			  const struct ldap_attribute *a, int depth)
{
	struct berval **values;
	int r = LDAP_SUCCESS;

	if (s->spec->names_only) {
		add_value(s, name, view_of(name));
		return r;
	}
	values = s->ldap->ldap_get_values_len(s->ld, entry, name);
	for (int i = 0; values && values[i] && r == LDAP_SUCCESS && s->n_values < VALUES_MAX; i++) {
		struct view value = view_from(values[i]->bv_val, values[i]->bv_len);

		if (!a || a->type == LDAP_VALUE_NORMAL)
			add_value(s, name, value);
		else
			r = follow(s, a->type, arena_dupz(s->q->ctx->arena, value), depth);
	}
	s->ldap->ldap_value_free_len(values);
	return r;
}

static const struct ldap_attribute *attribute_of(const struct ldap_spec *spec, const char *name)
{
	for (int i = 0; i < spec->n_attributes; i++)
		if (strcasecmp(spec->attributes[i].name, name) == 0)
			return &spec->attributes[i];
	return NULL;
}

static int take_entry(struct search *s, LDAPMessage *entry, int depth)
{
	BerElement *ber = NULL;
	int r = LDAP_SUCCESS;
	char *name = s->ldap->ldap_first_attribute(s->ld, entry, &ber);

	while (name && r == LDAP_SUCCESS) {
		const struct ldap_attribute *a = attribute_of(s->spec, name);
		bool is_wanted = s->spec->n_attributes == 0 || a;

		if (is_wanted && a && a->classes.len > 0)
			is_wanted = entry_has_class(s, entry, a->classes);
		if (is_wanted)
			r = take_attribute(s, entry, name, a, depth);
		s->ldap->ldap_memfree(name);
		name = s->ldap->ldap_next_attribute(s->ld, entry, ber);
	}
	if (name)
		s->ldap->ldap_memfree(name);
	s->ldap->ber_free(ber, 0);
	return r;
}

static int run_search(struct search *s, const char *base, int scope, const char *filter, int depth)
{
	struct timeval left = time_left(s->q->deadline), limit = left;
	LDAPMessage *result = NULL;
	int r;

	if (s->spec->time_limit_s > 0 && s->spec->time_limit_s < limit.tv_sec)
		limit = (struct timeval){ (time_t)s->spec->time_limit_s, 0 };
	r = s->ldap->ldap_search_ext_s(s->ld, base, scope, filter,
				       s->spec->n_attributes > 0 ? (char **)s->spec->names : NULL,
				       s->spec->names_only, NULL, NULL, &limit,
				       (int)s->spec->size_limit, &result);
	if (r == LDAP_SIZELIMIT_EXCEEDED && s->spec->size_limit > 0)
		r = LDAP_SUCCESS;
	for (LDAPMessage *e = r == LDAP_SUCCESS ? s->ldap->ldap_first_entry(s->ld, result) : NULL;
	     e && r == LDAP_SUCCESS; e = s->ldap->ldap_next_entry(s->ld, e)) {
		if (depth == 0)
			s->n_entries++;
		r = take_entry(s, e, depth);
	}
	s->ldap->ldap_msgfree(result);
	return r == LDAP_NO_SUCH_OBJECT ? LDAP_SUCCESS : r;
}

static int ask(struct search *s)
{
	struct arena *a = s->q->ctx->arena;
	const char *filter = arena_dupz(a, ldap_filter_fill(s->spec, s->q));
	const char *base = s->spec->base.len ? arena_dupz(a, s->spec->base) : NULL;
	int r;

	s->seen = table_new(TABLE_NOCASE);
	str_clear(s->out);
	s->n_values = s->n_entries = 0;
	r = run_search(s, base, s->spec->scope, filter, 0);
	table_free(s->seen);
	return r;
}

static bool is_lost(int r)
{
	return r == LDAP_SERVER_DOWN || r == LDAP_UNAVAILABLE || r == LDAP_BUSY ||
	       r == LDAP_TIMEOUT || r == LDAP_CONNECT_ERROR;
}

/* On a kept connection, or on a new one when that turns out to be gone. */
static int ask_server(struct search *s, struct pool *pool)
{
	int r = LDAP_SERVER_DOWN;
	void *kept;

	if (pool_take(pool, s->q->deadline, &kept) < 0)
		return LDAP_TIMEOUT;
	s->ld = kept;
	if (s->ld && is_lost(r = ask(s))) {
		s->ldap->ldap_unbind_ext(s->ld, NULL, NULL);
		s->ld = NULL;
	}
	if (!s->ld && r != LDAP_TIMEOUT && !deadline_is_past(s->q->deadline)) {
		s->ld = connect_server(s);
		if (!s->ld) {
			pool_give(pool, NULL);
			return LDAP_CONNECT_ERROR; /* it was said */
		}
		r = ask(s);
		if (is_lost(r)) {
			s->ldap->ldap_unbind_ext(s->ld, NULL, NULL);
			s->ld = NULL;
		}
	}
	if (r != LDAP_SUCCESS)
		map_say(s->m, s->q->ctx, "Error in ldap_search in map %s: %s", s->m->name,
			s->ldap->ldap_err2string(r));
	pool_give(pool, s->ld);
	return r;
}

static enum found ldap_find(struct map *m, struct map_query *q, struct view *out)
{
	const struct ldap_inside *l = m->inside;
	own_str struct str text = STR_MAX(MAP_VALUE_MAX * 16);
	struct search s = { .m = m, .q = q, .spec = &l->spec, .ldap = &l->calls, .out = &text };
	int r;

	q->deadline = own_deadline(&l->spec, q->deadline);
	r = ask_server(&s, l->server->pool);
	if (r != LDAP_SUCCESS)
		return map_fail(q, EX_TEMPFAIL_);
	if (s.n_values == 0 ||
	    ((l->spec.must_be_one || l->spec.must_be_one_dn) && s.n_entries != 1) ||
	    (l->spec.must_be_one && s.n_values != 1))
		return map_none(q, EX_NOHOST_);
	*out = arena_dup(q->ctx->arena, str_view(&text));
	return FOUND;
}

const struct map_class map_class_ldap = {
	.name = "ldap",
	.can = MAP_CAN_ALIAS | MAP_FOLDS | MAP_PERCENT,
	.mistake_dsn = "4.3.5",
	.option = ldap_option,
	.spec = ldap_map_spec,
	.open = ldap_map_open,
	.close = ldap_map_close,
	.find = ldap_find,
};
