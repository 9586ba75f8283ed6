/* postrider.h - the administrator's own command: what sendmail's flags have no place for. */
#ifndef PROGRAMS_POSTRIDER_H
#define PROGRAMS_POSTRIDER_H

/* Returns the exit status. */
int postrider_main(int argc, char **argv);

#endif
