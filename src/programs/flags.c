/*
 * flags.c - see flags.h.
 *
 * One table row a flag; a handler gets the flag's argument. getopt(3) is not used: its state is global, and sendmail's
 * optional arguments (-q, -d, -Q, -C) are attached ones.
 */
#include "programs/flags.h"

#include "base/number.h"
#include "mail/status.h"

enum arg_kind { ARG_NONE, ARG_ATTACHED, ARG_NEEDED };

struct flag {
	char letter;
	enum arg_kind arg;
	int (*set)(struct flags *f, char letter, const char *value);
	const char *help;
};

static int complain(int exit, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int complain(int exit, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("sendmail: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	return exit;
}

/* In the reference's words, which have no program name in front. */
static int complain_plainly(const char *text)
{
	fprintf(stderr, "%s\n", text);
	return EX_USAGE_;
}

static int add_option(struct flags *f, const char *option)
{
	if (f->n_options == FLAGS_MANY)
		return complain(EX_USAGE_, "too many options on the command line (%d)", FLAGS_MANY);
	f->set_options[f->n_options++] = option;
	return 0;
}

/* An option by its letter: "-Xvalue" tells the configuration reader so. The text lives as long as the program. */
static int add_short_option(struct flags *f, const char *letter, const char *value)
{
	struct view text = arena_printf(f->arena, "-%s%s", letter, value);

	return add_option(f, text.p);
}

static int set_config_choice(struct flags *f, char letter, const char *value)
{
	(void)letter;
	if (strcmp(value, "c") != 0 && strcmp(value, "m") != 0)
		return complain(EX_USAGE_, "Invalid argument for -A: %s (use -Ac or -Am)", value);
	f->config_choice = value[0];
	return 0;
}

static int set_mode(struct flags *f, char letter, const char *value)
{
	(void)letter;
	if (value[0] == 'z') {
		puts("Frozen configurations unsupported");
		return EX_USAGE_;
	}
	if (!value[0] || !strchr("aCdDhHimpPstv", value[0])) {
		printf("Invalid operation mode %c\n", value[0]);
		return EX_USAGE_;
	}
	f->mode = value[0];
	return 0;
}

static int set_string(struct flags *f, char letter, const char *value)
{
	switch (letter) {
	case 'B':
		f->body_type = value;
		break;
	case 'C':
		f->config = *value ? value : "sendmail.cf";
		f->is_unsafe = true;
		break;
	case 'D':
		if (f->debug)
			return complain(EX_USAGE_, "-D file must be before -d");
		f->debug_file = value;
		f->is_unsafe = true;
		break;
	case 'd':
		f->debug = value;
		break;
	case 'F':
		f->full_name = value;
		break;
	case 'L':
		f->tag = value;
		break;
	case 'N':
		f->notify = value;
		break;
	case 'p':
		f->protocol = value;
		break;
	case 'R':
		f->ret = value;
		break;
	case 'V':
		f->envid = value;
		break;
	case 'X':
		f->traffic = value;
		f->is_unsafe = true;
		break;
	default:
		f->quarantine = value;
		break;
	}
	return 0;
}

static int set_sender(struct flags *f, char letter, const char *value)
{
	(void)letter;
	if (f->sender)
		return complain_plainly("More than one \"from\" person");
	f->sender = value;
	return 0;
}

static int set_hops(struct flags *f, char letter, const char *value)
{
	int64_t n;

	(void)letter;
	if (!number_parse(view_of(value), 0, 1000000, &n)) {
		fprintf(stderr, "Bad hop count (%s)\n", value);
		return EX_USAGE_;
	}
	f->hop_count = (int)n;
	return 0;
}

static int set_macro(struct flags *f, char letter, const char *value)
{
	(void)letter;
	if (f->n_macros == FLAGS_MANY)
		return complain(EX_USAGE_, "too many macros on the command line (%d)", FLAGS_MANY);
	f->set_macros[f->n_macros++] = value;
	return 0;
}

static int set_option(struct flags *f, char letter, const char *value)
{
	return letter == 'O' ? add_option(f, value) : add_short_option(f, "", value);
}

static int set_switch(struct flags *f, char letter, const char *value)
{
	(void)value;
	switch (letter) {
	case 'G':
		f->is_gateway = true;
		break;
	case 'I':
		f->mode = 'i';
		break;
	case 'i':
		f->dot_is_text = true;
		break;
	case 'n':
		f->no_aliases = true;
		break;
	case 't':
		f->from_header = true;
		break;
	case 'U':
		f->is_utf8 = true;
		break;
	case 'v':
		f->verbose = true;
		break;
	default:
		break;
	}
	return 0;
}

/* The historic one-letter options: -c -e -m -s; -T is taken and means nothing. */
static int set_old_option(struct flags *f, char letter, const char *value)
{
	(void)value;
	switch (letter) {
	case 'c':
		return add_option(f, "HoldExpensive=true");
	case 'm':
		return add_option(f, "MeToo=true");
	case 's':
		return add_option(f, "SaveFromLine=true");
	default:
		return 0;
	}
}

static int set_error_mode(struct flags *f, char letter, const char *value)
{
	(void)letter;
	return add_short_option(f, "e", value);
}

static int add_condition(struct flags *f, char letter, bool is_not, const char *text)
{
	if (f->select.n == FLAGS_MANY)
		return complain(EX_USAGE_, "too many -q conditions");
	f->conditions[f->select.n++] = (struct queue_condition){ letter, is_not, view_of(text) };
	return 0;
}

/* -q in all its forms (contract/queue.md 6.7). */
static int set_queue(struct flags *f, char letter, const char *value)
{
	bool is_not = value[0] == '!';
	const char *at = value + is_not;

	(void)letter;
	switch (*at) {
	case 'G':
		if (is_not)
			return complain_plainly("Can not use -q!G");
		if (f->select.group)
			return complain_plainly("Can not use multiple -qG options");
		f->select.group = at + 1;
		break;
	case 'I':
	case 'R':
	case 'S':
		f->has_queue_run = true;
		return add_condition(f, *at, is_not, at + 1);
	case 'Q':
		f->select.quarantined = true; /* of this and -qL the last one holds */
		f->select.lost = false;
		if (at[1]) {
			f->has_queue_run = true;
			return add_condition(f, 'Q', is_not, at + 1);
		}
		break;
	case 'L':
		f->select.lost = true;
		f->select.quarantined = false;
		break;
	case 'f':
		f->queue_foreground = true;
		break;
	case 'p':
		f->queue_persistent = true;
		f->queue_interval = at[1] ? at + 1 : "1s"; /* always looking */
		break;
	case '\0':
		break;
	default:
		if (*at == '-')
			return complain_plainly("Invalid -q value");
		/* No time between two runs means one run. */
		f->queue_interval = strspn(at, "0smhdw") == strlen(at) ? NULL : at;
		break;
	}
	f->has_queue_run = true;
	return 0;
}

static const struct flag flag_table[] = {
	{'A',  ARG_NEEDED,   set_config_choice, "c|m      use submit.cf (c) or sendmail.cf (m)"},
	{ 'B', ARG_NEEDED,   set_string,        "TYPE     body type: 7BIT or 8BITMIME"         },
	{ 'b', ARG_NEEDED,   set_mode,          "MODE     what to do, see below"               },
	{ 'C', ARG_NEEDED,   set_string,        "FILE     configuration file"                  },
	{ 'c', ARG_NONE,     set_old_option,    "         hold mail for expensive mailers"     },
	{ 'D', ARG_NEEDED,   set_string,        "FILE     output of -d behind it"              },
	{ 'd', ARG_ATTACHED, set_string,        "LIST     debug categories and levels"         },
	{ 'e', ARG_NEEDED,   set_error_mode,    "MODE     error mode: p q m w e"               },
	{ 'F', ARG_NEEDED,   set_string,        "NAME     full name of the sender"             },
	{ 'f', ARG_NEEDED,   set_sender,        "ADDR     envelope sender"                     },
	{ 'G', ARG_NONE,     set_switch,        "         this is a gateway's submission"      },
	{ 'h', ARG_NEEDED,   set_hops,          "N        hop count"                           },
	{ 'I', ARG_NONE,     set_switch,        "         rebuild the alias databases"         },
	{ 'i', ARG_NONE,     set_switch,        "         a lone dot ends nothing"             },
	{ 'L', ARG_NEEDED,   set_string,        "TAG      syslog tag"                          },
	{ 'M', ARG_NEEDED,   set_macro,         "XVALUE   define macro X"                      },
	{ 'm', ARG_NONE,     set_old_option,    "         send to me too, as in a list"        },
	{ 'N', ARG_NEEDED,   set_string,        "LIST     DSN: never, or success,failure,delay"},
	{ 'n', ARG_NONE,     set_switch,        "         no aliasing"                         },
	{ 'O', ARG_NEEDED,   set_option,        "NAME=VAL set an option by its name"           },
	{ 'o', ARG_NEEDED,   set_option,        "XVALUE   set an option by its letter"         },
	{ 'p', ARG_NEEDED,   set_string,        "PROTO    protocol and host the mail came by"  },
	{ 'Q', ARG_ATTACHED, set_string,        "REASON   set aside what -q selects"           },
	{ 'q', ARG_ATTACHED, set_queue,         "...      run the queue, see below"            },
	{ 'R', ARG_NEEDED,   set_string,        "full|hdrs what a bounce returns"              },
	{ 'r', ARG_NEEDED,   set_sender,        "ADDR     the same as -f"                      },
	{ 's', ARG_NONE,     set_old_option,    "         keep From lines"                     },
	{ 'T', ARG_ATTACHED, set_old_option,    "         ignored"                             },
	{ 't', ARG_NONE,     set_switch,        "         recipients from To, Cc, Bcc"         },
	{ 'U', ARG_NONE,     set_switch,        "         the message is SMTPUTF8"             },
	{ 'V', ARG_NEEDED,   set_string,        "ENVID    envelope id for reports"             },
	{ 'v', ARG_NONE,     set_switch,        "         verbose"                             },
	{ 'X', ARG_NEEDED,   set_string,        "FILE     log all SMTP traffic to FILE"        },
	{ 'x', ARG_ATTACHED, set_old_option,    "         ignored"                             },
	{ 'z', ARG_NONE,     set_old_option,    "         ignored"                             },
};

static const struct flag *find_flag(char letter)
{
	for (size_t i = 0; i < sizeof(flag_table) / sizeof(flag_table[0]); i++) {
		if (flag_table[i].letter == letter)
			return &flag_table[i];
	}
	return NULL;
}

/* The other names are short for a mode. */
static const char *const name_help[] = {
	[PROGRAM_SENDMAIL] = "sendmail [flags] [recipient ...]",
	[PROGRAM_MAILQ] = "mailq [flags]\n\nLists the queue, as sendmail -bp.",
	[PROGRAM_NEWALIASES] =
		"newaliases [flags]\n\nRebuilds the alias databases, as sendmail -bi.",
	[PROGRAM_HOSTSTAT] = "hoststat [flags]\n\nLists the status of hosts, as sendmail -bh.",
	[PROGRAM_PURGESTAT] = "purgestat [flags]\n\nRemoves the status of hosts, as sendmail -bH.",
	[PROGRAM_SMTPD] = "smtpd [flags]\n\nRuns the daemon, as sendmail -bd.",
};

void flags_print_help(FILE *out, enum program_name as)
{
	fprintf(out, "usage: %s\n\n", name_help[as]);
	for (size_t i = 0; i < sizeof(flag_table) / sizeof(flag_table[0]); i++)
		fprintf(out, "  -%c %s\n", flag_table[i].letter, flag_table[i].help);
	fputs("\n"
	      "-b: m deliver (without -b), d daemon, D daemon in the foreground, s SMTP on standard\n"
	      "    input, t test mode, v verify, i rebuild aliases, p list the queue, P count it,\n"
	      "    h list the status of hosts, H remove it, C check the configuration\n"
	      "-q: -q once, -q30m every half hour, -qp persistent runners, -qG GROUP, -qf in the\n"
	      "    foreground; -qI, -qR, -qS, -qQ TEXT what is selected, with ! what is not\n"
	      "\n"
	      "See sendmail(8) for all of it.\n",
	      out);
}

/* One argument word: a cluster of switches, or a flag with its value. *i moves past a value of its own. */
static int parse_word(struct flags *f, int argc, char **argv, int *i)
{
	const char *at = argv[*i] + 1;

	while (*at) {
		const struct flag *flag = find_flag(*at);
		const char *value = at + 1;
		int rc;

		if (!flag) {
			fprintf(stderr, "%s: illegal option -- %c\n", argv[0], *at);
			return EX_USAGE_;
		}
		if (flag->arg == ARG_NEEDED && !*value) {
			if (*i + 1 >= argc && flag->letter == 'C') {
				return flag->set(f, 'C', "");
			} else if (*i + 1 >= argc) {
				fprintf(stderr, "%s: option requires an argument -- %c\n", argv[0],
					*at);
				return EX_USAGE_;
			}
			value = argv[++*i];
		}
		rc = flag->set(f, flag->letter, flag->arg == ARG_NONE ? "" : value);
		if (rc || flag->arg != ARG_NONE)
			return rc;
		at++;
	}
	return 0;
}

static char mode_of_name(enum program_name as)
{
	static const char modes[] = { [PROGRAM_MAILQ] = 'p',
				      [PROGRAM_NEWALIASES] = 'i',
				      [PROGRAM_HOSTSTAT] = 'h',
				      [PROGRAM_PURGESTAT] = 'H',
				      [PROGRAM_SMTPD] = 'd' };

	return as == PROGRAM_SENDMAIL ? 0 : modes[as];
}

/* What does not go together. */
static int check_together(const struct flags *f)
{
	if (f->quarantine && f->select.lost)
		return complain_plainly("Can not use -Q with -qL");
	if (f->quarantine && f->mode == 'p')
		return complain_plainly("Can not use -Q with -bp");
	if (f->mode == 's' && f->has_queue_run) {
		fputs("550 Can not use -q with -bs\r\n", stdout);
		return EX_USAGE_;
	}
	return 0;
}

int flags_parse(int argc, char **argv, enum program_name as, struct flags *out)
{
	int i, rc;

	memset(out, 0, sizeof(*out));
	out->arena = arena_new(65536);
	out->mode = mode_of_name(as);
	for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		if (strcmp(argv[i], "--") == 0) {
			i++;
			break;
		}
		if (strcmp(argv[i], "--help") == 0) {
			out->has_help = true;
			return 0;
		}
		rc = parse_word(out, argc, argv, &i);
		if (rc)
			return rc;
	}
	out->select.conditions = out->conditions;
	out->rcpts = (const char *const *)argv + i;
	out->n_rcpts = (size_t)(argc - i);
	return check_together(out);
}

void flags_done(struct flags *f)
{
	arena_free(f->arena);
	f->arena = NULL;
}
