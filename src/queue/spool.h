/*
 * spool.h - the queue directories and the files in them: qf, df, xf, tf, hf, Qf (contract/queue.md 6.1, 6.4, 6.6).
 *
 * A spool is the set of directories of one configuration: each queue group has one path, which may end in '*' and stand
 * for several directories. In each, the files lie in qf/, df/, xf/ when these exist, else beside each other. Names are
 * used relative to open directory descriptors; nothing follows a symbolic link.
 *
 * The order that makes a message safe: df written and synced, tf written and synced, tf renamed to qf, directory synced.
 * The order that forgets one: qf first, then df, then xf. Who holds flock on the open qf owns the message.
 *
 * Threads: any, the spool does not change after spool_open. Blocks: on the disk. Errors: -errno.
 */
#ifndef QUEUE_SPOOL_H
#define QUEUE_SPOOL_H

#include <sys/stat.h>

#include "base/log.h"
#include "base/str.h"
#include "config/config.h"
#include "envelope/body.h"

#define SPOOL_QF_MAX (4u << 20) /* bytes of a qf file that are read at most */

struct spool_dir {
	char *path;                  /* as shown by mailq */
	int fd, qf_fd, df_fd, xf_fd; /* the last three equal fd when there are no subdirectories */
	int group;
};

struct spool_group {
	int first_dir, n_dirs;
	bool has_many_devices; /* its directories lie on several file systems */
	char *base; /* the path up to its last '/', when the path ends in '*'; else the path */
};

struct spool {
	struct spool_dir *dirs;
	int n_dirs;
	struct spool_group groups[50];
	int n_groups;
	int64_t min_free_blocks; /* MinFreeBlocks: a directory with less is not picked while another has more */
	mode_t mode;
	uid_t owners[3];     /* whose queue files are believed */
	uid_t give_to;       /* whose new files are: ours, unless root works for another */
	gid_t give_to_group; /* -1: as it comes */
	bool any_owner;      /* a client queue: the group makes the difference */
	/* Not when we have the rights of who called us: then the rights of the directory tell. */
	bool checks_owner;
	bool sync, sync_dirs;
	struct log *log;
};

/* Opens the directories of all groups. NULL and the reason when one is not usable. With make, those that are absent are made (0700). */
struct spool *spool_open(const struct config *cf, struct log *log, bool make, struct str *out_why);
void spool_close(struct spool *s); /* NULL is fine */
int spool_pick(const struct spool *s,
	       int group); /* a directory of the group, at random among those with room */
/* Free blocks of the file system of a directory, and their size. False: cannot be told. */
bool spool_free_blocks(const struct spool *s, int dir, int64_t *out_free, int64_t *out_block);

/* Writes df; -EEXIST when there is one. Not synced unless sync. */
int spool_put_body(const struct spool *s, int dir, const char *id, struct body *body, bool sync);
int spool_put_bytes(const struct spool *s, int dir, const char *id, struct view bytes, bool sync);
/* tf written, locked, renamed to <letter>f. is_new: the name must not exist yet (-EEXIST). When out_lock is not NULL the
 * descriptor that holds the lock is given there. Directory is not synced here. */
int spool_put_control(const struct spool *s, int dir, const char *id, char letter, struct view text,
		      bool sync, bool is_new, int *out_lock);
/* The same in two steps, for batches: the text under its temporary name, locked; then the rename. is_new of the first: a tf file that
 * exists is an error too. */
int spool_begin_control(const struct spool *s, int dir, const char *id, struct view text, bool sync,
			bool is_new, int *out_lock);
int spool_end_control(const struct spool *s, int dir, const char *id, char letter, bool is_new);
void spool_cancel_control(const struct spool *s, int dir, const char *id);
int spool_sync_dir(const struct spool *s, int dir); /* when RequiresDirfsync says so */
int spool_sync_all(const struct spool *s,
		   int dir); /* everything written to that file system: for batches */

enum spool_lock {
	SPOOL_LOCKED, /* it is ours now */
	SPOOL_BUSY,   /* somebody else holds it */
	SPOOL_GONE,   /* no such file any more */
	SPOOL_BOGUS,  /* wrong owner or mode: logged and set aside */
	SPOOL_EMPTY,  /* size 0: left alone, or removed when older than 10 minutes */
	SPOOL_FAILED  /* *out_fd is -errno */
};
enum spool_lock spool_lock(const struct spool *s, int dir, const char *id, char letter,
			   int *out_fd);
/* The same, whoever the file belongs to and however short it is: for those who only remove it. */
enum spool_lock spool_lock_any(const struct spool *s, int dir, const char *id, char letter,
			       int *out_fd);
/* The text of an open control file. -EFBIG past SPOOL_QF_MAX. */
int spool_read_control(int fd, struct str *out);
/* The directory where the control text of a message in dir says that its body lies; -1: in none of this queue. */
int spool_body_dir(const struct spool *s, int dir, struct view text);
int spool_open_body(const struct spool *s, int dir, const char *id); /* -errno */
int spool_stat_body(const struct spool *s, int dir, const char *id, struct stat *st);

void spool_remove(const struct spool *s, int dir, const char *id,
		  char letter); /* control, df, xf in that order */
void spool_remove_control(const struct spool *s, int dir, const char *id, char letter);
void spool_remove_body(const struct spool *s, int dir, const char *id);
/* Sets a control file aside as Qf and logs "Losing ./qfID: reason". */
void spool_lose(const struct spool *s, int dir, const char *id, char letter, const char *reason);
int spool_rename(const struct spool *s, int dir, const char *id, char from, char to);

/* The path as it is shown to people: where the bodies are. */
void spool_show_path(const struct spool *s, int dir, struct str *out);
/* Index of the directory with that path, -1 when it is none of ours. */
int spool_find_dir(const struct spool *s, struct view path);

/* A directory beside the base of the queue: "." or "q1". */
void spool_dir_path(const struct spool *s, int dir, struct str *out);
/* A control file as messages name it: beside the base of the queue, "./qfID", "q1/qf/qfID". */
void spool_file_path(const struct spool *s, int dir, char letter, const char *id, struct str *out);

void spool_name(char out[40], char letter, const char *id); /* "qfID" */

/* For the files of this module: everything written, a new file, and the end of writing a df file. */
int spool_write_all(int fd, struct view v);
int spool_create_at(const struct spool *s, int dir_fd, const char *name);
int spool_finish_body(const struct spool *s, int dir, const char *name, int fd, int result,
		      bool sync);

#endif
