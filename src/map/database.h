/*
 * database.h - one open database file of keys and values: Berkeley DB hash and btree, cdb, LMDB.
 *
 * Reading: database_open(DATABASE_READ). Each get sees a file that no writer is in the middle of: Berkeley files are opened
 * under a shared lock (flock, as sendmail's own tools expect it), and an answer counts only when the file is still as it was
 * then; the others are only ever replaced whole.
 * -ESTALE from database_get means that the file was changed since it was opened: open it again.
 *
 * Writing: DATABASE_CREATE builds a new file beside the old one; database_commit makes it durable and puts it in the old
 * one's place at once, with the old one's owner and mode. database_close without commit leaves everything as it was.
 * DATABASE_UPDATE changes an existing file (Berkeley: in place, locked exclusively; the others: a copy that replaces it).
 *
 * A struct database belongs to one thread at a time. Blocks: on a writer's lock, until the deadline given.
 * Errors: -errno; -EINVAL for a file of another type, -ENOTSUP for a kind that is not in this build.
 */
#ifndef MAP_DATABASE_H
#define MAP_DATABASE_H

#include <sys/stat.h>

#include "base/str.h"

enum database_kind { DATABASE_HASH, DATABASE_BTREE, DATABASE_CDB, DATABASE_LMDB, DATABASE_KINDS };
enum database_mode { DATABASE_READ, DATABASE_CREATE, DATABASE_UPDATE };

struct database;

struct database_params {
	enum database_kind kind;
	enum database_mode mode;
	const char *path;      /* with the suffix */
	mode_t permissions;    /* of a new file; 0: 0640 */
	bool keeps_duplicates; /* a new btree or hash holds several values to a key */
	size_t cache_bytes;    /* 0: a default by mode */
	size_t expected;       /* about so many records will be put; 0: unknown */
	bool is_made_of_itself; /* the caller reads the old file while it makes the new one: it is not locked against that */
	int64_t deadline; /* for locks */
};

bool database_kind_find(struct view name, enum database_kind *out);
const char *database_kind_name(enum database_kind kind);
const char *database_suffix(enum database_kind kind); /* ".db" */
bool database_kind_is_built(enum database_kind kind);

int database_open(const struct database_params *p, struct database **out);
/* Without commit, what was written is lost (an update in place is kept). NULL is fine. */
void database_close(struct database *db);
int database_commit(
	struct database *db); /* writes, syncs, replaces; the database must still be closed */

/* Gives the file being written to another owner, where that is allowed. */
void database_give(struct database *db, uid_t owner);

/* 0 and *out (valid until the next call), -ENOENT, -ESTALE, -ETIMEDOUT, or another error. */
int database_get(struct database *db, struct view key, int64_t deadline, struct view *out);
/* -EEXIST when the key is there and replace is false (and duplicates are not kept). */
int database_put(struct database *db, struct view key, struct view value, bool replace);
int database_delete(struct database *db, struct view key); /* -ENOENT */
/* The records in the file's order, from the first on; -ENOENT after the last. Views are valid until the next call. */
int database_next(struct database *db, struct view *out_key, struct view *out_value);
/* Was the file written so shortly before it was opened that its time may not show the next change? */
bool database_is_young(const struct database *db);
/* A long-lived reader asks before each use: true when it had better open the file again. */
bool database_is_outdated(const struct database *db);
/* Which file this is: for seeing that another one took its place. */
const struct stat *database_stat(const struct database *db);

#endif
