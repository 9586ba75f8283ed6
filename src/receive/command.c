/* command.c - the table of SMTP commands, in the order in which clients use them most. */
#include "receive/session.h"

static const struct command commands[] = {
	{"MAIL",      cmd_mail,            0					 },
	{ "RCPT",     cmd_rcpt,            COMMAND_IS_RCPT                           },
	{ "DATA",     cmd_data,            0					 },
	{ "EHLO",     cmd_ehlo,            COMMAND_WHEN_REFUSED | COMMAND_COUNT_HELO },
	{ "HELO",     cmd_helo,            COMMAND_WHEN_REFUSED | COMMAND_COUNT_HELO },
	{ "QUIT",     cmd_quit,            COMMAND_WHEN_REFUSED | COMMAND_AT_ONCE    },
	{ "RSET",     cmd_rset,            COMMAND_WHEN_REFUSED | COMMAND_AT_ONCE    },
	{ "NOOP",     cmd_noop,            COMMAND_WHEN_REFUSED | COMMAND_COUNT_NOOP },
	{ "VRFY",     cmd_vrfy,            COMMAND_COUNT_VRFY                        },
	{ "EXPN",     cmd_expn,            COMMAND_COUNT_VRFY                        },
	{ "ETRN",     cmd_etrn,            COMMAND_COUNT_ETRN | COMMAND_WITHOUT_SPACE},
	{ "HELP",     cmd_help,            0					 },
	{ "VERB",     cmd_verb,            COMMAND_COUNT_NOOP                        },
	{ "AUTH",     cmd_auth,            COMMAND_COUNT_AUTH                        },
	{ "STARTTLS", cmd_starttls,        COMMAND_AT_ONCE                           },
	{ "SEND",     cmd_not_implemented, 0					 },
	{ "SAML",     cmd_not_implemented, 0					 },
	{ "SOML",     cmd_not_implemented, 0					 },
	{ "TURN",     cmd_not_implemented, 0					 },
	{ "DEBUG",    cmd_probe,           0					 },
	{ "WIZ",      cmd_probe,           0					 },
	{ "SHOWQ",    cmd_probe,           0					 },
};

static const struct command unknown = { "", cmd_unknown,
					COMMAND_WHEN_REFUSED | COMMAND_UNKNOWN | COMMAND_AT_ONCE };

const struct command *command_find(struct view verb)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (view_eq_nocase(verb, view_of(commands[i].verb)))
			return &commands[i];
	return &unknown;
}
