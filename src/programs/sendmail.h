/* sendmail.h - the sendmail command and its personalities: mailq, newaliases, hoststat, purgestat, smtpd. */
#ifndef PROGRAMS_SENDMAIL_H
#define PROGRAMS_SENDMAIL_H

#include "programs/flags.h"

/* Returns the exit status. */
int sendmail_main(int argc, char **argv, enum program_name as);

#endif
