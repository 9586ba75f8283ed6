/*
 * option_table.h - one row for each option: what it is called, what kind of value it takes, where the value goes.
 *
 * The order of the rows decides which two options an ambiguous abbreviation is said to match. The rows are constant; the
 * manual and the tests read them too.
 */
#ifndef CONFIG_OPTION_TABLE_H
#define CONFIG_OPTION_TABLE_H

#include "config/options.h"

struct loader;
struct option_row;

enum option_kind {
	OPTION_BOOL,     /* bool */
	OPTION_INT,      /* int */
	OPTION_INT64,    /* int64_t */
	OPTION_TIME,     /* int64_t seconds; `unit` for a bare number */
	OPTION_TEXT,     /* struct view, macros expanded when read */
	OPTION_TEMPLATE, /* struct view, a template */
	OPTION_LETTER,   /* char, the first letter of the value in lower case */
	OPTION_MODE,     /* mode_t, octal */
	OPTION_CUSTOM,   /* set() does it */
	OPTION_IGNORED,  /* a name of other builds that has no meaning here */
};

enum option_flag {
	OPTION_SAFE = 1 << 0, /* an ordinary user may set it */
	OPTION_BUILT =
		1 << 1, /* it has its effect; without it the start-up log says that it does not */
	OPTION_HAS_SUB = 1 << 2, /* Name.sub=value */
};

/* sub: what follows the dot, none without one. value: cf text. */
typedef void option_set_fn(struct loader *ld, const struct option_row *row, struct view sub,
			   struct view value);

struct option_row {
	const char *name;
	char letter; /* 0: none */
	char unit;   /* of a time */
	uint8_t kind, flags;
	size_t offset;
	const char *initial; /* the default, set as if it stood in the file; NULL: zero */
	option_set_fn *set;
};

const struct option_row *option_rows(size_t *out_n);
const struct option_row *option_by_letter(char letter); /* NULL when unknown */
/* Exact without regard to case, else the one of which name is the beginning. NULL: unknown, or ambiguous with the first two that
 * match in out_two. *out_is_short tells that it was abbreviated. */
const struct option_row *option_by_name(struct view name, const struct option_row *out_two[2],
					bool *out_is_short);

bool option_is_set(const struct options *o, const struct option_row *row);

/* Setters of the rows that need one of their own. */
option_set_fn set_alias_file, set_auth_options, set_client_ports, set_connect_only_to,
	set_daemon_ports, set_default_user, set_delivery_mode, set_direct_modifiers, set_dont_blame,
	set_eight_bit, set_input_filters, set_log_level, set_max_headers, set_max_mime, set_milter,
	set_must_quote, set_no_recipient, set_operator_chars, set_privacy, set_queue_directory,
	set_queue_sort, set_queue_timeout, set_resolver, set_run_as_user, set_ssl_options,
	set_super_safe, set_time_zone, set_timeout, set_tls_srv_options, set_trusted_user,
	set_verbose;

#endif
