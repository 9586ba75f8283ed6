/*
 * config.h - one sendmail.cf, read: the immutable snapshot that everything else works from.
 *
 * config_load reads the file (contract/config-language.md), checks it, and returns everything in one struct, all memory in
 * its arena. Rules are kept as text here; rewrite/ compiles them; map declarations are opened by map/. After loading, nothing changes it (test mode
 * is the exception: it owns a private one and calls config_define / config_class_add).
 *
 * Errors and warnings go to a list, worded as sendmail words them, "FILE: line N: text"; config_load returns a config even
 * when there were errors (test mode and -bC want to go on), and errors.n_errors tells.
 * Threads: a loaded config may be read by any number of threads. Counted references are in rewrite/snapshot.h.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <netinet/in.h>
#include <sys/types.h>

#include "base/log.h"
#include "base/table.h"
#include "config/classes.h"
#include "config/flags.h"
#include "config/macros.h"
#include "config/options.h"

#define CONFIG_VERSION     "8.18.2.0" /* of sendmail, whose behaviour this is */
#define CONFIG_MAILERS_MAX 25
#define QUEUE_GROUPS_MAX   50

struct mailer { /* contract/mailers.md 4.1 */
	int number;
	struct view name;
	struct view path; /* P= as written: "/bin/sh", "[IPC]", "[FILE]" */
	struct flag_set flags;
	struct view sender_env, sender_hdr; /* S=: ruleset names, none or "0": none */
	struct view rcpt_env, rcpt_hdr;     /* R= */
	int sender_env_set, sender_hdr_set, rcpt_env_set,
		rcpt_hdr_set; /* numbers, -1 none; filled by config_load */
	int max_rcpts;        /* r=, default 100 */
	struct view *argv;    /* A=: templates */
	int argc;
	struct view args_text; /* A= as written, for =M */
	struct view eol;       /* bytes */
	int64_t max_size;      /* M=, 0 none */
	int max_messages;      /* m= */
	int line_limit;        /* L= */
	struct view dirs;      /* D=, template */
	struct view user_text; /* U= */
	uid_t uid;
	gid_t gid;
	bool has_user, has_gid; /* no group of its own: the default user's */
	int nice;
	struct view charset;
	struct view type_mta, type_addr, type_diag; /* T= */
	int wait_s;
	struct view queue_group;
	struct view root; /* /=, template */
};

struct cf_rule {
	struct view lhs,
		rhs; /* cf text as in the file, tabs cut; macros already expanded where the language says so is rewrite's work */
	struct view operator_chars; /* as they were when the rule was read */
	int line;
};

struct cf_ruleset {
	struct view name; /* none for a purely numbered one */
	int number;
	struct cf_rule *rules;
	int n, cap;
	int line;
	bool has_many_definitions;
	bool is_begun; /* an S line names it; else only M or H lines, or calls */
};

struct cf_header { /* an H line */
	struct view name;
	struct view template; /* none when the line is only a check */
	uint8_t mailer_flags[16];
	int macro;
	struct view raw_condition;
	uint32_t flags;            /* HEADER_* */
	int check_ruleset;         /* -1 none */
	bool check_keeps_comments; /* $>+ */
	int line;
};

struct cf_map {                             /* a K line */
	struct view name, class_name, args; /* macros in args already expanded */
	char blank; /* BlankSub as it was then: between the words of a key */
	int line;
};

struct cf_map_class_fill { /* Fx@class:spec, F{x}key@class:spec: filled when the maps are open */
	int class_number;
	struct view key, map_class, spec;
	bool optional;
	int line;
};

struct queue_group {            /* contract/queue.md 6.6 */
	struct view name, path; /* path with a trailing '*' as written */
	struct flag_set flags;
	int nice, runners, jobs, max_rcpts;
	bool has_runners; /* R= or MaxRunnersPerQueue says how many */
	int64_t interval_s;
	char sort; /* 0: the option's */
};

struct milter { /* an X line */
	struct view name, socket;
	char on_failure; /* 0 ignore, R reject, T tempfail, 4 */
	int64_t connect_s, send_s, reply_s, eom_s;
};

struct precedence {
	struct view name;
	int64_t value;
};

struct cf_message {
	bool is_error; /* else a warning */
	int exit;      /* what the error alone would end a program with, 0 for a warning */
	struct view file;
	int line;     /* 0: none, the text stands alone */
	int position; /* the line at which it arose: messages are shown in this order */
	struct view text;
};

struct cf_messages {
	struct cf_message *v;
	size_t n, cap;
	int n_errors;
	int exit;      /* of the first error: what a program that gives up exits with; 0 none */
	bool is_fatal; /* reading ended there */
};

struct config {
	struct arena *arena;
	struct view path;
	int level;
	struct view vendor;
	struct options options;
	struct macros *macros; /* base scope: D lines and start-up values */
	struct classes *classes;
	uint8_t name_bytes[MACRO_NUMBERS]; /* of long names, for messages: dollars.h */
	int n_name_bytes;
	uint64_t classes_filled
		[8]; /* by number: a C, F or T line names it, even if it gave no word */
	struct cf_ruleset *rulesets; /* in order of first appearance */
	int n_rulesets, cap_rulesets;
	struct cf_ruleset *by_number[200];
	struct table *ruleset_names; /* to struct cf_ruleset; the case of names matters */
	struct mailer *mailers[CONFIG_MAILERS_MAX];
	int n_mailers;
	struct mailer *local_mailer, *prog_mailer, *file_mailer, *include_mailer;
	struct cf_header *headers;
	int n_headers, cap_headers;
	struct cf_header *default_check; /* H*: */
	struct cf_map *maps;
	int n_maps, cap_maps;
	struct cf_map_class_fill *class_fills;
	int n_class_fills, cap_class_fills;
	struct queue_group groups[QUEUE_GROUPS_MAX];
	int n_groups; /* [0] is the default group mqueue */
	struct milter milters[25];
	int n_milters;
	struct precedence precedences[25];
	int n_precedences;
	const char **environ;         /* E lines, AGENT, TZ: for programs; NULL ends */
	bool is_dangerously_writable; /* the file may be written by its group or by everybody */
	bool must_drop_privileges;    /* an ordinary user set an option that is not safe */
	struct cf_messages messages;
};

struct config_params {
	const char *path; /* the .cf file; NULL: text is used */
	struct view
		text; /* a configuration in memory (the embedded default), named `path_label` in messages */
	const char *path_label;
	/* The installed tree of which the file is part was moved: paths below `built_prefix` in it are below `prefix` now. Both without
	 * a slash at their end; NULL: nothing was moved. */
	const char *built_prefix, *prefix;
	const char *const *
		set_options; /* "-O Name=value" as "Name=value", "-oXvalue" as "Xvalue" prefixed by '-': NULL ends */
	const char *const *set_macros; /* -M "Xvalue" / "{name}value": NULL ends */
	bool is_safe_only; /* unprivileged -O: only safe options (contract/options.md) */
	bool is_daemon;    /* more warnings on standard error */
	bool is_check;     /* -bC: warnings that only an operator wants */
	bool is_offline; /* nobody is asked for names, interfaces are not looked at: tests, fuzzing, lint */
	bool is_text_only;        /* files and programs of F lines are not touched: fuzzing, lint */
	const char *hostname;     /* instead of the system's; NULL: that */
	bool is_test_mode;        /* -bt: classes from files are read, but nothing is refused */
	char op_mode;             /* -b letter, for ${opMode} */
	const char *program_name; /* argv[0] for ${...}; unused: NULL */
};

struct config *config_load(const struct config_params *p);
void config_free(struct config *cf);

/* Mutation, for test mode and -M only. */
void config_define(struct config *cf, struct view name, struct view cf_value); /* .DXvalue */

struct mailer *config_mailer(const struct config *cf,
			     struct view name); /* NULL when unknown; case-insensitive */
/* A line without its comment, as the level of the configuration has it; \# stands for #. */
struct view config_uncomment(const struct config *cf, struct view line, struct arena *a);
/* The directory of a queue path: without the pattern that names several (/var/spool/mqueue/q*), and without slashes at its end. */
struct view config_queue_base(struct view path);

int config_ruleset_number(const struct config *cf,
			  struct view name); /* name or digits; -1 when unknown */
int64_t config_precedence(const struct config *cf, struct view name); /* 0 when unknown */
const struct queue_group *config_group(const struct config *cf, struct view name);
bool config_has_map_class(struct view name); /* a class that K lines may name, built or not */

#endif
