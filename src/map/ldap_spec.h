/*
 * ldap_spec.h - an LDAP map's declaration: where to ask, as whom, what to search, which attributes to take.
 *
 * LDAPDefaultSpec is read first, the map's own flags over it. A declaration without a filter, used for aliases or a class, gets
 * sendmail's own schema. Nothing here talks to a server. Made by one thread, read by any.
 */
#ifndef MAP_LDAP_SPEC_H
#define MAP_LDAP_SPEC_H

#include "map/class.h"

#define LDAP_ATTRIBUTES_MAX 64

enum ldap_attribute_type { LDAP_VALUE_NORMAL, LDAP_VALUE_DN, LDAP_VALUE_FILTER, LDAP_VALUE_URL };

struct ldap_attribute {
	char *name;
	enum ldap_attribute_type type;
	struct view classes; /* "a|b": only in entries of one of these object classes; empty: any */
};

struct ldap_spec {
	struct view host, uri, base, filter, bind_dn, secret_file, separator;
	int64_t port, time_limit_s, size_limit, connect_s, version;
	int scope, deref, method; /* as the library numbers them */
	bool has_arguments;       /* -K */
	bool no_referrals, names_only, must_be_one, must_be_one_dn;
	struct ldap_attribute attributes[LDAP_ATTRIBUTES_MAX];
	int n_attributes;
	char *names[LDAP_ATTRIBUTES_MAX + 2]; /* what is asked for: NULL ends; empty: everything */
};

void ldap_spec_init(struct ldap_spec *s);
void ldap_spec_done(struct ldap_spec *s);
/* One flag; false: not one of LDAP's own. */
bool ldap_spec_option(struct ldap_spec *s, struct map *m, char letter, struct view *rest);
/* Flags of LDAPDefaultSpec into the spec. */
void ldap_spec_defaults(struct ldap_spec *s, struct map *m, struct view text);
/* Is it whole and free of contradictions? False: it was said, and the map is never opened. */
bool ldap_spec_check(struct ldap_spec *s, struct map *m);
/* sendmail's schema for aliases ("aliases") or for a class of that name. */
void ldap_spec_schema(struct ldap_spec *s, struct map *m, struct view class_name);

/* The filter for a key: %0 the key and, with -K, %1-%9 the arguments, escaped; %s the key as it is. */
struct view ldap_filter_fill(const struct ldap_spec *s, const struct map_query *q);
/* RFC 4515 escapes. */
void ldap_escape(struct view v, struct str *out);

#endif
