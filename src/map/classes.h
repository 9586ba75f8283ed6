/* classes.h - the rows of the class table: one struct per class, defined in the file of its name. */
#ifndef MAP_CLASSES_H
#define MAP_CLASSES_H

#include "map/class.h"

extern const struct map_class map_class_hash, map_class_btree, map_class_cdb, map_class_lmdb,
	map_class_implicit;
extern const struct map_class map_class_text, map_class_stab, map_class_null;
extern const struct map_class map_class_user, map_class_passwd, map_class_userdb;
extern const struct map_class map_class_regex, map_class_pcre, map_class_dequote;
extern const struct map_class map_class_macro, map_class_arith, map_class_syslog;
extern const struct map_class map_class_sequence, map_class_switch;
extern const struct map_class map_class_host, map_class_dns, map_class_bestmx, map_class_arpa;
extern const struct map_class map_class_program, map_class_socket;
extern const struct map_class map_class_ldap, map_class_pgsql, map_class_sqlite, map_class_redis;
extern const struct map_class map_class_nis, map_class_nisplus, map_class_hesiod, map_class_netinfo,
	map_class_nsd, map_class_ph, map_class_dbm, map_class_dprintf, map_class_setdebug,
	map_class_setopt;

#endif
