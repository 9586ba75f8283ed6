/*
 * banned.h - functions that this project does not use, made uncompilable.
 *
 * Each has no bound, hidden state, or no way to report an error. Use struct str (str.h), view_* (view.h)
 * and the parsers in number.h. Included by every other header of base, after the system headers.
 */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef BASE_BANNED_OK
#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok strtok_r atoi atol atoll
#pragma GCC poison ctime asctime localtime gmtime gets
#endif

#endif
