/*
 * options.h - every option of sendmail.cf as a field (contract/options.md).
 *
 * The field is the option's name in snake case; times are seconds and end in _s; texts are views, none when unset. A text
 * that is "macro-expanded later" is kept as a template (macros.h). The table in option_table.c has one row per
 * option: name, letter, kind, field, safe, built. Immutable after loading, any number of readers.
 */
#ifndef CONFIG_OPTIONS_H
#define CONFIG_OPTIONS_H

#include <sys/types.h>

#include "base/view.h"
#include "config/flags.h"

#define DAEMONS_MAX       64
#define FILTERS_MAX       25
#define MILTER_MACROS_MAX 50
#define OPTION_TIME_UNSET (-1)

struct view_list {
	struct view *v;
	int n;
};

enum timeout_class {
	TIMEOUT_NORMAL,
	TIMEOUT_URGENT,
	TIMEOUT_NONURGENT,
	TIMEOUT_DSN,
	TIMEOUT_CLASSES
};
#define TIMEOUT_NAMES 32
enum resolver_phase { RESOLVER_FIRST, RESOLVER_NORMAL, RESOLVER_PHASES };

struct timeout_options { /* contract/options.md 2.2; 0: no limit */
	int64_t aconnect_s, auth_s, command_s, connect_s, iconnect_s, control_s, datablock_s,
		datafinal_s;
	int64_t datainit_s, fileopen_s, helo_s, hoststatus_s, ident_s, initial_s, lhlo_s, mail_s,
		misc_s;
	int64_t quit_s, rcpt_s, rset_s, starttls_s;
	int64_t queuereturn_s[TIMEOUT_CLASSES];
	int64_t queuewarn_s[TIMEOUT_CLASSES];        /* 0: no warning */
	int64_t resolver_retrans_s[RESOLVER_PHASES]; /* 0: the library's */
	int resolver_retry[RESOLVER_PHASES];         /* 0: the library's */
	bool is_queuereturn_now[TIMEOUT_CLASSES];
	uint32_t set_rows; /* which rows of the table of timeouts were set */
	uint8_t on_command_line
		[TIMEOUT_NAMES]; /* by name: a bit for each suffix that was given there */
};

enum privacy {
	PRIVACY_NEEDMAILHELO = 1 << 0,
	PRIVACY_NEEDEXPNHELO = 1 << 1,
	PRIVACY_NEEDVRFYHELO = 1 << 2,
	PRIVACY_NOEXPN = 1 << 3,
	PRIVACY_NOVRFY = 1 << 4,
	PRIVACY_NOETRN = 1 << 5,
	PRIVACY_NOVERB = 1 << 6,
	PRIVACY_RESTRICTMAILQ = 1 << 7,
	PRIVACY_RESTRICTQRUN = 1 << 8,
	PRIVACY_RESTRICTEXPAND = 1 << 9,
	PRIVACY_NORECEIPTS = 1 << 10,
	PRIVACY_NOBODYRETURN = 1 << 11,
	PRIVACY_AUTHWARNINGS = 1 << 12,
	PRIVACY_NOACTUALRECIPIENT = 1 << 13,
	PRIVACY_NOREFLECTION = 1 << 14,
};

enum eight_bit {                          /* EightBitMode; none of them: strict */
		 EIGHT_BIT_MIME = 1 << 0, /* undeclared 8-bit text becomes MIME */
		 EIGHT_BIT_PASS = 1 << 1, /* undeclared 8-bit text passes as it is */
};

enum no_recipient {
	NO_RCPT_NONE,
	NO_RCPT_ADD_TO,
	NO_RCPT_ADD_APPARENTLY_TO,
	NO_RCPT_ADD_TO_UNDISCLOSED,
	NO_RCPT_ADD_BCC
};

enum resolver_option { /* ResolverOptions: what was asked for with + or - */
		       RESOLVER_DEBUG = 1 << 0,
		       RESOLVER_AAONLY = 1 << 1,
		       RESOLVER_USEVC = 1 << 2,
		       RESOLVER_PRIMARY = 1 << 3,
		       RESOLVER_IGNTC = 1 << 4,
		       RESOLVER_RECURSE = 1 << 5,
		       RESOLVER_DEFNAMES = 1 << 6,
		       RESOLVER_STAYOPEN = 1 << 7,
		       RESOLVER_DNSRCH = 1 << 8,
		       RESOLVER_USE_INET6 = 1 << 9,
		       RESOLVER_USE_EDNS0 = 1 << 10,
		       RESOLVER_USE_DNSSEC = 1 << 11,
		       RESOLVER_TRUSTAD = 1 << 12,
		       RESOLVER_HAS_WILDCARD_MX = 1 << 13,
		       RESOLVER_WORK_AROUND_BROKEN_AAAA = 1 << 14,
};

struct daemon_options { /* contract/options.md 2.3; also for clients */
	struct view name;
	struct view addr; /* as written: address, name, or path; none: any */
	struct view
		family;   /* as written, lower case: "inet", "inet6", "local"; none: the default */
	struct view port; /* as written, number or service; none: smtp */
	int listen;       /* backlog */
	struct flag_set modifiers;
	struct view
		modifier_text; /* modifiers as in ${daemon_flags}: "CC f"; upper case doubled, blanks between */
	int receive_size, send_size; /* 0: the system's */
	bool has_filters;            /* InputMailFilters= given: they replace the option's */
	int filters[FILTERS_MAX], n_filters; /* indices into config.milters */
	struct view filters_text;
	int children;                      /* 0: no limit of its own */
	char delivery_mode;                /* 0: the option's */
	int delay_la, queue_la, refuse_la; /* -1: the option's */
};

enum milter_stage {
	MILTER_STAGE_CONNECT,
	MILTER_STAGE_HELO,
	MILTER_STAGE_ENVFROM,
	MILTER_STAGE_ENVRCPT,
	MILTER_STAGE_EOM,
	MILTER_STAGE_DATA,
	MILTER_STAGE_EOH,
	MILTER_STAGES
};

struct milter_options {
	int log_level;                                /* -1: LogLevel */
	int macros[MILTER_STAGES][MILTER_MACROS_MAX]; /* macro numbers */
	int n_macros[MILTER_STAGES];
};

struct options {
	struct view_list alias_file; /* each "class:flags and file" or "file" */
	int alias_file_line;         /* of the last one, for complaints */
	int64_t alias_wait_s;
	bool allow_bogus_helo;
	int auth_max_bits;
	struct view auth_mechanisms;
	struct flag_set auth_options;
	struct view auth_realm;
	int bad_rcpt_throttle;
	char blank_sub;
	struct view ca_cert_file, ca_cert_path, cert_fingerprint_algorithm;
	bool check_aliases;
	int checkpoint_interval;
	struct view cipher_list, cipher_suites;
	int64_t class_factor;
	struct view client_cert_file, client_key_file;
	struct daemon_options clients[2]; /* [0] inet, [1] inet6, as ClientPortOptions lines come */
	int n_clients;
	struct view client_ssl_options, server_ssl_options;
	bool colon_ok_in_addr;
	struct view connect_only_to;
	int connection_cache_size;
	int64_t connection_cache_timeout_s;
	int connection_rate_throttle;
	int64_t connection_rate_window_size_s;
	struct view control_socket_name, crl_file, crl_path;
	struct daemon_options
		daemons[DAEMONS_MAX]; /* n_daemons 0 in the file: one default entry is made */
	int n_daemons;
	bool dane;
	int64_t data_file_buffer_size;
	struct view dead_letter_drop, default_auth_info, default_char_set;
	struct view default_user; /* login name; none: the numbers only */
	uid_t default_uid;
	gid_t default_gid;
	int delay_la;
	int64_t deliver_by_min_s; /* < 0: not offered */
	char delivery_mode;       /* b i q d */
	struct view dh_parameters;
	int64_t dial_delay_s;
	struct view direct_submission_modifiers; /* as ${daemon_flags} has it */
	uint64_t dont_blame_sendmail;            /* BLAME_* of os/safefile.h */
	bool dont_expand_cnames, dont_init_groups;
	char dont_probe_interfaces; /* t f l */
	bool dont_prune_routes;
	struct view double_bounce_address; /* "" : drop */
	unsigned eight_bit_mode;           /* EIGHT_BIT_* */
	struct view error_header;
	char error_mode; /* p q m w e */
	struct view fallback_mx_host, fallback_smart_host;
	int fast_split;
	bool fork_each_job;
	struct view forward_path; /* template, colon list */
	struct view helo_name, help_file;
	bool hold_expensive;
	struct view hosts_file, host_status_directory;
	bool ignore_dots;
	struct view input_mail_filters_text;
	int input_mail_filters[FILTERS_MAX], n_input_mail_filters; /* indices into config.milters */
	struct view ldap_default_spec;
	int log_level;
	struct view mailbox_database;
	bool match_gecos;
	int max_alias_recursion, max_daemon_children;
	int64_t max_headers_length;
	int max_hop_count;
	int64_t max_message_size;
	int max_mime_header_length, max_mime_field_length;
	int max_noop_commands;
	int64_t max_queue_age_s;
	int max_queue_children, max_queue_run_size, max_recipients_per_message,
		max_runners_per_queue;
	bool me_too;
	struct milter_options milter;
	int64_t min_free_blocks;
	int64_t min_queue_age_s;
	struct view must_quote_chars; /* @,;:\()[] and the option's */
	int nice_queue_run;
	enum no_recipient no_recipient_action;
	bool old_style_headers;
	struct view operator_chars; /* as written; the fixed ones are not in it */
	struct view pid_file;       /* template */
	struct view postmaster_copy;
	unsigned privacy_options; /* PRIVACY_* */
	struct view process_title_prefix, queue_directory;
	int64_t queue_factor;
	mode_t queue_file_mode;
	int queue_la;
	char queue_sort_order; /* p h f t r m n s */
	struct view rand_file;
	int64_t recipient_factor;
	int refuse_la;
	int64_t reject_log_interval_s;
	bool requires_dir_fsync;
	unsigned resolver_options_on, resolver_options_off; /* RESOLVER_* */
	int64_t retry_factor;
	bool rrt_implies_dsn;
	struct view run_as_user; /* login name or number as written; none: not set */
	uid_t run_as_uid;
	gid_t run_as_gid;
	struct view safe_file_environment;
	bool save_from_line, send_mime_errors;
	struct view server_cert_file, server_key_file, service_switch_file;
	bool seven_bit_input;
	int64_t shared_memory_key;
	struct view shared_memory_key_file;
	bool single_line_from_header, single_thread_delivery;
	struct view smtp_greeting_message; /* template */
	bool smtp_utf8, soft_bounce;
	struct view ssl_engine, ssl_engine_path, status_file;
	char super_safe; /* t f i p */
	mode_t temp_file_mode;
	struct timeout_options timeout;
	bool has_time_zone;         /* TimeZoneSpec given */
	struct view time_zone_spec; /* given and empty: the user's TZ */
	bool tls_fallback_to_clear;
	struct flag_set tls_srv_options;
	uid_t trusted_uid;
	bool try_null_mx_list;
	struct view unix_from_line; /* template */
	bool unsafe_group_writes, use_compressed_ipv6_addresses, use_errors_to, use_msp;
	struct view user_database_spec;
	bool verbose;
	int64_t xscript_file_buffer_size;
	/* options of special builds: read, and said to be without effect where they are */
	bool add_bcc, set_cert_altnames, dont_lock_files_for_read, eight_bit_addr_ok, fips_mode,
		keep_bcc, reject_nul;
	bool same_domain_only, strict_transport_security;
	int bad_rcpt_shutdown, bad_rcpt_shutdown_good, max_forward_entries;
	struct view client_ca_cert_file, client_ca_cert_path, bounce_queue;
	uint64_t set_mask[4]; /* which rows of the option table were set at all */
	uint64_t command_line_mask
		[4]; /* and which on the command line: those hold against the file */
};

struct config;
struct log;

/* How long a question to the DNS may take in all, retries too: Timeout.resolver.retrans, doubled with each try, as often as
 * Timeout.resolver.retry says. Milliseconds; 0: neither is set. */
int timeouts_resolver_ms(const struct timeout_options *t);
/* Says once, at start, which options the configuration sets that have no effect yet: one line each, LOG_WARNING. */
void options_log_unbuilt(const struct config *cf, struct log *log);

#endif
