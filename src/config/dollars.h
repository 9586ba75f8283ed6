/*
 * dollars.h - the names of macros and classes as a line of the file, or of test mode, spells them.
 *
 * What stands behind a dollar is looked at once, when a line is read: mistakes in a name are told there, whatever the line is for,
 * and long names get their numbers in the order in which they are met. These numbers are seen in a few messages only.
 *
 * A reader belongs to one thread. Nothing blocks. Mistakes are told through `complain`, never returned in another way.
 */
#ifndef CONFIG_DOLLARS_H
#define CONFIG_DOLLARS_H

#include "base/str.h"
#include "config/config.h"

struct name_reader {
	struct config *cf;
	void (*complain)(void *context, const char *text);
	void *context;
	bool is_read; /* the text went through dollars_read: a dollar in it stands for an operator or a name */
};

/* Cuts a name off *rest: one character, {name}, or {x}. Its number; 0 after a complaint. */
int name_read(const struct name_reader *r, struct view *rest);

/* Adds the text with its names as they are understood. A name that is none ends the text as ${}. */
void dollars_read(const struct name_reader *r, struct view text, struct str *out);

/* The byte by which messages and -d84 show a macro or class; 0: the name stands nowhere in the file. */
uint8_t name_byte(const struct config *cf, int number);

#endif
