/* class_table.c - every map class, one row each. */
#include "map/classes.h"

static const struct map_class *const classes[] = {
	&map_class_hash,     &map_class_btree,    &map_class_cdb,     &map_class_lmdb,
	&map_class_implicit, &map_class_text,     &map_class_stab,    &map_class_null,
	&map_class_user,     &map_class_passwd,   &map_class_userdb,  &map_class_regex,
	&map_class_pcre,     &map_class_dequote,  &map_class_macro,   &map_class_arith,
	&map_class_syslog,   &map_class_sequence, &map_class_switch,  &map_class_host,
	&map_class_dns,      &map_class_bestmx,   &map_class_arpa,    &map_class_program,
	&map_class_socket,   &map_class_ldap,     &map_class_pgsql,   &map_class_sqlite,
	&map_class_redis,    &map_class_nis,      &map_class_nisplus, &map_class_hesiod,
	&map_class_netinfo,  &map_class_nsd,      &map_class_ph,      &map_class_dbm,
	&map_class_dprintf,  &map_class_setdebug, &map_class_setopt,
};

#define N_CLASSES (sizeof(classes) / sizeof(classes[0]))

const struct map_class *map_class_find(struct view name)
{
	for (size_t i = 0; i < N_CLASSES; i++)
		if (view_eq_nocase(name, view_of(classes[i]->name)))
			return classes[i];
	return NULL;
}

const char *const *map_class_names(void)
{
	static const char *const names[] = { "hash",    "btree",  "implicit", "text",   "stab",
					     "null",    "user",   "passwd",   "userdb", "regex",
					     "dequote", "macro",  "arith",    "syslog", "sequence",
					     "switch",  "host",   "dns",      "bestmx", "arpa",
					     "program", "socket", "cdb",      "lmdb",   "pcre",
					     "ldap",    "pgsql",  "sqlite",   "redis",  NULL };

	return names;
}
