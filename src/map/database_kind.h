/*
 * database_kind.h - what a kind of database file provides to database.c. One static row per kind.
 *
 * Threads: one at a time for each open file. Blocks on the disk, and put and finish on locks of other writers. The members
 * return what the functions of database.h of the same names do.
 */
#ifndef MAP_DATABASE_KIND_H
#define MAP_DATABASE_KIND_H

#include "map/database.h"

struct database {
	const struct database_ops *ops;
	struct database_params params;
	char *path;       /* the file that users see */
	char *write_path; /* where writing goes on: another file that replaces it, or path */
	int lock_fd;      /* holds the exclusive lock while writing; -1 */
	int target_fd;    /* locks the file that is about to be replaced; -1 */
	bool is_in_place; /* write_path is path */
	bool is_committed;
	int64_t reopen_at; /* when what was opened is to be looked at afresh, 0: never */
	struct stat st;    /* of the file as opened for reading */
	void *inside;
};

struct database_ops {
	bool is_updatable_in_place;
	/* Opens db->path for reading (filling db->st), or db->write_path for writing. */
	int (*open_read)(struct database *db);
	int (*open_write)(struct database *db, bool is_new);
	void (*close)(struct database *db);
	int (*finish)(struct database *db); /* everything written and synced; only close follows */
	int (*get)(struct database *db, struct view key, int64_t deadline, struct view *out);
	int (*put)(struct database *db, struct view key, struct view value, bool replace);
	int (*del)(struct database *db, struct view key);
	int (*next)(struct database *db, struct view *out_key, struct view *out_value);
};

extern const struct database_ops database_ops_bdb, database_ops_cdb, database_ops_lmdb;

/* Locks fd (flock) until the deadline: 0, -ETIMEDOUT or -errno. */
int database_lock(int fd, int how, int64_t deadline);

#endif
