/*
 * envelope.h - one message on its way: who, whom, how, and where its octets are.
 *
 * An envelope owns an arena in which everything that hangs on it lives, holds a reference to the snapshot it began with and to
 * its body. From MAIL (or -t) until it is accepted it belongs to the thread that builds it. After queue_accept it is shared: everything is then
 * constant, except (1) the recipients, each of which belongs to the one delivery attempt that holds it (rcpt->attempt), and (2) what
 * is marked [locked], guarded by env->lock. New recipients (alias expansion) are added under the lock, with memory from the arena under the lock.
 */
#ifndef ENVELOPE_ENVELOPE_H
#define ENVELOPE_ENVELOPE_H

#include <pthread.h>

#include "envelope/body.h"
#include "mail/header.h"
#include "mail/status.h"
#include "rewrite/rewrite.h"

#define QUEUE_ID_MAX 32 /* with the NUL; contract/queue.md 6.2 */

enum rcpt_state {                /* exactly one at any time */
		  RCPT_NEW,      /* not resolved in this attempt */
		  RCPT_ROUTED,   /* has a mailer, waits for its turn */
		  RCPT_TRYING,   /* a delivery attempt holds it */
		  RCPT_DEFERRED, /* later: stays in the queue */
		  RCPT_SENT,     /* done */
		  RCPT_FAILED,   /* done: report it */
		  RCPT_EXPANDED, /* replaced by its aliases, its members stand beside it */
		  RCPT_DROPPED /* duplicate, discarded, or deleted by a filter: nothing more to do */
};

enum rcpt_flag { /* the letters of the qf R line, contract/queue.md 6.3, and more */
		 RCPT_PRIMARY = 1 << 0,        /* P: given by the sender, not by expansion */
		 RCPT_NOTIFY_GIVEN = 1 << 1,   /* N */
		 RCPT_NOTIFY_SUCCESS = 1 << 2, /* S */
		 RCPT_NOTIFY_FAILURE = 1 << 3, /* F */
		 RCPT_NOTIFY_DELAY = 1 << 4,   /* D */
		 RCPT_FROM_ALIAS = 1 << 5,     /* A */
		 RCPT_BCC = 1 << 6,            /* B */
		 RCPT_MX_SECURE = 1 << 7,      /* X */
		 RCPT_DELAY_SENT = 1 << 8,     /* a delay report has gone out */
		 RCPT_RELAYED_NO_DSN = 1
				       << 9, /* relayed to a peer without DSN: our report says so */
		 RCPT_DSN_PASSED = 1 << 10, /* relayed to a peer that does DSN: nothing to report */
		 RCPT_DELIVERED_LOCAL = 1 << 11, /* final delivery to a mailbox */
		 RCPT_TO_LIST = 1 << 12,         /* expanded through a list with an owner */
		 RCPT_VERBATIM = 1 << 13,        /* \user or @user: no aliasing */
		 RCPT_SAFE_PROGRAMS =
			 1 << 14, /* reached through a file that may name programs and files */
		 RCPT_NO_SHELL = 1 << 15,     /* the owner of that file has no valid shell */
		 RCPT_FROM_FORWARD = 1 << 16, /* a member of the parent's .forward */
		 /* its failure was reported, or nobody wants to know: it leaves the qf file */
		 RCPT_REPORTED = 1 << 17,
		 RCPT_DELIVERED_LIST = 1
				       << 18, /* handed to a mailing list, reported as delivered */
		 RCPT_COUNTED = 1 << 19,      /* in the statistics */
		 RCPT_LOOPS =
			 1
			 << 20, /* while resolving: dropped because it leads back to its own list */
		 RCPT_LEADS_ON =
			 1 << 21, /* while resolving and reporting: a list that reaches somebody */
		 RCPT_BY_PASSED =
			 1 << 22, /* relayed to a peer that keeps the deliver-by time itself */
		 RCPT_TOLD_ASIDE = 1
				   << 23, /* a list in the report on what was addressed beside it */
		 RCPT_OWN_REPLY = 1 << 24, /* status.reply was said of this recipient alone */
		 RCPT_BY_RULES = 1 << 25,  /* the status came of resolving, no delivery was tried */
		 RCPT_LATER =
			 1
			 << 26, /* could not be resolved just now: the attempt that follows at once leaves it alone */
		 RCPT_TOLD_BEFORE = 1 << 27, /* of a report: its failure stands in the story of the
						message that the report is about */
};

struct rcpt_user {        /* the controlling user: qf C line */
	struct view name; /* login name; none: default user */
	uid_t uid;
	gid_t gid;
	struct view alias; /* the list through which it was reached */
	bool is_set;
};

struct rcpt {
	struct link link;
	struct envelope *env;
	struct rcpt *parent;    /* the recipient it was expanded from, NULL for a primary one */
	size_t n_members;       /* how many were expanded from it */
	struct view address;    /* as given, with brackets if it had them: to= and the R line */
	struct view orcpt;      /* ORCPT= decoded type;addr text as in the Q line; none */
	struct view final_rcpt; /* the r line: "RFC822; a@b"; none: made of address */
	uint32_t flags;
	enum rcpt_state state;
	struct rcpt_user user;
	struct view place;    /* "FILE: line N" of the file that names it; none */
	struct triple triple; /* valid from RCPT_ROUTED on, memory of the envelope's arena */
	struct status status; /* of the last attempt */
	struct view
		owner; /* owner-list address that the copy for this recipient gets as sender; none */
	int64_t attempted_at_s;
	void *attempt; /* the task that holds it */
};

enum envelope_flag {
	ENV_RESPONSE = 1 << 0,    /* qf F r: it is a report */
	ENV_WARNED = 1 << 1,      /* w: the delay warning was sent */
	ENV_HAS_8BIT = 1 << 2,    /* 8 */
	ENV_DELETE_BCC = 1 << 3,  /* b */
	ENV_RET_GIVEN = 1 << 4,   /* d */
	ENV_RET_HEADERS = 1 << 5, /* n: RET=HDRS */
	ENV_SPLIT = 1 << 6,       /* s */
	ENV_UTF8 = 1 << 7,        /* e */
	ENV_QUARANTINED = 1 << 8,
	ENV_DISCARDED = 1 << 9, /* accepted and dropped */
	ENV_FROM_COMMAND_LINE = 1 << 10,
	ENV_HOLD = 1 << 11,      /* queue only: not delivered until a queue run */
	ENV_NO_RETURN = 1 << 12, /* nothing is sent back */
	ENV_RESENT = 1 << 13,
	ENV_LOGGED_SENDER = 1 << 14,
	ENV_HAS_FULL_HEADER = 1 << 15, /* H-line fields were merged */
	ENV_LOST = 1 << 16,            /* nobody can be told of its failure: to be kept as Qf */
	ENV_COUNTED = 1 << 17,         /* in the statistics, as a message that came in */
	ENV_PART = 1 << 19,            /* some members of a long list */
	ENV_RCPTS_FROM_HEADER =
		1 << 18, /* -t: $u is what the command line named, if that was one */
	ENV_SENDER_IS_CALLER =
		1 << 21, /* who gave it to the program sees what it prints, and has a home */
	ENV_MEMBERS_ORDERED = 1 << 20, /* see rcpt_order_members */
	ENV_OLD_STATUS = 1 << 22,      /* status_text is of an earlier attempt */
	ENV_ABOUT_REPORT = 1 << 23,    /* a report on a report, while its first attempt lasts */
};

enum error_mode {
	ERRORS_PRINT,
	ERRORS_QUIET,
	ERRORS_MAIL,
	ERRORS_WRITE,
	ERRORS_MAIL_ZERO
}; /* option ErrorMode p q m w e */

struct envelope {
	pthread_mutex_t lock;
	struct arena *arena;
	struct snapshot *snap;
	struct macros *
		macros; /* message scope, parent: config (values that matter were copied from the connection) */
	char id[QUEUE_ID_MAX];              /* "" before queue_assign_id */
	struct view sender;                 /* as given: "<a@b>", "<>"; the S line */
	struct view sender_logged;          /* from= */
	const struct mailer *sender_mailer; /* whose flags (C, ...) apply to header rewriting */
	struct header header;
	struct body *body; /* reference; NULL: none yet */
	struct list rcpts; /* of struct rcpt [locked: appending] */
	size_t n_rcpts;
	uint32_t flags;
	enum error_mode error_mode;
	char delivery_mode;       /* b i q d */
	int hop_count, hop_start; /* Received fields count from there (-h) */
	int64_t created_s, last_try_s;
	int tries;
	int64_t priority;
	int64_t size;        /* header and body as counted for size= */
	int64_t class_value; /* precedence number */
	char timeout_class;  /* n normal, u urgent, l non-urgent, d dsn */
	struct view envid, auth_param, body_type, quarantine_reason, status_text /* M line */;
	int64_t deliver_by_s; /* 0 none */
	char deliver_by_mode; /* R N */
	bool deliver_by_trace;
	const struct queue_group *group;
	struct view msgid;
	struct view relay;    /* $_ for relay= and reports; "[RESPONSE]" ... */
	struct view protocol; /* $r */
	struct view daemon_name;
	struct rcpt_user submitter; /* command line */
	struct view transcript;     /* session lines for reports [locked]; bounded */
	size_t transcript_cap;      /* envelope_note's own */
	/* queue's own: where it rests */
	struct queue_job *job; /* NULL: not the queue's */
	int64_t next_try_s;
	int n_tasks; /* delivery tasks still out; the queue's lock */
};

struct envelope *envelope_new(
	struct snapshot *snap); /* takes its own reference; arena limit 64 MB */
void envelope_free(struct envelope *e);
struct rcpt *envelope_add_rcpt(struct envelope *e, struct view address,
			       struct rcpt *parent); /* takes the lock */
bool envelope_is_done(const struct envelope *e); /* no recipient new, routed, trying or deferred */
size_t envelope_count(const struct envelope *e, enum rcpt_state state);
/* How many there are to reach, or were: without those that others stand for, duplicates, and what the rules refused. */
size_t envelope_count_wanted(const struct envelope *e);
/* The size that SIZE= tells the next host of a queued message: the body and the fields as its file has them, a condition counting with
 * them. */
int64_t envelope_size_in_file(const struct envelope *e);
/* A copy with the same header and body for some recipients (owner- splits, queue group splits): new id needed. */
struct envelope *envelope_clone(const struct envelope *e, struct view sender);
/* Adds a copy of a recipient of another envelope, not yet resolved; nothing of it lies in the other's memory. */
struct rcpt *envelope_copy_rcpt(struct envelope *to, const struct rcpt *r);
/* What keeps the message, for the M line: of one attempt the first text stays, unless what is final comes later. */
void envelope_tell_status(struct envelope *e, struct view text, bool is_final);
/* Adds a line to the transcript of the session, for reports; past 64 KB the middle is left out. */
void envelope_note(struct envelope *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A look at the rules on behalf of this message. */
void envelope_rw(const struct envelope *e, const struct services *sv, struct arena *a,
		 struct macros *scope, struct rw *out);

#endif
