/*
 * config_command.h - postrider config: .mc and .cf files made, begun and compared.
 *
 *      build SITE.mc        the .cf of an .mc file, made by m4 with the tree that belongs to this program
 *      new                  an .mc file for a common kind of site, from flags or from answers
 *      diff OLD NEW         what would change: options, and what becomes of addresses and clients
 *
 * The tree is --tree DIR, or share/postrider/cf beside the program's bin directory, or cf in the sources around a build, or that below
 * the prefix. With -o FILE the file is replaced in one step and only when m4 found no error; else it goes to standard output.
 */
#ifndef PROGRAMS_CONFIG_COMMAND_H
#define PROGRAMS_CONFIG_COMMAND_H

/* All return the exit status; argv[0] is the word after "postrider", or after "postrider config". */
int config_main(int argc, char **argv);
int config_build(int argc, char **argv);
int config_new(int argc, char **argv);
int config_diff(int argc, char **argv);

/* tree and out may be NULL: looked for, standard output. What m4 says goes to standard error. */
int config_build_mc(const char *mc, const char *tree, const char *out);
/* The same onto a descriptor and without a word, in a bounded time; EX_OSFILE_: no tree, EX_UNAVAILABLE_: no m4, EX_CONFIG_: an error in the file. */
int config_build_quietly(const char *mc, int fd);

#endif
