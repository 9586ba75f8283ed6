/*
 * session.h - one SMTP server conversation: what is known of the client, of the transaction, and what comes next.
 *
 * A session is parked while it waits for its client and owned by one worker while it runs (serve.c). Nothing of it lives on a
 * stack between two commands. While it is parked outside a transaction it keeps its names and macros and no more:
 * envelope, work memory and stream buffers are given back.
 *
 * Threads: one at a time. Private to receive/.
 */
#ifndef RECEIVE_SESSION_H
#define RECEIVE_SESSION_H

#include "base/arena.h"
#include "base/table.h"
#include "envelope/envelope.h"
#include "net/addr.h"
#include "net/park.h"
#include "net/stream.h"
#include "receive/rates.h"
#include "receive/server.h"
#include "rewrite/rewrite.h"

#define COMMAND_LINE_MAX 12288 /* MAXINPLINE: a longer command line ends the connection */
#define REPLY_SHOWN_MAX  203   /* input repeated in replies is shortened to this */

enum session_phase {
	PHASE_NEW,     /* accepted; the client is not known yet */
	PHASE_PAUSE,   /* greet_pause: must keep quiet until the deadline */
	PHASE_COMMAND, /* between commands */
	PHASE_AUTH,    /* within an AUTH dialogue: the next line is an answer */
	PHASE_DATA,    /* within the message text */
	PHASE_SLEEP,   /* slowed down; goes on with `held` */
	PHASE_OVER
};

enum session_feature { /* srv_features and daemon modifiers; set: the thing is on */
		       FEATURE_DSN = 1 << 0,
		       FEATURE_ETRN = 1 << 1,
		       FEATURE_EXPN = 1 << 2,
		       FEATURE_VERB = 1 << 3,
		       FEATURE_VRFY = 1 << 4,
		       FEATURE_PIPELINING = 1 << 5,
		       FEATURE_STUFFING_CHECK = 1 << 6,
		       FEATURE_HTTP_CHECK = 1 << 7,
		       FEATURE_AUTH_REQUIRED = 1 << 8,
		       FEATURE_STRICT_CRLF =
			       1 << 9, /* only CRLF ends a line, only CRLF.CRLF a message */
		       FEATURE_BARE_LF_SPACE = 1 << 10, /* g2: a bare LF becomes a blank */
		       FEATURE_BARE_CR_SPACE = 1 << 11,
		       FEATURE_BARE_LF_OK = 1 << 12, /* g */
		       FEATURE_BARE_CR_OK = 1 << 13,
		       FEATURE_8BITMIME = 1 << 14,
		       FEATURE_UTF8 = 1 << 15,
		       FEATURE_AUTH = 1 << 16,
		       FEATURE_AUTH_NEEDS_LAYER = 1 << 17, /* no passwords in clear */
};

struct auth_talk;
struct collect;

struct session {
	struct parked parked; /* parked.work.run is the way back to serve.c */
	struct link link;     /* in the server's list */
	struct server *server;
	struct stream *stream;
	struct snapshot *snap;
	int daemon_index; /* -1: standard input */
	enum session_phase phase;

	/* The client (peer.c). Memory of the connection's arena. */
	struct arena *arena;
	struct macros *macros; /* connection scope */
	struct addr peer, local;
	struct view client_name; /* or [1.2.3.4] when it has none that stands */
	struct view relay;       /* $_: [user@]host [addr] (may be forged) */
	struct view helo;        /* none: not said yet */
	struct view protocol;    /* $r of its messages: SMTP, ESMTP, ESMTPA */
	bool is_counted;         /* in the tables of rates.c */
	unsigned features;       /* FEATURE_* */
	char delivery_mode;

	/* A client that was refused before its greeting gets this for nearly everything; 0: not refused. */
	struct status refusal;
	struct view
		refusal_greeting; /* instead of the usual greeting: "554 host ESMTP not accepting messages"; none */
	struct view
		quarantine;   /* check_relay: every message of this client is held, and why; none */
	bool is_discarding;   /* check_relay said $#discard: accept all, deliver nothing */
	bool is_out_of_space; /* MinFreeBlocks were not there when the client came */
	bool must_close;      /* after the replies that are pending */

	struct misuse misuse;
	int last_check_code; /* of the reply that session_check gave last */
	int n_commands;
	bool did_something; /* MAIL, VRFY, EXPN or ETRN was given */
	bool is_verbose;
	bool has_told_help; /* that the help file is of another version */
	struct str held;    /* the command that a slow-down holds back; empty: none */
	bool is_delay_told; /* DelayLA: the log knows */
	bool is_held;       /* held has been waited for: do not count it again */
	int64_t pause_started_ms, wake_at_ms;

	/* Who the client is (cmd_auth.c); the macros {auth_*} of the connection say the rest. */
	bool is_authenticated;
	struct auth_talk *auth;     /* of the dialogue that is under way; NULL: none */
	struct view auth_mechanism; /* as the client wrote it */
	bool auth_has_answered;
	struct str auth_claimed; /* the user of a dialogue that may fail */

	/* The transaction (cmd_mail.c ... cmd_data.c). */
	struct arena *work;   /* of the running command; none while parked */
	struct envelope *env; /* NULL outside a transaction */
	char next_id
		[QUEUE_ID_MAX]; /* queue id made for a log line before there was an envelope; "" none */
	bool has_mail;          /* a MAIL command was accepted */
	struct table *seen; /* mailer, host, user -> the recipient that has them; NULL: none yet */
	int n_bad_rcpts, n_taken; /* of RCPT commands; the same mailbox may be named twice */
	const char *last_command; /* for "lost input channel" */
	struct collect *collect;
};

struct command {
	const char *verb;
	/* args: what follows the verb, blanks cut at the front. line: the whole line. */
	void (*run)(struct session *s, struct view args, struct view line);
	unsigned flags;
};

enum command_flag {
	COMMAND_WHEN_REFUSED = 1 << 0, /* also works for a refused client */
	COMMAND_UNKNOWN = 1 << 1,
	COMMAND_COUNT_NOOP = 1 << 2, /* the misuse counters of rates.h */
	COMMAND_COUNT_HELO = 1 << 3,
	COMMAND_COUNT_VRFY = 1 << 4,
	COMMAND_COUNT_ETRN = 1 << 5,
	COMMAND_IS_RCPT = 1 << 6, /* BadRcptThrottle */
	COMMAND_COUNT_AUTH = 1 << 8,
	COMMAND_WITHOUT_SPACE = 1 << 7, /* goes on when MinFreeBlocks are not there */
	COMMAND_AT_ONCE = 1 << 9,       /* DelayLA does not hold it up */
};

/* ---- session.c ---- */

int session_delay_la(const struct session *s); /* of its daemon, else the option */

struct session *session_new(struct server *server, struct stream *stream, int daemon_index);
void session_free(struct session *s);

/* Replies; text without code. Control characters are dropped, the eighth bit is cut off as sendmail does. */
void session_reply(struct session *s, int code, const char *dsn, struct view text);
/* One line of a reply whose lines have different codes; is_last false: "250-". */
void session_reply_part(struct session *s, int code, const char *dsn, struct view text,
			bool is_last);
void session_replyf(struct session *s, int code, const char *dsn, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* "code dsn about... text", `about` left out for the codes where sendmail leaves it out; also logged, as a refused
 * recipient is. about may be none. */
void session_refuse(struct session *s, const struct status *st, struct view about);
void session_refusef(struct session *s, int code, const char *dsn, struct view about,
		     const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* The status as a reply, no address, not logged (check_* logs for itself). */
void session_reply_status(struct session *s, const struct status *st);

/* The queue id of the present or next transaction, for log lines. */
const char *session_id(struct session *s);
struct log *session_log(const struct session *s);
const struct options *session_options(const struct session *s);
/* The value of a macro, expanded, in the work arena. */
struct view session_macro(struct session *s, int number);
/* The innermost scope: the message's, or the connection's. */
struct macros *session_scope(struct session *s);
struct arena *session_work(struct session *s);
void session_rw(struct session *s, struct rw *out);

/* Runs a check_* ruleset. True: go on. False: the reply has been given (rejected), and the session is told to close when
 * it was a 421. Discard and quarantine are noted in the envelope, or in the session when there is none. */
bool session_check(struct session *s, const char *ruleset, struct view p1, struct view p2,
		   unsigned flags, struct view about);

/* The envelope of the transaction that begins: made when there is none, with its id and times. */
struct envelope *session_envelope(struct session *s);
/* A line for each recipient of a transaction that comes to nothing. */
void session_log_rcpts(struct session *s, int level, struct view stat);
/* Ends the transaction: logs the sender if one was named, forgets the envelope. why: for the log, when the client gave it up. */
void session_reset(struct session *s, const char *why);
/* Gives up what a refused MAIL left behind; the next one gets its id. */
void session_forget(struct session *s);
/* 421 and close. */
void session_close(struct session *s, int code, const char *dsn, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Has the client sent more although it had to wait for the reply that is due? Logged; command names what it said before. */
bool session_spoke_early(struct session *s, const char *command);

/* Text that came from outside, made short for a reply or a log line: REPLY_SHOWN_MAX bytes, "..." in the middle. */
struct view session_shown(struct session *s, struct view text);

/* ---- the commands ---- */

void cmd_helo(struct session *s, struct view args, struct view line);
void cmd_ehlo(struct session *s, struct view args, struct view line);
void cmd_mail(struct session *s, struct view args, struct view line);
void cmd_rcpt(struct session *s, struct view args, struct view line);
void cmd_data(struct session *s, struct view args, struct view line);
void cmd_rset(struct session *s, struct view args, struct view line);
void cmd_noop(struct session *s, struct view args, struct view line);
void cmd_quit(struct session *s, struct view args, struct view line);
void cmd_help(struct session *s, struct view args, struct view line);
void cmd_verb(struct session *s, struct view args, struct view line);
void cmd_vrfy(struct session *s, struct view args, struct view line);
void cmd_expn(struct session *s, struct view args, struct view line);
void cmd_etrn(struct session *s, struct view args, struct view line);
void cmd_auth(struct session *s, struct view args, struct view line);
void cmd_starttls(struct session *s, struct view args, struct view line);
void cmd_not_implemented(struct session *s, struct view args, struct view line);
void cmd_probe(struct session *s, struct view args, struct view line);
void cmd_unknown(struct session *s, struct view args, struct view line);

/* The row of a verb, any case; never NULL: cmd_unknown's row for the rest. */
const struct command *command_find(struct view verb);

/* cmd_data.c: takes what is buffered; true when the message (or the connection) is over and commands follow. */
bool data_continue(struct session *s);
/* The peer has gone, or keeps quiet. */
void data_abort(struct session *s, bool is_timeout);

/* ---- peer.c: who the client is, and whether it may speak ---- */

/* Names the client, sets the connection's macros, asks check_relay, srv_features and greet_pause. Returns the pause in
 * milliseconds before the greeting, 0: none. */
int64_t peer_open(struct session *s);
/* Adds the greeting. */
void peer_greet(struct session *s);
/* The client spoke before its greeting. */
void peer_spoke_early(struct session *s);

/* ---- server.c ---- */

struct server_daemon {
	int fd;
	int index; /* into options.daemons */
	int n_connections;
	int64_t second; /* of the count below */
	int n_this_second;
	bool is_refusing, is_for_load; /* the reason is, or was for a while, the load */
	int64_t refusing_since_s, logged_s, told_s, delay_told_ms;
};

const struct server_params *server_params_of(const struct server *s);
struct rates *server_rates(struct server *s);
int server_load(struct server *s); /* load average, rounded, looked up at most once a second */
void server_add_session(struct server *srv, struct session *s);
void server_remove_session(struct server *srv, struct session *s);
bool server_is_stopping(const struct server *s);
/* Runs the session's work at that time, whatever its client sends meanwhile. */
void server_wake_at(struct server *srv, struct session *s, int64_t when_ms);

/* ---- serve.c ---- */

void serve_start(struct session *s); /* hands a new session to the pool */
/* One command line, as a turn runs it. A slow-down is left out in tests and rehearsals. */
void serve_line(struct session *s, struct view line);
/* The session until it ends, in this thread (standard input). */
void serve_to_end(struct session *s);

#endif
