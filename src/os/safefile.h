/*
 * safefile.h - open a file only when nobody else could have put it there: sendmail's rules (contract/maps.md 5.7).
 *
 * The path is walked from the root one directory at a time with descriptors that do not follow links; links are
 * read and followed here (at most 32), so that what was checked is what is opened. Directories are looked at when SAFE_DIRS
 * is asked for: each on the way, link targets too, must not be writable by group or world, and must be searchable for the user.
 * Permissions are judged by mode bits for the given user, even when the process is root; SAFE_ROOT_OK makes root the owner.
 * A file of TrustedUser counts as root's own.
 *
 * Threads: any; no state. Blocks: on the file system only; a FIFO is never waited for.
 */
#ifndef OS_SAFEFILE_H
#define OS_SAFEFILE_H

#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/view.h"

/* Option DontBlameSendmail: the names are the option's words, without regard to case. */
#define BLAME_NAMES(X)                                                                             \
	X(ASSUME_SAFE_CHOWN, "AssumeSafeChown")                                                    \
	X(CERT_OWNER, "CertOwner")                                                                 \
	X(CLASS_FILE_IN_UNSAFE_DIR_PATH, "ClassFileInUnsafeDirPath")                               \
	X(DONT_WARN_FORWARD_FILE_IN_UNSAFE_DIR_PATH, "DontWarnForwardFileInUnsafeDirPath")         \
	X(ERROR_HEADER_IN_UNSAFE_DIR_PATH, "ErrorHeaderInUnsafeDirPath")                           \
	X(FILE_DELIVERY_TO_HARD_LINK, "FileDeliveryToHardLink")                                    \
	X(FILE_DELIVERY_TO_SYM_LINK, "FileDeliveryToSymLink")                                      \
	X(FORWARD_FILE_IN_GROUP_WRITABLE_DIR_PATH, "ForwardFileInGroupWritableDirPath")            \
	X(FORWARD_FILE_IN_UNSAFE_DIR_PATH, "ForwardFileInUnsafeDirPath")                           \
	X(FORWARD_FILE_IN_UNSAFE_DIR_PATH_SAFE, "ForwardFileInUnsafeDirPathSafe")                  \
	X(GROUP_READABLE_DEFAULT_AUTH_INFO_FILE, "GroupReadableDefaultAuthInfoFile")               \
	X(GROUP_READABLE_KEY_FILE, "GroupReadableKeyFile")                                         \
	X(GROUP_READABLE_SASL_DB_FILE, "GroupReadableSASLDBFile")                                  \
	X(GROUP_WRITABLE_ALIAS_FILE, "GroupWritableAliasFile")                                     \
	X(GROUP_WRITABLE_DIR_PATH_SAFE, "GroupWritableDirPathSafe")                                \
	X(GROUP_WRITABLE_FORWARD_FILE, "GroupWritableForwardFile")                                 \
	X(GROUP_WRITABLE_FORWARD_FILE_SAFE, "GroupWritableForwardFileSafe")                        \
	X(GROUP_WRITABLE_INCLUDE_FILE, "GroupWritableIncludeFile")                                 \
	X(GROUP_WRITABLE_INCLUDE_FILE_SAFE, "GroupWritableIncludeFileSafe")                        \
	X(GROUP_WRITABLE_SASL_DB_FILE, "GroupWritableSASLDBFile")                                  \
	X(HELP_FILE_IN_UNSAFE_DIR_PATH, "HelpFileInUnsafeDirPath")                                 \
	X(INCLUDE_FILE_IN_GROUP_WRITABLE_DIR_PATH, "IncludeFileInGroupWritableDirPath")            \
	X(INCLUDE_FILE_IN_UNSAFE_DIR_PATH, "IncludeFileInUnsafeDirPath")                           \
	X(INCLUDE_FILE_IN_UNSAFE_DIR_PATH_SAFE, "IncludeFileInUnsafeDirPathSafe")                  \
	X(INSUFFICIENT_ENTROPY, "InsufficientEntropy")                                             \
	X(LINKED_ALIAS_FILE_IN_WRITABLE_DIR, "LinkedAliasFileInWritableDir")                       \
	X(LINKED_CLASS_FILE_IN_WRITABLE_DIR, "LinkedClassFileInWritableDir")                       \
	X(LINKED_FORWARD_FILE_IN_WRITABLE_DIR, "LinkedForwardFileInWritableDir")                   \
	X(LINKED_INCLUDE_FILE_IN_WRITABLE_DIR, "LinkedIncludeFileInWritableDir")                   \
	X(LINKED_MAP_IN_WRITABLE_DIR, "LinkedMapInWritableDir")                                    \
	X(LINKED_SERVICE_SWITCH_FILE_IN_WRITABLE_DIR, "LinkedServiceSwitchFileInWritableDir")      \
	X(MAP_IN_UNSAFE_DIR_PATH, "MapInUnsafeDirPath")                                            \
	X(NON_ROOT_SAFE_ADDR, "NonRootSafeAddr")                                                   \
	X(RUN_PROGRAM_IN_UNSAFE_DIR_PATH, "RunProgramInUnsafeDirPath")                             \
	X(RUN_WRITABLE_PROGRAM, "RunWritableProgram")                                              \
	X(TRUST_STICKY_BIT, "TrustStickyBit")                                                      \
	X(WORLD_WRITABLE_ALIAS_FILE, "WorldWritableAliasFile")                                     \
	X(WORLD_WRITABLE_FORWARD_FILE, "WorldWritableForwardFile")                                 \
	X(WORLD_WRITABLE_INCLUDE_FILE, "WorldWritableIncludeFile")                                 \
	X(WRITE_MAP_TO_HARD_LINK, "WriteMapToHardLink")                                            \
	X(WRITE_MAP_TO_SYM_LINK, "WriteMapToSymLink")                                              \
	X(WRITE_STATS_TO_HARD_LINK, "WriteStatsToHardLink")                                        \
	X(WRITE_STATS_TO_SYM_LINK, "WriteStatsToSymLink")

enum blame_index {
#define BLAME_INDEX(id, name) BLAME_INDEX_##id,
	BLAME_NAMES(BLAME_INDEX)
#undef BLAME_INDEX
		BLAME_COUNT
};
/* BLAME(TRUST_STICKY_BIT) and so on. */
#define BLAME(id) ((uint64_t)1 << BLAME_INDEX_##id)

/* The bit of a word; "safe" is bit 0, none at all. False when the word is unknown. */
bool blame_by_name(struct view word, uint64_t *out_bit);
const char *blame_name(int index);

enum safe_flag {
	SAFE_DIRS = 1 << 0,    /* check the directories on the way */
	SAFE_NO_LINK = 1 << 1, /* the file itself may not be a symbolic link */
	SAFE_NO_LINK_IN_WRITABLE =
		1
		<< 2, /* nor may it be one, or have two names, in a directory that group or world can write */
	SAFE_NO_HARD_LINK = 1 << 3, /* link count 1 */
	SAFE_NO_EXECUTABLE = 1 << 4,
	SAFE_NO_GROUP_WRITE = 1 << 5,
	SAFE_NO_WORLD_WRITE = 1 << 6,
	SAFE_NO_GROUP_READ = 1 << 7,
	SAFE_NO_WORLD_READ = 1 << 8,
	SAFE_MUST_OWN = 1 << 9, /* the owner is the user, root, or TrustedUser */
	SAFE_ROOT_OK = 1 << 10, /* root counts as the file's owner, and may search any directory */
	SAFE_SPECIAL_OK =
		1 << 11, /* /dev/null and the like may be opened: not only regular files */
};

struct safe_request {
	const char *path; /* absolute, or relative to the working directory */
	int open_flags;   /* O_RDONLY, O_WRONLY | O_APPEND, with O_CREAT when it may be made */
	mode_t mode;      /* of a file that is made */
	unsigned flags;   /* SAFE_* */
	uint64_t dont_blame;
	uid_t uid; /* for whom: the user whose rights count */
	gid_t gid;
	const gid_t *groups; /* supplementary */
	size_t n_groups;
	uid_t trusted_uid; /* option TrustedUser */
};

struct safe_file {
	int fd; /* the caller's */
	struct stat st;
	bool is_new;      /* it was made here */
	char reason[128]; /* why not: the words of contract/maps.md 5.7, or the system's */
};

/* 0 with an open descriptor; -errno with the reason: -EPERM when a rule says no, else what the system said. */
int safe_open(const struct safe_request *r, struct safe_file *out);
/* The same judgement without opening: stat is filled in. -ENOENT and O_CREAT: the directory would take the file. */
int safe_check(const struct safe_request *r, struct safe_file *out);

#endif
