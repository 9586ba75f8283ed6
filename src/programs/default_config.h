/*
 * default_config.h - the configuration that is built in, for a first try without any file.
 *
 * The text is what the tree makes of cf/default.mc, put into the program at build time; @STATE@ and @PORT@ in it are replaced when
 * it is printed.
 */
#ifndef PROGRAMS_DEFAULT_CONFIG_H
#define PROGRAMS_DEFAULT_CONFIG_H

#include <stdio.h>

/* 0, or -errno when writing failed. */
int default_config_print(FILE *out, const char *state_dir, const char *port);

#endif
