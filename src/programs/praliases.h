/* praliases.h - praliases: the alias databases, all of them or some keys. Returns the exit status. */
#ifndef PROGRAMS_PRALIASES_H
#define PROGRAMS_PRALIASES_H

int praliases_main(int argc, char **argv);

#endif
