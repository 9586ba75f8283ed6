/*
 * queue_command.h - postrider queue: the administrator's view of the queue and what can be done to it.
 *
 *   queue_command.c    arguments, help, opening
 *   queue_pick.c       which messages are meant
 *   queue_text.c       ages, sizes and bars as they are printed
 *   queue_table.c      list: a message after the other, or the oldest
 *   queue_groups.c     list --by
 *   queue_sums.c       counts by key
 *   queue_summary.c    list --summary
 *   queue_act.c        hold, release, retry, delete, bounce: choosing, asking, doing
 *   queue_export.c     export
 *
 * Single-threaded, except that messages are read by the threads of queue/walk.h. Memory is bounded: a listing is printed as it is read, groups
 * are limited in number, an action remembers an id for each message that it is about.
 */
#ifndef PROGRAMS_QUEUE_COMMAND_H
#define PROGRAMS_QUEUE_COMMAND_H

#include "base/table.h"
#include "programs/runtime.h"
#include "queue/walk.h"

#define QUEUE_COLUMNS 80
#define QUEUE_NEVER   INT64_MAX

enum queue_state {
	STATE_WAITING = 1 << 0,
	STATE_ACTIVE = 1 << 1, /* being delivered, or in the hands of another command */
	STATE_NEW = 1 << 2,    /* only in the journal of a daemon yet */
	STATE_HELD = 1 << 3,
	STATE_LOST = 1 << 4, /* Qf */
	STATE_ALL = (1 << 5) - 1
};

struct queue_pick {
	struct table *ids; /* NULL: any */
	const char *to, *from, *reason, *group;
	int64_t older_than_s, newer_than_s; /* -1: any */
	unsigned states;
	bool is_given, is_all; /* something was said about which; --all */
};

struct queue_wish {
	const struct queue_verb *verb;
	struct queue_pick pick;
	const char *config;
	const char *options[17]; /* -O, NULL ends */
	size_t n_options;
	bool use_submit; /* -Ac */
	/* list */
	const char *by;
	bool oldest, summary, as_json;
	int64_t limit; /* -1: none given */
	/* actions */
	bool yes, verbose;
	const char *why;
	/* export */
	const char *directory, *mbox;
	bool with_envelope;
};

struct queue_run_ctx { /* one run of the command */
	const struct queue_wish *wish;
	struct runtime rt;
	const struct options *options;
	struct spool *spool;
	int64_t now_s, interval_s; /* of the daemon's queue runs, 0: none known */
	int n_daemons;
	/* What is there and could not be read: how much, and the first of it. */
	_Atomic int n_unreadable;
	int read_error;
	char unreadable[300];
};

/* False for a control file that nothing can be said of; counts one that could not be read. Any thread. */
bool queue_is_readable(struct queue_run_ctx *c, const struct queue_entry *e);

/* A file, or with the name "" the directory, is there and cannot be read. Any thread. */
void queue_note_unreadable(struct queue_run_ctx *c, int dir, const char *name, int error);
/* The states that --state names, or those that the command is about. */
unsigned queue_wanted_states(const struct queue_wish *w);

struct queue_verb {
	const char *name;
	int (*run)(struct queue_run_ctx *c);
	unsigned states;         /* whose messages it is about when --state does not say */
	const char *verb, *past; /* "delete", "deleted" */
	const char *summary;
};

int queue_command_main(int argc, char **argv);

/* queue_pick.c */
bool queue_pick_id(const struct queue_pick *p, const char *id);
/* How many of the ids that were named are not among so many messages. */
size_t queue_pick_unknown(const struct queue_pick *p, size_t n_found);
bool queue_pick_matches(const struct queue_run_ctx *c, const struct queue_entry *e);
/* Shows all messages in the states that are wanted to prepare, and what it finds good to take (queue/walk.h): the letters, ids and
 * directories are filled in. params->arg points to a struct whose first member is the struct queue_run_ctx *. */
void queue_pick_walk(struct queue_run_ctx *c, const struct walk_params *params);
/* The conditions on the text alone, for a message that is locked now. */
bool queue_pick_text(const struct queue_run_ctx *c, struct view text);
/* A part of the text, or all of it when the pattern has * ? or [; <> is nothing. Case is ignored. */
bool queue_pattern_matches(const char *pattern, struct view text);
bool queue_duration_parse(const char *text, int64_t *out_s);
enum queue_state queue_state_of(const struct queue_entry *e);
const char *queue_state_name(enum queue_state s);
unsigned queue_states_parse(const char *text); /* "held,lost"; 0 when wrong */
/* When it is due: QUEUE_NEVER for held and lost ones. */
int64_t queue_next_try(const struct queue_run_ctx *c, const struct queue_entry *e);
/* The status of the message without "Deferred: ". */
struct view queue_reason(const struct queue_entry *e);
/* "<a@b>" without its brackets. */
struct view queue_bare(struct view address);
const char *queue_letters(unsigned states); /* of the files of messages in these states */

/* queue_text.c */
void queue_add_age(struct str *out, int64_t seconds); /* "3d04h", at most six columns */
void queue_add_next(struct str *out, const struct queue_run_ctx *c, int64_t next_s);
void queue_add_size(struct str *out, int64_t bytes);                     /* "1.2K" */
void queue_add_count(struct str *out, int64_t n);                        /* "1,234,567" */
void queue_add_bar(struct str *out, int64_t n, int64_t most, int width); /* padded */
/* Text as a terminal may see it, at most so many columns, with "..." when cut. Returns the columns. */
int queue_add_cut(struct str *out, struct view text, int columns);
void queue_add_right(struct str *out, const struct str *text, int width);
void queue_add_left(struct str *out, const struct str *text, int width);

/* the listings; EX_* */
int queue_table(struct queue_run_ctx *c);
int queue_groups(struct queue_run_ctx *c);
bool queue_by_is_known(const char *by);
int queue_summary(struct queue_run_ctx *c);
struct json;
void queue_add_json(const struct queue_run_ctx *c, const struct queue_entry *e, struct str *out);

/* groups of messages, by a key */
struct queue_group_sum {
	int64_t n, bytes, oldest_s, next_s;
};
struct queue_sums;
struct queue_sums *queue_sums_new(void);
void queue_sums_add(struct queue_sums *s, struct view key, int64_t bytes, int64_t created_s,
		    int64_t next_s);
/* All of another sum under this key. */
void queue_sums_merge(struct queue_sums *s, struct view key, const struct queue_group_sum *more);
size_t queue_sums_count(const struct queue_sums *s);
/* The largest first; *out_keys and the result are the caller's arrays, the keys the sums' own. */
struct queue_group_sum *queue_sums_sorted(const struct queue_sums *s, struct view **out_keys,
					  size_t *out_n);
void queue_sums_free(struct queue_sums *s);
/* The key of a reason: hosts and addresses in it replaced by *. */
void queue_add_reason_key(struct str *out, struct view reason);
/* Does the word name a host, an address or a literal? */
bool queue_is_particular(struct view word);
/* Calls each for every domain of a message's recipients, once for each. */
void queue_each_domain(const struct queue_entry *e, void (*each)(void *arg, struct view domain),
		       void *arg);

/* the actions */
/* What is only in a journal goes to files, so that it can be operated on. */
void queue_ask_to_spill(struct queue_run_ctx *c);
int queue_list_verb(struct queue_run_ctx *c);
int queue_act(struct queue_run_ctx *c);
int queue_export(struct queue_run_ctx *c);

/* Messages chosen for an action. */
struct queue_chosen {
	struct queue_choice {
		uint16_t dir;
		char letter;
		bool is_active; /* somebody had its lock */
		char id[QUEUE_ID_MAX];
	} * v;
	size_t n, cap;
	size_t n_new; /* of them, in a journal only */
};
void queue_choose(struct queue_run_ctx *c, struct queue_chosen *out);

#endif
