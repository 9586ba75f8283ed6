/* ldap_spec.c - read an LDAP map's declaration. */
#include "map/ldap_spec.h"

#include <errno.h>
#include <ldap.h>
#include <unistd.h>

#include "base/number.h"

void ldap_spec_init(struct ldap_spec *s)
{
	*s = (struct ldap_spec){ .scope = LDAP_SCOPE_SUBTREE,
				 .deref = LDAP_DEREF_NEVER,
				 .method = LDAP_AUTH_SIMPLE,
				 .version = 3,
				 .connect_s = 5,
				 .time_limit_s = 30 };
}

void ldap_spec_done(struct ldap_spec *s)
{
	for (int i = 0; i < s->n_attributes; i++)
		free(s->attributes[i].name);
	s->n_attributes = 0;
}

/* A complaint after which the map is never opened. */
#define wrong(m, ...)                                                                              \
	do {                                                                                       \
		map_declare_error(m, __VA_ARGS__);                                                 \
		(m)->flags |= MAP_INVALID;                                                         \
	} while (0)

struct word {
	const char *name;
	int value;
};

static bool find_word(const struct word *words, size_t n, struct view v, int *out)
{
	for (size_t i = 0; i < n; i++)
		if (view_eq_nocase(v, view_of(words[i].name))) {
			*out = words[i].value;
			return true;
		}
	return false;
}

static const struct word scopes[] = {
	{"base",                 LDAP_SCOPE_BASE    },
	{ "one",		 LDAP_SCOPE_ONELEVEL},
	{ "sub",		 LDAP_SCOPE_SUBTREE },
	{ "LDAP_SCOPE_BASE",     LDAP_SCOPE_BASE    },
	{ "LDAP_SCOPE_ONELEVEL", LDAP_SCOPE_ONELEVEL},
	{ "LDAP_SCOPE_SUBTREE",  LDAP_SCOPE_SUBTREE },
};
static const struct word derefs[] = {
	{"never",                 LDAP_DEREF_NEVER    },
	{ "always",               LDAP_DEREF_ALWAYS   },
	{ "search",               LDAP_DEREF_SEARCHING},
	{ "find",                 LDAP_DEREF_FINDING  },
	{ "LDAP_DEREF_NEVER",     LDAP_DEREF_NEVER    },
	{ "LDAP_DEREF_ALWAYS",    LDAP_DEREF_ALWAYS   },
	{ "LDAP_DEREF_SEARCHING", LDAP_DEREF_SEARCHING},
	{ "LDAP_DEREF_FINDING",   LDAP_DEREF_FINDING  },
};
static const struct word methods[] = {
	{"none",              LDAP_AUTH_NONE  },
        { "LDAP_AUTH_NONE",   LDAP_AUTH_NONE  },
	{ "simple",           LDAP_AUTH_SIMPLE},
        { "LDAP_AUTH_SIMPLE", LDAP_AUTH_SIMPLE},
	{ "krbv4",            LDAP_AUTH_KRBV4 },
        { "LDAP_AUTH_KRBV4",  LDAP_AUTH_KRBV4 },
};
static const struct word types[] = {
	{"NORMAL",  LDAP_VALUE_NORMAL},
	{ "DN",     LDAP_VALUE_DN    },
	{ "FILTER", LDAP_VALUE_FILTER},
	{ "URL",    LDAP_VALUE_URL   }
};

#define FIND(words, v, out) find_word(words, sizeof(words) / sizeof(words[0]), v, out)

static void add_attribute(struct ldap_spec *s, struct map *m, struct view text)
{
	size_t colon = view_find(text, ':');
	struct view name = view_first(text, colon), rest = view_skip(text, colon + 1), type;
	struct ldap_attribute *a = &s->attributes[s->n_attributes];
	int number = LDAP_VALUE_NORMAL;

	if (name.len == 0)
		return;
	if (s->n_attributes == LDAP_ATTRIBUTES_MAX) {
		wrong(m, "Too many return attributes in %s (max %d)", m->name, LDAP_ATTRIBUTES_MAX);
		return;
	}
	type = view_first(rest, view_find(rest, ':'));
	if (type.len > 0 && !FIND(types, type, &number)) {
		wrong(m, "Unknown attribute type (" VIEW_FMT ") in %s", VIEW_ARG(type), m->name);
		return;
	}
	for (int i = 0; i < s->n_attributes; i++)
		if (view_eq_nocase(name, view_of(s->attributes[i].name))) {
			wrong(m, "Duplicate attribute (" VIEW_FMT ") in %s", VIEW_ARG(name),
			      m->name);
			return;
		}
	*a = (struct ldap_attribute){ .name = mem_dup(name.p, name.len),
				      .type = (enum ldap_attribute_type)number,
				      .classes = view_skip(rest, type.len + 1) };
	s->names[s->n_attributes++] = a->name;
	s->names[s->n_attributes] = NULL;
}

static void read_attributes(struct ldap_spec *s, struct map *m, struct view list)
{
	struct view piece;
	bool needs_classes = false;

	ldap_spec_done(s);
	while (view_cut(&list, ',', &piece))
		add_attribute(s, m, view_trim(piece));
	for (int i = 0; i < s->n_attributes; i++)
		needs_classes |= s->attributes[i].classes.len > 0;
	if (needs_classes) {
		static char object_class[] = "objectClass";

		s->names[s->n_attributes] = object_class;
		s->names[s->n_attributes + 1] = NULL;
	}
}

static void read_word(const struct word *words, size_t n, struct map *m, const char *what,
		      struct view v, int *out)
{
	if (!find_word(words, n, v, out))
		wrong(m, "%s (not " VIEW_FMT ") in map %s", what, VIEW_ARG(v), m->name);
}

#define READ_WORD(words, what, v, out)                                                             \
	read_word(words, sizeof(words) / sizeof(words[0]), m, what, v, out)

static void read_number(struct map *m, char letter, struct view v, int64_t max, int64_t *out)
{
	if (!number_parse(v, 0, max, out))
		map_declare_error(m, "LDAP map: bad number " VIEW_FMT " of -%c in map %s",
				  VIEW_ARG(v), letter, m->name);
}

static void read_version(struct ldap_spec *s, struct map *m, struct view v)
{
	if (!number_parse(v, 0, 1000000, &s->version))
		s->version = 0;
	if (s->version < 2)
		wrong(m, "LDAP version %lld is lower than min of 2 in map %s",
		      (long long)s->version, m->name);
	else if (s->version > 3)
		wrong(m, "LDAP version %lld exceeds max of 3 in map %s", (long long)s->version,
		      m->name);
}

/* Flags with a text or a number behind them. */
static bool option_with_argument(struct ldap_spec *s, struct map *m, char letter, struct view v)
{
	switch (letter) {
	case 'h':
		s->host = v;
		return true;
	case 'H':
		s->uri = v;
		return true;
	case 'b':
		s->base = v;
		return true;
	case 'k':
		s->filter = v;
		return true;
	case 'v':
		read_attributes(s, m, v);
		return true;
	case 'd':
		s->bind_dn = v;
		return true;
	case 'P':
		s->secret_file = v;
		return true;
	case 'V':
		s->separator = v;
		return true;
	case 's':
		READ_WORD(scopes, "Scope must be [base|one|sub]", v, &s->scope);
		return true;
	case 'r':
		READ_WORD(derefs, "Deref must be [never|always|search|find]", v, &s->deref);
		return true;
	case 'M':
		READ_WORD(methods, "Method for binding must be [none|simple|krbv4]", v, &s->method);
		return true;
	case 'p':
		read_number(m, letter, v, 65535, &s->port);
		return true;
	case 'l':
		read_number(m, letter, v, 86400, &s->time_limit_s);
		return true;
	case 'Z':
		read_number(m, letter, v, 1000000, &s->size_limit);
		return true;
	case 'c':
		read_number(m, letter, v, 86400, &s->connect_s);
		return true;
	case 'w':
		read_version(s, m, v);
		return true;
	default:
		return false;
	}
}

bool ldap_spec_option(struct ldap_spec *s, struct map *m, char letter, struct view *rest)
{
	switch (letter) {
	case 'K':
		s->has_arguments = true;
		return true;
	case 'R':
		s->no_referrals = true;
		return true;
	case 'n':
		s->names_only = true;
		return true;
	case 'x': /* the library's own tracing */
		map_flag_attached(rest);
		return true;
	case '1':
		s->must_be_one = true;
		return true;
	case '2':
		s->must_be_one_dn = true;
		return true;
	default:
		break;
	}
	if (!strchr("hHbkvdPVsrMplZcw", letter))
		return false;
	return option_with_argument(s, m, letter, map_flag_quoted(rest));
}

void ldap_spec_defaults(struct ldap_spec *s, struct map *m, struct view text)
{
	struct view rest = view_trim(text);

	while (rest.len > 1 && rest.p[0] == '-') {
		char letter = rest.p[1];

		rest = view_skip(rest, 2);
		if (!ldap_spec_option(s, m, letter, &rest))
			map_declare_error(m, "LDAPDefaultSpec: illegal option %c", letter);
		map_flag_attached(&rest);
		rest = view_trim(rest);
	}
}

bool ldap_spec_check(struct ldap_spec *s, struct map *m)
{
	if (m->flags & MAP_INVALID)
		return false;
	if (view_is_none(s->filter))
		wrong(m, "No filter given in map %s", m->name);
	else if (s->host.len > 0 && s->uri.len > 0)
		wrong(m, "Can not specify both an LDAP host and an LDAP URI in map %s", m->name);
	else if (s->method == LDAP_AUTH_KRBV4)
		wrong(m, "LDAP map: binding by Kerberos is not in this build, map %s", m->name);
	if (!(m->flags & MAP_INVALID) && s->secret_file.len > 0 &&
	    access(arena_dupz(m->set->arena, s->secret_file), R_OK) < 0)
		wrong(m, "LDAP map: cannot open secret " VIEW_FMT ": %s", VIEW_ARG(s->secret_file),
		      strerror(errno));
	return !(m->flags & MAP_INVALID);
}

void ldap_spec_schema(struct ldap_spec *s, struct map *m, struct view class_name)
{
	bool is_alias = view_is_none(class_name);
	struct arena *a = m->set->arena;
	const struct macros *macros = m->set->cf->macros;
	struct view cluster = macros_get_expanded(macros, MACRO_LDAP_CLUSTER, a);
	struct view host = macros_get_expanded(macros, 'j', a);
	const char *kind = is_alias ? "sendmailMTAAliasObject" : "sendmailMTAClass";
	/* Values that lead on count in entries of this class. */
	const char *leads_on = is_alias ? "sendmailMTAMapObject" : "sendmailMTAClass";
	const char *prefix = is_alias ? "sendmailMTAAlias" : "sendmailMTAClass";
	struct view where = arena_printf(
		a, "(|(sendmailMTACluster=" VIEW_FMT ")(sendmailMTAHost=" VIEW_FMT "))",
		VIEW_ARG(cluster), VIEW_ARG(host));

	if (is_alias)
		s->filter =
			arena_printf(a,
				     "(&(objectClass=%s)(sendmailMTAAliasGrouping=aliases)" VIEW_FMT
				     "(sendmailMTAKey=%%0))",
				     kind, VIEW_ARG(where));
	else
		s->filter = arena_printf(
			a, "(&(objectClass=%s)(sendmailMTAClassName=" VIEW_FMT ")" VIEW_FMT ")",
			kind, VIEW_ARG(class_name), VIEW_ARG(where));
	read_attributes(s, m,
			arena_printf(a, "%sValue,%sSearch:FILTER:%s,%sURL:URL:%s", prefix, prefix,
				     leads_on, prefix, leads_on));
}

void ldap_escape(struct view v, struct str *out)
{
	for (size_t i = 0; i < v.len; i++) {
		unsigned char c = (unsigned char)v.p[i];

		if (c == '*' || c == '(' || c == ')' || c == '\\' || c == 0)
			str_addf(out, "\\%02X", c);
		else
			str_addc(out, (char)c);
	}
}

struct view ldap_filter_fill(const struct ldap_spec *s, const struct map_query *q)
{
	own_str struct str out = STR_MAX(65536);
	struct view f = s->filter;

	for (size_t i = 0; i < f.len; i++) {
		char next = i + 1 < f.len ? f.p[i + 1] : 0;

		if (f.p[i] != '%' || !next) {
			str_addc(&out, f.p[i]);
		} else if (next == 's') {
			str_add(&out, q->key);
			i++;
		} else if (next == '0') {
			ldap_escape(q->key, &out);
			i++;
		} else if (next >= '1' && next <= '9' && s->has_arguments) {
			if ((size_t)(next - '1') < q->n_args)
				ldap_escape(q->args[next - '1'], &out);
			i++;
		} else {
			str_addc(&out, '%');
			i += next == '%';
		}
	}
	return arena_dup(q->ctx->arena, str_view(&out));
}
