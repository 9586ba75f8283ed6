/*
 * agent_wire.h - requests to the agent and its answers as packets. Private to os/agent*.c.
 *
 * One packet of a SOCK_SEQPACKET socket is one request: struct wire_request, then its texts, each ended by a NUL, in the order
 * path, chroot, dirs, user, arguments, environment. Descriptors beside a request: the answer's end first; for WIRE_START the
 * program's input and output after it. An answer is one struct wire_answer, for WIRE_OPEN with the descriptor beside it.
 *
 * wire_decode believes nothing: a packet whose lengths, counts and NULs do not fit exactly is refused, whoever sent it.
 */
#ifndef OS_AGENT_WIRE_H
#define OS_AGENT_WIRE_H

#include <stdint.h>

#include "os/agent.h"

#define WIRE_MAGIC   0x70726131u
#define WIRE_FDS_MAX 3
#define WIRE_MAX     (sizeof(struct wire_request) + AGENT_BYTES_MAX)

enum wire_kind { WIRE_START = 1, WIRE_OPEN = 2 };

enum wire_flag {
	WIRE_KEEP_UID = 1 << 0,
	WIRE_HAS_CHROOT = 1 << 1,
	WIRE_HAS_DIRS = 1 << 2,
	WIRE_HAS_USER = 1 << 3,
	WIRE_DROPS_STDERR = 1 << 4
};

struct wire_request {
	uint32_t magic;
	uint16_t kind, flags;
	uint32_t uid, gid, mode;
	int32_t nice;
	uint32_t open_kind;
	uint32_t n_args, n_env;
	uint32_t n_bytes; /* of the texts */
	uint64_t dont_blame;
};

struct wire_answer {
	int32_t error; /* 0 or -errno */
	int32_t pid;
	int32_t status;   /* as waitpid(2) gives it, when is_over */
	uint32_t is_over; /* the program has ended */
	uint32_t owner, group;
	char reason[160];
};

/* A request taken apart; everything points into the packet or into this struct. */
struct wire_decoded {
	uint16_t kind;
	struct agent_program program;
	struct agent_open open;
	const char *argv[AGENT_ARGS_MAX + 1];
	const char *envp[AGENT_ARGS_MAX + 1];
};

/* Both write a packet into buf (WIRE_MAX) and return its size, or -E2BIG. */
ssize_t wire_encode_program(const struct agent_program *p, char *buf);
ssize_t wire_encode_open(const struct agent_open *o, char *buf);
int wire_decode(char *packet, size_t size, struct wire_decoded *out); /* 0 or -EPROTO */

int wire_send(int fd, const void *bytes, size_t size, const int *fds,
	      size_t n_fds); /* 0 or -errno */
/* Size of the packet, 0 at end of file, -errno. Received descriptors are close-on-exec; *n_fds in: room, out: how many. A packet
 * or descriptors that do not fit give -EPROTO, and every descriptor is closed. */
ssize_t wire_receive(int fd, void *bytes, size_t size, int *fds, size_t *n_fds);

#endif
