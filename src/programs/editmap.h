/* editmap.h - editmap: one record of a database shown, changed or removed. Returns the exit status. */
#ifndef PROGRAMS_EDITMAP_H
#define PROGRAMS_EDITMAP_H

int editmap_main(int argc, char **argv);

#endif
