/*
 * auth_test_users.h - an auth_library with users of its own, in a temporary directory; for unit tests and the fuzz target.
 *
 * Every mechanism that the library has is allowed; the passwords are kept in a sasldb file. One at a time in a process.
 */
#ifndef SMTP_AUTH_TEST_USERS_H
#define SMTP_AUTH_TEST_USERS_H

#include "smtp/auth_library.h"

#define AUTH_TEST_HOST "me.test"

struct auth_test_users {
	char dir[64];
	struct log *log;
	struct auth_library *library;
};

void auth_test_users_open(struct auth_test_users *u);
void auth_test_users_add(struct auth_test_users *u, const char *name, const char *password);
void auth_test_users_close(struct auth_test_users *u);

#endif
