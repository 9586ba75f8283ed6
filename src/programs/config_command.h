/*
 * config_command.h - postrider config build SITE.mc: the .cf of an .mc file, made by m4 with the tree that belongs to this program.
 *
 * The tree is --tree DIR, or share/postrider/cf beside the program's bin directory, or cf in the sources around a build, or that below
 * the prefix. With -o FILE the file is replaced in one step and only when m4 found no error; else it goes to standard output.
 */
#ifndef PROGRAMS_CONFIG_COMMAND_H
#define PROGRAMS_CONFIG_COMMAND_H

/* Returns the exit status. */
int config_main(int argc, char **argv);

#endif
