/*
 * auth_library.h - SMTP AUTH for a server (RFC 4954), by way of Cyrus SASL.
 *
 * The library is one for the process: opened once, before there are threads and before a sandbox is entered, since it loads its
 * mechanisms and reads Sendmail.conf then. An authentication is an auth_talk, made when a client asks for one and freed when it is
 * over: it costs some tens of KB, an idle connection nothing. No security layers: mechanisms authenticate and no more.
 *
 * Threads: auth_library is shared by all; an auth_talk is one thread's at a time. Blocks: auth_start and auth_step do, for as long as
 * the passwords' keeper (a file, saslauthd, a database) takes; so that one that hangs cannot hold every worker, only
 * AUTH_AT_ONCE_MAX of them may be asking at a time, the next is told AUTH_BUSY.
 * In a build without Cyrus SASL auth_library_open gives NULL (auth_library_absent.c).
 */
#ifndef SMTP_AUTH_LIBRARY_H
#define SMTP_AUTH_LIBRARY_H

#include <sys/types.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/str.h"
#include "config/flags.h"

#define AUTH_AT_ONCE_MAX    128
#define AUTH_MECHANISMS_MAX 1024 /* bytes of a list of names */

struct auth_library;
struct auth_talk;

struct auth_library_params {
	struct log *log;
	const char *
		config_dir; /* where Sendmail.conf is looked for first; NULL: only in the usual places */
	uint64_t
		dont_blame; /* option DontBlameSendmail: GroupReadableSASLDBFile, GroupWritableSASLDBFile */
	uid_t trusted_uid; /* option TrustedUser */
};

bool auth_is_built(void);
/* NULL when there is nothing to authenticate with; why is in the log. */
struct auth_library *auth_library_open(const struct auth_library_params *p);
void auth_library_close(struct auth_library *l);
/* What Sendmail.conf says, as read at the start; empty when there is none. */
struct view auth_library_config(const struct auth_library *l);

/* Under which conditions: whose users are meant (AuthRealm, else the host's name), and what AuthOptions demand of a mechanism. */
struct auth_terms {
	struct view realm;
	struct flag_set options;    /* letters of AuthOptions */
	const char *local, *remote; /* "address;port", or NULL */
};

/* The names of all mechanisms that the library has on these terms, separated by blanks. */
void auth_available(struct auth_library *l, const struct auth_terms *t, struct str *out);
/* Those of `allowed` that are in `available`, in the order of `allowed`. */
void auth_choose(struct view available, struct view allowed, struct str *out);
/* The name as it stands in the list of names, whatever case it was given in; none when it is not there. */
struct view auth_find(struct view names, struct view name);

/* NULL: the library could not. */
struct auth_talk *auth_talk_new(struct auth_library *l, const struct auth_terms *t);
void auth_talk_free(struct auth_talk *t);

enum auth_outcome {
	AUTH_MORE,   /* the challenge is to be sent and answered */
	AUTH_DONE,   /* the client is who it says */
	AUTH_FAILED, /* auth_error says why */
	AUTH_BUSY,   /* too many are asking */
};

/* mechanism: one of those offered. first: the client's initial response, decoded; none when there was none. *out_challenge is BASE64,
 * of the arena. */
enum auth_outcome auth_start(struct auth_talk *t, struct view mechanism, struct view first,
			     struct arena *a, struct view *out_challenge);
enum auth_outcome auth_step(struct auth_talk *t, struct view answer, struct arena *a,
			    struct view *out_challenge);
/* After AUTH_DONE: who it is. None: the library does not say. */
struct view auth_user(const struct auth_talk *t, struct arena *a);
/* After AUTH_FAILED: "authentication failure (-13) SASL(-13): ...". */
struct view auth_error(const struct auth_talk *t, struct arena *a);

/* 0 and the bytes; else the library's number of what is wrong with the text. */
int auth_decode(struct view base64, struct arena *a, struct view *out);

/* As the macros {auth_authen} and the log show a name: what could be taken for syntax is +HH. */
struct view auth_shown(struct view name, struct arena *a);
/* Whom the client claims to be, as far as its first answer tells: for the log of a failure. */
struct view auth_claimed(struct view mechanism, struct view answer);

#endif
