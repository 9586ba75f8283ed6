/* agent_wire.c - see agent_wire.h. */
#include "os/agent_wire.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- encoding ---- */

struct packer {
	char *at;
	size_t left;
	bool is_over;
};

static void pack_text(struct packer *p, const char *text)
{
	size_t n = strlen(text) + 1;

	if (n > p->left) {
		p->is_over = true;
		return;
	}
	memcpy(p->at, text, n);
	p->at += n;
	p->left -= n;
}

static uint32_t pack_list(struct packer *p, const char *const *list)
{
	uint32_t n = 0;

	for (; list && list[n]; n++) {
		if (n == AGENT_ARGS_MAX) {
			p->is_over = true;
			break;
		}
		pack_text(p, list[n]);
	}
	return n;
}

static uint16_t pack_optional(struct packer *p, const char *text, enum wire_flag flag)
{
	if (!text)
		return 0;
	pack_text(p, text);
	return (uint16_t)flag;
}

static ssize_t finish(struct wire_request *head, const struct packer *p, char *buf)
{
	if (p->is_over)
		return -E2BIG;
	head->magic = WIRE_MAGIC;
	head->n_bytes = (uint32_t)(p->at - buf - sizeof(*head));
	memcpy(buf, head, sizeof(*head));
	return p->at - buf;
}

ssize_t wire_encode_program(const struct agent_program *p, char *buf)
{
	struct wire_request head = {
		.kind = WIRE_START, .uid = p->uid, .gid = p->gid, .nice = p->nice
	};
	struct packer pk = { buf + sizeof(head), AGENT_BYTES_MAX, false };

	pack_text(&pk, p->path);
	head.flags = (uint16_t)((p->keep_uid ? WIRE_KEEP_UID : 0) |
				(p->drops_stderr ? WIRE_DROPS_STDERR : 0));
	head.flags |= pack_optional(&pk, p->chroot_dir, WIRE_HAS_CHROOT);
	head.flags |= pack_optional(&pk, p->dirs, WIRE_HAS_DIRS);
	head.flags |= pack_optional(&pk, p->user, WIRE_HAS_USER);
	head.n_args = pack_list(&pk, p->argv);
	head.n_env = pack_list(&pk, p->envp);
	return finish(&head, &pk, buf);
}

ssize_t wire_encode_open(const struct agent_open *o, char *buf)
{
	struct wire_request head = { .kind = WIRE_OPEN,
				     .uid = o->uid,
				     .gid = o->gid,
				     .mode = o->mode,
				     .open_kind = o->kind,
				     .dont_blame = o->dont_blame };
	struct packer pk = { buf + sizeof(head), AGENT_BYTES_MAX, false };

	pack_text(&pk, o->path);
	head.flags = pack_optional(&pk, o->safe_dir, WIRE_HAS_CHROOT);
	head.flags |= pack_optional(&pk, o->user, WIRE_HAS_USER);
	return finish(&head, &pk, buf);
}

/* ---- decoding ---- */

struct unpacker {
	char *at, *end;
	bool is_bad;
};

static const char *unpack_text(struct unpacker *u)
{
	char *text = u->at;
	char *nul = u->is_bad ? NULL : memchr(text, '\0', (size_t)(u->end - text));

	if (!nul) {
		u->is_bad = true;
		return "";
	}
	u->at = nul + 1;
	return text;
}

static const char *unpack_optional(struct unpacker *u, const struct wire_request *head,
				   enum wire_flag flag)
{
	return head->flags & flag ? unpack_text(u) : NULL;
}

static void unpack_list(struct unpacker *u, uint32_t n, const char **list)
{
	for (uint32_t i = 0; i < n; i++)
		list[i] = unpack_text(u);
	list[n] = NULL;
}

static void unpack_program(struct unpacker *u, const struct wire_request *head,
			   struct wire_decoded *out)
{
	struct agent_program *p = &out->program;

	p->path = unpack_text(u);
	p->chroot_dir = unpack_optional(u, head, WIRE_HAS_CHROOT);
	p->dirs = unpack_optional(u, head, WIRE_HAS_DIRS);
	p->user = unpack_optional(u, head, WIRE_HAS_USER);
	unpack_list(u, head->n_args, out->argv);
	unpack_list(u, head->n_env, out->envp);
	p->argv = out->argv;
	p->envp = out->envp;
	p->uid = head->uid;
	p->gid = head->gid;
	p->nice = head->nice;
	p->keep_uid = head->flags & WIRE_KEEP_UID;
	p->drops_stderr = head->flags & WIRE_DROPS_STDERR;
}

static void unpack_open(struct unpacker *u, const struct wire_request *head,
			struct wire_decoded *out)
{
	struct agent_open *o = &out->open;

	o->path = unpack_text(u);
	o->safe_dir = unpack_optional(u, head, WIRE_HAS_CHROOT);
	o->user = unpack_optional(u, head, WIRE_HAS_USER);
	o->kind = (enum agent_open_kind)head->open_kind;
	o->uid = head->uid;
	o->gid = head->gid;
	o->mode = head->mode & 0777;
	o->dont_blame = head->dont_blame;
}

int wire_decode(char *packet, size_t size, struct wire_decoded *out)
{
	struct wire_request head;
	struct unpacker u = { packet + sizeof(head), packet + size, false };

	memset(out, 0, sizeof(*out));
	if (size < sizeof(head) || size > WIRE_MAX)
		return -EPROTO;
	memcpy(&head, packet, sizeof(head));
	if (head.magic != WIRE_MAGIC || head.n_bytes != size - sizeof(head) ||
	    head.n_args > AGENT_ARGS_MAX || head.n_env > AGENT_ARGS_MAX)
		return -EPROTO;
	out->kind = head.kind;
	if (head.kind == WIRE_START && head.n_args > 0)
		unpack_program(&u, &head, out);
	else if (head.kind == WIRE_OPEN && head.open_kind <= AGENT_OPEN_APPEND &&
		 head.n_args + head.n_env == 0)
		unpack_open(&u, &head, out);
	else
		return -EPROTO;
	return u.is_bad || u.at != u.end ? -EPROTO : 0;
}

/* ---- packets ---- */

union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(WIRE_FDS_MAX * sizeof(int))];
};

int wire_send(int fd, const void *bytes, size_t size, const int *fds, size_t n_fds)
{
	union control control;
	struct iovec iov = { (void *)(uintptr_t)bytes, size };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	memset(&control, 0, sizeof(control));
	if (n_fds > 0) {
		m.msg_control = &control;
		m.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		control.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(n_fds * sizeof(int)),
						 .cmsg_level = SOL_SOCKET,
						 .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&control.head), fds, n_fds * sizeof(int));
	}
	do {
		n = sendmsg(fd, &m, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

static void take_fds(struct msghdr *m, int *fds, size_t *n_fds, bool *is_bad)
{
	size_t room = *n_fds, n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (n < room) {
				fds[n++] = fd;
			} else {
				close(fd);
				*is_bad = true;
			}
		}
	}
	*n_fds = n;
}

ssize_t wire_receive(int fd, void *bytes, size_t size, int *fds, size_t *n_fds)
{
	union control control;
	struct iovec iov = { bytes, size };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	bool is_bad;
	ssize_t n;

	do {
		n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		*n_fds = 0;
		return -errno;
	}
	is_bad = m.msg_flags & (MSG_TRUNC | MSG_CTRUNC);
	take_fds(&m, fds, n_fds, &is_bad);
	if (!is_bad)
		return n;
	for (size_t i = 0; i < *n_fds; i++)
		close(fds[i]);
	*n_fds = 0;
	return -EPROTO;
}
