/* agent_act.c - see agent_act.h. */
#include "os/agent_act.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"
#include "os/agent_wire.h"
#include "os/safefile.h"

#define GROUPS_MAX 256

struct identity {
	uid_t uid;
	gid_t gid;
	gid_t groups[GROUPS_MAX];
	int n_groups;
	bool changes; /* this process may and must become that user */
};

/* Without root's rights there is nobody to become: what is done is done as ourselves. */
static void find_identity(uid_t uid, gid_t gid, const char *user, struct identity *out)
{
	*out = (struct identity){ .uid = uid, .gid = gid, .changes = geteuid() == 0 };
	if (!out->changes) {
		out->uid = geteuid();
		out->gid = getegid();
		out->n_groups = getgroups(GROUPS_MAX, out->groups);
		if (out->n_groups < 0)
			out->n_groups = 0;
		return;
	}
	out->n_groups = GROUPS_MAX;
	if (!user || getgrouplist(user, gid, out->groups, &out->n_groups) < 0) {
		out->groups[0] = gid;
		out->n_groups = 1;
	}
}

/* ---- programs ---- */

struct start {
	const struct agent_program *p;
	struct identity who;
	int fd_in, fd_out, failure;
};

/* From here to the end of child_main: only system calls. */

static _Noreturn void child_fail(const struct start *s, int error)
{
	ssize_t n = write(s->failure, &error, sizeof(error));

	_exit(n > 0 ? 127 : 126);
}

static void child_signals(void)
{
	struct sigaction plain = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &plain, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void child_descriptors(const struct start *s)
{
	/* The two may themselves be 0 to 2, so they are moved out of the way first. */
	int in = fcntl(s->fd_in, F_DUPFD_CLOEXEC, 3), out = fcntl(s->fd_out, F_DUPFD_CLOEXEC, 3);
	int err = s->p->drops_stderr ? open("/dev/null", O_WRONLY | O_CLOEXEC) : out;

	if (in < 0 || out < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 ||
	    dup2(err < 0 ? out : err, 2) < 0)
		child_fail(s, errno);
	if (close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) < 0) {
		for (int fd = 3; fd < 4096; fd++)
			fcntl(fd, F_SETFD, FD_CLOEXEC);
	}
}

static void child_identity(const struct start *s)
{
	const struct identity *who = &s->who;

	if (s->p->chroot_dir && (chroot(s->p->chroot_dir) < 0 || chdir("/") < 0))
		child_fail(s, errno);
	if (!who->changes || s->p->keep_uid)
		return;
	if (setgroups((size_t)who->n_groups, who->groups) < 0 ||
	    setresgid(who->gid, who->gid, who->gid) < 0 ||
	    setresuid(who->uid, who->uid, who->uid) < 0)
		child_fail(s, errno);
	if (who->uid != 0 && setuid(0) == 0) /* it must not be possible to come back */
		child_fail(s, EPERM);
}

static void child_directory(const char *dirs)
{
	char dir[PATH_MAX];

	while (dirs && *dirs) {
		size_t n = strcspn(dirs, ":");

		if (n > 0 && n < sizeof(dir)) {
			memcpy(dir, dirs, n);
			dir[n] = '\0';
			if (chdir(dir) == 0)
				return;
		}
		dirs += n + (dirs[n] == ':');
	}
	if (chdir("/") < 0)
		return; /* stays where the agent is, which is "/" too */
}

static _Noreturn void child_main(const struct start *s)
{
	setsid();
	child_signals();
	child_descriptors(s);
	umask(022);
	errno = 0;
	if (s->p->nice && nice(s->p->nice) == -1 && errno != 0)
		errno = 0; /* not being nicer is no reason to fail */
	child_identity(s);
	child_directory(s->p->dirs);
	execve(s->p->path, (char *const *)(uintptr_t)s->p->argv,
	       (char *const *)(uintptr_t)s->p->envp);
	child_fail(s, errno);
}

int act_start(const struct agent_program *p, int fd_in, int fd_out, pid_t *out_pid,
	      int *out_failure)
{
	struct start s = { .p = p, .fd_in = fd_in, .fd_out = fd_out };
	int ends[2];
	pid_t pid;

	if (p->path[0] != '/')
		return -EINVAL;
	find_identity(p->uid, p->gid, p->user, &s.who);
	if (s.who.changes && s.who.uid == 0 && !p->keep_uid)
		return -EPERM;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	s.failure = ends[1];
	pid = fork();
	if (pid == 0)
		child_main(&s);
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return -EAGAIN;
	}
	*out_pid = pid;
	*out_failure = ends[0];
	return 0;
}

/* ---- files ---- */

/* The raw calls change this thread alone, where the library's would change them all. */
static int raw_setgroups(size_t n, const gid_t *groups)
{
	return (int)syscall(SYS_setgroups, n, groups);
}

struct former {
	gid_t groups[GROUPS_MAX];
	int n_groups;
	bool is_changed;
};

static int become(const struct identity *who, struct former *f)
{
	*f = (struct former){ .n_groups = 0 };
	if (!who->changes)
		return 0;
	f->n_groups = getgroups(GROUPS_MAX, f->groups);
	if (f->n_groups < 0 || raw_setgroups((size_t)who->n_groups, who->groups) < 0)
		return -errno;
	f->is_changed = true;
	setfsgid(who->gid);
	setfsuid(who->uid);
	/* These two report nothing; asking for an impossible id tells what is set. */
	return (uid_t)setfsuid((uid_t)-1) == who->uid && (gid_t)setfsgid((gid_t)-1) == who->gid
		       ? 0
		       : -EPERM;
}

static void come_back(const struct former *f)
{
	if (!f->is_changed)
		return;
	setfsuid(geteuid());
	setfsgid(getegid());
	if (raw_setgroups((size_t)f->n_groups, f->groups) < 0)
		abort(); /* a process that has lost its own groups must not go on */
}

/* What a DontBlameSendmail word takes away from the checks. */
struct relief {
	uint64_t blame;
	unsigned flags;
};

static unsigned relieved(unsigned flags, uint64_t dont_blame, const struct relief *r, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (dont_blame & r[i].blame)
			flags &= ~r[i].flags;
	}
	return flags;
}

#define RELIEVED(flags, blame, table)                                                              \
	relieved(flags, blame, table, sizeof(table) / sizeof((table)[0]))

static void forward_rules(const struct agent_open *what, struct safe_request *r)
{
	static const struct relief relief[] = {
		{BLAME(FORWARD_FILE_IN_UNSAFE_DIR_PATH),      SAFE_DIRS               },
		{ BLAME(LINKED_FORWARD_FILE_IN_WRITABLE_DIR), SAFE_NO_LINK_IN_WRITABLE},
		{ BLAME(GROUP_WRITABLE_FORWARD_FILE),         SAFE_NO_GROUP_WRITE     },
		{ BLAME(WORLD_WRITABLE_FORWARD_FILE),         SAFE_NO_WORLD_WRITE     },
	};

	r->open_flags = O_RDONLY;
	r->flags = RELIEVED(SAFE_DIRS | SAFE_NO_LINK_IN_WRITABLE | SAFE_NO_GROUP_WRITE |
				    SAFE_NO_WORLD_WRITE | SAFE_MUST_OWN | SAFE_ROOT_OK,
			    what->dont_blame, relief);
	if (what->dont_blame & BLAME(FORWARD_FILE_IN_GROUP_WRITABLE_DIR_PATH))
		r->dont_blame |= BLAME(GROUP_WRITABLE_DIR_PATH_SAFE);
}

static void include_rules(const struct agent_open *what, struct safe_request *r)
{
	static const struct relief relief[] = {
		{BLAME(INCLUDE_FILE_IN_UNSAFE_DIR_PATH),      SAFE_DIRS               },
		{ BLAME(LINKED_INCLUDE_FILE_IN_WRITABLE_DIR), SAFE_NO_LINK_IN_WRITABLE},
		{ BLAME(GROUP_WRITABLE_INCLUDE_FILE),         SAFE_NO_GROUP_WRITE     },
		{ BLAME(WORLD_WRITABLE_INCLUDE_FILE),         SAFE_NO_WORLD_WRITE     },
	};

	r->open_flags = O_RDONLY;
	r->flags = RELIEVED(SAFE_DIRS | SAFE_NO_LINK_IN_WRITABLE | SAFE_NO_GROUP_WRITE |
				    SAFE_NO_WORLD_WRITE | SAFE_ROOT_OK,
			    what->dont_blame, relief);
	if (what->dont_blame & BLAME(INCLUDE_FILE_IN_GROUP_WRITABLE_DIR_PATH))
		r->dont_blame |= BLAME(GROUP_WRITABLE_DIR_PATH_SAFE);
}

static void append_rules(const struct agent_open *what, struct safe_request *r)
{
	static const struct relief relief[] = {
		{BLAME(FILE_DELIVERY_TO_SYM_LINK),   SAFE_NO_LINK     },
		{ BLAME(FILE_DELIVERY_TO_HARD_LINK), SAFE_NO_HARD_LINK},
	};

	r->open_flags = O_WRONLY | O_APPEND | O_CREAT;
	r->mode = what->mode;
	r->flags = RELIEVED(SAFE_NO_LINK | SAFE_NO_HARD_LINK | SAFE_NO_EXECUTABLE, what->dont_blame,
			    relief);
	if (!what->safe_dir)
		r->flags |= SAFE_SPECIAL_OK; /* /dev/null */
}

/* Files of root are only for those who may see them anyway: what is read is shown to the mta. */
static bool may_be_shown(const struct agent_open *what, const struct stat *st)
{
	const char *slash = strrchr(what->path, '/');
	const char *base = slash ? slash + 1 : what->path;

	if (geteuid() != 0 || what->uid != 0 || st->st_uid != 0 || (st->st_mode & S_IROTH))
		return true;
	return what->kind == AGENT_OPEN_FORWARD && strncmp(base, ".forward", 8) == 0;
}

/* Both kinds of lock belong to the open file, so they go where the descriptor goes and end with its last copy. */
static int lock_file(int fd)
{
	struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	if (fcntl(fd, F_OFD_SETLK, &all) < 0 && (errno == EAGAIN || errno == EACCES))
		return -EAGAIN;
	return 0;
}

static int open_as(const struct agent_open *what, const struct identity *who,
		   struct agent_file *out)
{
	struct safe_request r = { .path = what->path,
				  .dont_blame = what->dont_blame,
				  .uid = who->uid,
				  .gid = who->gid,
				  .groups = who->groups,
				  .n_groups = (size_t)who->n_groups };
	struct safe_file f;
	own_fd int fd = -1;
	int error;

	if (what->kind == AGENT_OPEN_FORWARD)
		forward_rules(what, &r);
	else if (what->kind == AGENT_OPEN_INCLUDE)
		include_rules(what, &r);
	else
		append_rules(what, &r);
	error = safe_open(&r, &f);
	if (error < 0) {
		snprintf(out->reason, sizeof(out->reason), "%s", f.reason);
		return error;
	}
	fd = f.fd;
	if (what->kind != AGENT_OPEN_APPEND && !may_be_shown(what, &f.st)) {
		snprintf(out->reason, sizeof(out->reason), "Permission denied");
		return -EACCES;
	}
	if (what->kind == AGENT_OPEN_APPEND && S_ISREG(f.st.st_mode)) {
		error = lock_file(fd);
		if (error < 0) {
			snprintf(out->reason, sizeof(out->reason), "locked");
			return error;
		}
	}
	out->owner = f.st.st_uid;
	out->group = f.st.st_gid;
	out->fd = take_fd(&fd);
	return 0;
}

static int open_in_place(const struct agent_open *what, const struct identity *who,
			 struct agent_file *out)
{
	struct former former;
	int error = become(who, &former);

	if (error == 0)
		error = open_as(what, who, out);
	come_back(&former);
	return error;
}

/* The part of the path inside SafeFileEnvironment, which may be written with or without it. */
static const char *path_inside(const struct agent_open *what)
{
	size_t n = strlen(what->safe_dir);

	while (n > 1 && what->safe_dir[n - 1] == '/')
		n--;
	if (strncmp(what->path, what->safe_dir, n) == 0 && what->path[n] == '/')
		return what->path + n;
	return what->path;
}

/*
 * A mailbox that is no program but has the set-id bits says as whom it wants to be written. What was looked at must be what
 * is opened then: *out_st tells it, st_ino 0: nothing was changed.
 */
static void obey_set_id_bits(const struct agent_open *what, struct identity *who,
			     struct stat *out_st)
{
	char path[PATH_MAX];
	struct stat st;
	int n = snprintf(path, sizeof(path), "%s%s", what->safe_dir ? what->safe_dir : "",
			 what->safe_dir ? path_inside(what) : what->path);

	out_st->st_ino = 0;
	if (!who->changes || n < 0 || (size_t)n >= sizeof(path) || lstat(path, &st) < 0 ||
	    !S_ISREG(st.st_mode) || (st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) ||
	    !(st.st_mode & (S_ISUID | S_ISGID)))
		return;
	if ((st.st_mode & S_ISUID) && st.st_uid != 0)
		who->uid = st.st_uid;
	if ((st.st_mode & S_ISGID) && st.st_gid != 0) {
		who->gid = st.st_gid;
		who->groups[0] = st.st_gid;
	}
	*out_st = st;
}

static bool is_what_was_seen(int fd, const struct stat *seen)
{
	struct stat now;

	return seen->st_ino == 0 || (fstat(fd, &now) == 0 && now.st_dev == seen->st_dev &&
				     now.st_ino == seen->st_ino && now.st_mode == seen->st_mode &&
				     now.st_uid == seen->st_uid && now.st_gid == seen->st_gid);
}

static _Noreturn void open_inside_child(const struct agent_open *what, const struct identity *who,
					int answer)
{
	struct agent_open inside = *what;
	struct agent_file file = { .fd = -1 };
	struct wire_answer a = { 0 };

	inside.path = path_inside(what);
	if (chroot(what->safe_dir) < 0 || chdir("/") < 0)
		a.error = -errno;
	else
		a.error = open_in_place(&inside, who, &file);
	a.owner = file.owner;
	a.group = file.group;
	memcpy(a.reason, file.reason, sizeof(a.reason));
	_exit(wire_send(answer, &a, sizeof(a), &file.fd, a.error ? 0 : 1) < 0);
}

/* SafeFileEnvironment: a child goes into that directory for good, opens there, and hands the descriptor out. */
static int open_inside(const struct agent_open *what, const struct identity *who,
		       struct agent_file *out)
{
	struct wire_answer a = { .error = -EIO };
	int ends[2], status;
	size_t n_fds = 1;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		open_inside_child(what, who, ends[1]);
	close(ends[1]);
	if (pid > 0) {
		if (wire_receive(ends[0], &a, sizeof(a), &out->fd, &n_fds) != (ssize_t)sizeof(a))
			a.error = -EIO;
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	close(ends[0]);
	if (a.error < 0 || n_fds != 1) {
		memcpy(out->reason, a.reason, sizeof(out->reason));
		out->reason[sizeof(out->reason) - 1] = '\0';
		return a.error < 0 ? a.error : -EIO;
	}
	out->owner = a.owner;
	out->group = a.group;
	return 0;
}

static int refuse(struct agent_file *out, const char *why)
{
	snprintf(out->reason, sizeof(out->reason), "%s", why);
	return -EPERM;
}

static int open_anywhere(const struct agent_open *what, const struct identity *who,
			 struct agent_file *out)
{
	if (!what->safe_dir || what->kind != AGENT_OPEN_APPEND)
		return open_in_place(what, who, out);
	if (!who->changes)
		return refuse(out, "SafeFileEnvironment needs root's rights");
	return open_inside(what, who, out);
}

int act_open(const struct agent_open *what, struct agent_file *out)
{
	struct identity who;
	struct stat seen = { .st_ino = 0 };
	int error;

	*out = (struct agent_file){ .fd = -1 };
	if (what->path[0] != '/')
		return refuse(out, "Not an absolute path");
	find_identity(what->uid, what->gid, what->user, &who);
	if (what->kind == AGENT_OPEN_APPEND) {
		obey_set_id_bits(what, &who, &seen);
		if (who.changes && who.uid == 0)
			return refuse(out, "Root may not write mail files");
	}
	error = open_anywhere(what, &who, out);
	if (error == 0 && !is_what_was_seen(out->fd, &seen)) {
		close(out->fd);
		out->fd = -1;
		return refuse(out, "File changed after open");
	}
	return error;
}
