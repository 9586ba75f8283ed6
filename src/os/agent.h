/*
 * agent.h - ask the privileged side to act as another user.
 *
 * The mta never forks, never changes uid and opens nothing in another user's name; it asks the agent. A handle is either
 * remote (a SOCK_SEQPACKET socketpair to the agent process, agent_attach) or local (a single-process command: the same
 * code runs in this process, agent_local). Callers cannot tell them apart.
 *
 * Wire form: a request is one packet holding a fixed struct (agent_wire.h) with checked lengths, its descriptors beside it
 * (SCM_RIGHTS). Each request carries one end of a socketpair of its own on which its answers come back, so any thread
 * may ask at any time and nobody has to sort answers. Closing that end ends the interest: a program still running then is
 * sent SIGTERM, and SIGKILL five seconds later (its whole process group).
 *
 * What the agent does, it does as the user that is asked for (agent_act.h). Without root's rights it does everything as
 * itself. It refuses: root as the user of a program (unless keep_uid, and then only for the paths that the configuration
 * names), root as the user of a mailbox, and files of root that are neither .forward nor readable by everybody.
 *
 * Threads: any. Blocks: until the answer or the deadline. Errors: -errno; -ETIMEDOUT at the deadline; -EPERM when the
 * agent refuses (root asked for without mailer flag S, path not safe, ...).
 */
#ifndef OS_AGENT_H
#define OS_AGENT_H

#include <stdint.h>
#include <sys/types.h>

#include "base/view.h"

struct agent;

#define AGENT_ARGS_MAX  256   /* MAXPV, contract/mailers.md 4.4 */
#define AGENT_BYTES_MAX 49152 /* all argument and environment strings together */

struct agent *agent_attach(int socket_fd); /* takes the descriptor; the mta's side */
struct agent *agent_local(void);           /* in this process; single-threaded programs only */
void agent_free(struct agent *a);

struct agent_program {
	const char *path;        /* absolute */
	const char *const *argv; /* NULL ends */
	const char *const *envp; /* NULL ends; the whole environment */
	const char *chroot_dir;  /* NULL: none (mailer equate /=) */
	const char
		*dirs; /* colon list, first usable becomes the working directory (D=); NULL: "/" */
	uid_t uid;
	gid_t gid;
	const char *user; /* for initgroups; NULL: no supplementary groups */
	int nice;         /* increment */
	bool keep_uid;    /* mailer flag S: run with the agent's own uid */
	bool drops_stderr; /* standard error goes to /dev/null and is not part of out (program maps) */
};

/* A program that was started. in: write its standard input here, then close. out: its standard output and error. */
struct agent_child {
	int in, out; /* owned by the caller, nonblocking */
	int answer;  /* owned by the handle of this child; used by agent_wait, agent_forget */
	pid_t pid;
};

/* Starts a program with in/out as pipes, or both as one socketpair when duplex (SMTP or LMTP over a pipe). */
int agent_start(struct agent *a, const struct agent_program *p, bool duplex, int64_t deadline,
		struct agent_child *out_child);
/* Waits for its end: out_status as waitpid(2) gives it. Closes the child's descriptors in every case but -ETIMEDOUT. */
int agent_wait(struct agent *a, struct agent_child *child, int64_t deadline, int *out_status);
/* Ends the interest in the child: closes everything; a program still running is ended (a local handle waits for that, at most
 * some seconds). */
void agent_forget(struct agent *a, struct agent_child *child);

enum agent_open_kind {
	AGENT_OPEN_FORWARD, /* read a .forward as its owner, safe-file rules of contract/maps.md 5.6 */
	AGENT_OPEN_INCLUDE, /* read an :include: file as its owner or the controlling user */
	AGENT_OPEN_APPEND, /* open for appending a mailbox file as the user, created with mode if absent; locked with
			     * flock(2) and fcntl(2), both of which end when the descriptor is closed */
};

struct agent_open {
	enum agent_open_kind kind;
	const char *path; /* absolute */
	uid_t uid;
	gid_t gid;
	const char *user;     /* for initgroups; NULL: none */
	mode_t mode;          /* for AGENT_OPEN_APPEND */
	const char *safe_dir; /* SafeFileEnvironment, NULL: none */
	uint64_t dont_blame;  /* bits of DontBlameSendmail (os/safefile.h) */
};

struct agent_file {
	int fd;      /* the caller's */
	uid_t owner; /* of the file, for the controlling user */
	gid_t group;
	char reason
		[160]; /* why not, in the words of contract/maps.md 5.7, when the result is an error */
};

int agent_open(struct agent *a, const struct agent_open *what, int64_t deadline,
	       struct agent_file *out);

/*
 * The agent's side: serves requests that arrive on socket_fd (taken), children included. Single thread.
 *
 * agent_server_fd is readable when there is something to do; agent_server_poll does it, waiting at most until the deadline
 * (0: not at all), and returns 0, or -EPIPE when the mta's end is closed. agent_server_next is when it wants to be called at
 * the latest. What waitpid(2) gives is told by agent_server_collected: true when it was a child of this server.
 */
struct agent_server;
struct agent_server *agent_server_new(int socket_fd); /* NULL: no descriptors left */
void agent_server_free(struct agent_server *s);       /* ends what still runs */
void agent_server_abandon(
	struct agent_server *s); /* in a forked child: closes its copies, ends nothing */
int agent_server_fd(const struct agent_server *s);
int64_t agent_server_next(const struct agent_server *s);
int agent_server_poll(struct agent_server *s, int64_t deadline);
bool agent_server_collected(struct agent_server *s, pid_t pid, int status);
/* What the configuration allows, and what a request can therefore not say otherwise (root's agent only). Copied; replaces what was set
 * before. Nothing set: no program keeps its uid. Whatever is set, users have the groups of their accounts. */
struct agent_ids {
	uid_t uid;
	gid_t gid;
};
struct agent_limits {
	const char *const *keep_uid_paths; /* programs that may run with keep_uid; NULL ends */
	const char *const *keep_uid_env;   /* their environment: no other entries; NULL ends */
	const char *const *roots;          /* directories for chroot_dir; NULL ends */
	bool any_root;                     /* chroot_dir is made of macros: it cannot be known */
	const struct agent_ids *ids;       /* users with groups that the configuration names */
	size_t n_ids;
	bool has_files;       /* the two below stand in place of those of a request */
	const char *safe_dir; /* NULL: none */
	uint64_t dont_blame;
};
void agent_server_limit(struct agent_server *s, const struct agent_limits *l);

#endif
