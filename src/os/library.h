/*
 * library.h - shared libraries that most runs of the program do not need, loaded when something does.
 *
 * A library that is linked costs every run of every command: with libpq and libldap, which bring Kerberos, GnuTLS and their kin, most
 * of the time of a short command went into loading them. So their functions are called through a struct of pointers:
 *
 *   #define PQ_CALLS(CALL) CALL(PQfinish) CALL(PQstatus)
 *   struct pq { PQ_CALLS(LIBRARY_POINTER) };
 *   static const char *const pq_names[] = { PQ_CALLS(LIBRARY_NAME) };
 *
 *   LIBRARY_LOAD(SONAME, pq_names, &pq, &why);          pq.PQfinish(connection);
 *
 * Threads: any. Blocks on the disk. A loaded library stays for the life of the process.
 */
#ifndef OS_LIBRARY_H
#define OS_LIBRARY_H

#include "base/str.h"

#define LIBRARY_POINTER(name) __typeof__(name) *name;
#define LIBRARY_NAME(name)    #name,

#define LIBRARY_LOAD(soname, names, calls, why)                                                    \
	__extension__({                                                                            \
		_Static_assert(sizeof(*(calls)) == sizeof(names), "a pointer for each name");      \
		library_load((soname), (names), sizeof(names) / sizeof((names)[0]), (calls),       \
			     (why));                                                               \
	})

/* Fills the n pointers at out_calls. False: there is no such library, or it lacks a function; *why tells, and nothing is filled. */
bool library_load(const char *soname, const char *const *names, size_t n, void *out_calls,
		  struct str *why);

#endif
