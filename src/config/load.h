/*
 * load.h - what the readers of the line types share while one configuration is loaded. Private to config/.
 *
 * A loader lives on the stack of config_load; it knows where in which file we are, so that a message names its place.
 * Single thread.
 */
#ifndef CONFIG_LOAD_H
#define CONFIG_LOAD_H

#include "base/own.h"
#include "base/str.h"
#include "config/config.h"

struct loader {
	struct config *cf;
	const struct config_params *params;
	struct view file; /* as messages name it; none: no place ("-O" on the command line) */
	int line;         /* 0: no place */
	struct cf_ruleset *ruleset; /* the one that R lines go to; NULL: none yet */
	int next_named;             /* the next free number for a named ruleset */
	bool has_operator_chars;    /* set, or too late to set them */
	bool are_operators_fixed;   /* by the first rule: a change is told of and does nothing */
	bool is_safe_only;          /* unprivileged -O */
	int n_environ;
	int user_log_level; /* asked for by an ordinary user */
	bool is_stopped;    /* a fatal error was met: nothing more is read */
};

#define RULESETS_MAX      200
#define RULESETS_NUMBERED 100 /* numbers below this are given in the file */
#define ENVIRONMENT_MAX   100

/* The version that $v and messages show: what reads logs and greetings expects sendmail's form of it. */
/* As long as the reference's own four numbers: the version stands in Received, and what a message weighs is compared. */

/* EX_* values that errors leave behind, contract/command-line.md. */
enum {
	LOAD_USAGE = 64,
	LOAD_UNAVAILABLE = 69,
	LOAD_SOFTWARE = 70,
	LOAD_OSERR = 71,
	LOAD_OSFILE = 72,
	LOAD_CONFIG = 78
};

/* "FILE: line N: text", exit status 70. */
void load_error(struct loader *ld, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same with another exit status. */
void load_error_exit(struct loader *ld, int exit, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* A message with its place that does not fail the configuration. */
void load_notice(struct loader *ld, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A text without a place, printed as it is; an error when exit is not 0. */
void load_plain(struct loader *ld, int exit, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The cf text expanded now, in the arena. */
struct view load_expand(struct loader *ld, struct view cf_text);
/* The cf text as a template, in the arena. */
struct view load_encode(struct loader *ld, struct view cf_text);
/* Quotes taken away, \n and the like made into what they mean: D values and equates. */
struct view load_munch(struct loader *ld, struct view text);
/* The text as error messages show it: byte 1 for a $, one byte for a name. */
struct view load_show(struct loader *ld, struct view cf_text);
static inline char load_shown_letter(char letter)
{
	return letter == '$' ? '\001' : letter;
}

/* A whole file, as far as out->max goes: 0 or -errno. */
int load_read_all(int fd, struct str *out);
/* Cuts a macro or class name off *rest: one character, {name}, or {x}. Its number; 0 with the error reported. */
int load_name(struct loader *ld, struct view *rest);

/* Arrays in the arena that double when they are full. */
void *load_grow(struct loader *ld, void *array, int n, int *cap, size_t size);
#define LOAD_GROW(ld, array, n, cap)                                                               \
	((array) = load_grow((ld), (array), (n), &(cap), sizeof(*(array))))

/* One logical line: its first byte is the type. Readers are called with what follows it. */
void load_line(struct loader *ld, struct view line);

/* Line types. */
void class_line(struct loader *ld, struct view text);       /* C */
void trusted_line(struct loader *ld, struct view text);     /* T */
void file_class_line(struct loader *ld, struct view text);  /* F */
void mailer_line(struct loader *ld, struct view text);      /* M */
void header_line(struct loader *ld, struct view text);      /* H */
void ruleset_line(struct loader *ld, struct view text);     /* S */
void rule_line(struct loader *ld, struct view whole);       /* R, with the R */
void map_line(struct loader *ld, struct view text);         /* K */
void queue_group_line(struct loader *ld, struct view text); /* Q */
void milter_line(struct loader *ld, struct view text);      /* X */
void option_line(struct loader *ld, struct view text);      /* O */

/* The number of a ruleset as S=, $> in H lines and the like name it, made when new; -1 with the error reported. */
int ruleset_intern(struct loader *ld, struct view name);
void ruleset_start(struct loader *ld);

/* ",Name=value" lists of M, Q and X lines: the next piece with its letter; false at the end. Commas escaped by \ stay in the value. */
struct equate {
	char letter;
	bool has_value;
	struct view value;
};
struct view equates_of(struct view text); /* behind a name: where the first one begins */
bool equate_next(struct view *rest, struct equate *out);

/* Options. */
void options_defaults(struct loader *ld); /* before the file */
void options_finish(struct loader *ld);   /* after it: what depends on other lines */
void timeouts_start(struct loader *ld);
/* Adds " NAME" for each part that was set and has no effect in this version. */
void timeouts_unbuilt(const struct timeout_options *t, struct str *out);
void resolver_unbuilt(const struct options *o, struct str *out);
void default_user_start(struct loader *ld);
void daemons_finish(struct loader *ld);
void set_old_operators(struct loader *ld, struct view text); /* Do of old files */
void option_set_command_line(struct loader *ld, struct view text, bool is_short);

/* Mailers that exist without an M line, flags of old levels, and the final checks. */
void mailers_start(struct loader *ld);
void mailers_finish(struct loader *ld);
void queue_groups_start(struct loader *ld);
void queue_groups_finish(struct loader *ld);
void milters_finish(struct loader *ld);

/* Users and groups by name or number, as U=, DefaultUser and RunAsUser take them. */
struct user_spec {
	struct view name; /* of the user; none when a number without an account */
	uid_t uid;
	gid_t gid;
	bool has_gid;
};
/* what: "mailer U= flag", "option u". False with the error reported. */
bool load_user(struct loader *ld, const char *what, struct view text, struct user_spec *out);
bool load_group(struct loader *ld, const char *what, struct view text, gid_t *out);
/* The same in two pieces, the group none when it is not given; numbers are read with the base of strtol. */
bool load_user_group(struct loader *ld, const char *what, struct view user, struct view group,
		     int base, struct user_spec *out);

/* sendmail's time values: "1d12h30", a bare number in `unit`; bad unit letters are noticed and count as `unit`. */
int64_t load_time(struct loader *ld, struct view text, char unit);
/* The number at the front, 0 when there is none: what atol does, with overflow held at the ends. */
int64_t load_number(struct view text, int base);

/* startup.c: macros and classes that exist before the file is read, and after. */
void startup_macros(struct loader *ld);
void startup_finish(struct loader *ld);

#endif
