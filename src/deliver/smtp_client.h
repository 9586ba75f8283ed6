/*
 * smtp_client.h - one client connection that speaks SMTP or LMTP: opened, greeted, kept, closed.
 *
 * smtp_client_open tries the hosts of a destination in order and their addresses in order until one greets us
 * (contract/smtp.md 7.10), or connects to a local socket, or starts the mailer's program. A client that has done its
 * transaction may be used for the next one of the same site, at once or out of the connection cache.
 *
 * Threads: one at a time. Blocks: up to Timeout.* of the configuration. Owns: stream, child, arena.
 */
#ifndef DELIVER_SMTP_CLIENT_H
#define DELIVER_SMTP_CLIENT_H

#include "deliver/attempt.h"
#include "deliver/outcome.h"
#include "net/stream.h"
#include "smtp/reply.h"

enum smtp_extension {
	SMTP_PIPELINING = 1 << 0,
	SMTP_8BITMIME = 1 << 1,
	SMTP_SIZE = 1 << 2,
	SMTP_DSN = 1 << 3,
	SMTP_ENHANCED = 1 << 4,
	SMTP_UTF8 = 1 << 5,
	SMTP_DELIVERBY = 1 << 6,
	SMTP_STARTTLS = 1 << 7,
	SMTP_AUTH = 1 << 8,
	SMTP_EXPN = 1 << 9,
	SMTP_VERB = 1 << 10,
	SMTP_LIMITS = 1 << 11,
};

struct smtp_client {
	struct stream *stream;
	struct agent *agent;      /* of the child */
	struct agent_child child; /* valid when has_child */
	bool has_child;
	struct arena *arena;         /* replies; reset for each transaction */
	char host[256];              /* whom we speak to, as logs name it */
	char relay[512];             /* "host [192.0.2.1]" */
	char address[ADDR_TEXT_MAX]; /* for ${server_addr} */
	unsigned extensions;         /* SMTP_* */
	int64_t max_size;            /* of SIZE, 0: none given */
	int max_rcpts;               /* of LIMITS RCPTMAX, 0: none given */
	int lock_fd;  /* of the host's status file, held as long as the connection; -1: none */
	int io_error; /* what broke it, as -errno; 0: nothing did */
	bool is_lmtp, is_esmtp;
	bool is_broken;   /* closed or out of step: of no further use */
	bool needs_reset; /* a transaction was begun and not ended */
	int transactions;
	char command[256];  /* the last one written, for transcripts; "" when it has been shown */
	struct reply reply; /* the last one */
};

/* An open and greeted client, or NULL with *out_status. */
struct smtp_client *smtp_client_open(struct attempt *at, struct status *out_status);
/* Is there another host that may take what this one has put off? Looks them up when a kept connection was used. */
bool smtp_client_has_next(struct attempt *at, const struct smtp_client *c);
/* A client of the next host that greets us. */
struct smtp_client *smtp_client_open_next(struct attempt *at, struct status *out_status);
/* The same over a stream that stands already (tests; the caller made it). Takes the stream. */
struct smtp_client *smtp_client_new(struct stream *stream, const char *host, const char *relay);
/* Greeting and EHLO, HELO or LHLO. EX_OK_ or *out_status; *out_try_next: another host may do better. */
int smtp_client_greet(struct smtp_client *c, struct attempt *at, struct status *out_status,
		      bool *out_try_next);

/* The port named in A= or an option: a number or a service; 25 when there is none. */
uint16_t smtp_client_port(struct view text);
/* Adds one command line to what will be written next; -v sees it. */
void smtp_client_command(struct smtp_client *c, struct attempt *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Writes what is pending. 0 or -errno. */
int smtp_client_flush(struct smtp_client *c, int64_t deadline);
/* Reads one reply into c->reply. 0, or -errno, and the client is broken; so it is after a 421. */
int smtp_client_reply(struct smtp_client *c, struct attempt *at, enum smtp_stage stage,
		      int64_t deadline);

/* Puts the last exchange into the transcript of the message: it went wrong. */
void smtp_client_note(struct smtp_client *c, struct attempt *at);

/* QUIT and close, without waiting long. at may be NULL. */
void smtp_client_close(struct smtp_client *c, struct attempt *at);
/* -v: is a kept connection still alive, asked in sight of the user? */
bool smtp_client_probe(struct smtp_client *c, struct attempt *at);
/* -v, before a new connection is made: a full cache gives up the one that was not used for longest. */
void smtp_client_make_room(struct attempt *at);
/* For the connection cache: QUIT is sent if it can be, nothing is waited for. */
void smtp_client_drop(void *client);

#endif
