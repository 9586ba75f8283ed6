/* check_command.h - postrider check: what a typing error hides in .cf and .mc files. Returns the exit status: 0 clean, 1 findings,
 * 2 a file cannot be read. */
#ifndef PROGRAMS_CHECK_COMMAND_H
#define PROGRAMS_CHECK_COMMAND_H

int check_main(int argc, char **argv);

#endif
