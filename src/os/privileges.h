/*
 * privileges.h - give up rights for good.
 *
 * Each function changes the whole process and cannot be undone; they belong to start-up, before other threads exist. When
 * one fails the process must end: it would run with rights it should not have.
 */
#ifndef OS_PRIVILEGES_H
#define OS_PRIVILEGES_H

#include <sys/types.h>

/* Becomes another user, with that user's groups (user NULL: no supplementary ones). Checks that there is no way back.
 * 0 or -errno. Without root's rights: 0 when we are that user already, else -EPERM. */
int privileges_become(uid_t uid, gid_t gid, const char *user);
/* The uid stays, but every capability goes, and no program that is run from here on gains any right. 0 or -errno; where the
 * system has no capabilities nothing is done. */
int privileges_drop_capabilities(void);
/* Lets this process have as many descriptors as the system allows; never fails. */
void privileges_raise_descriptor_limit(void);

#endif
