/* makemap.h - makemap: text from standard input into a database, and back. Returns the exit status. */
#ifndef PROGRAMS_MAKEMAP_H
#define PROGRAMS_MAKEMAP_H

int makemap_main(int argc, char **argv);

#endif
