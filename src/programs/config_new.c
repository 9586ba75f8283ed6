/* config_new.c - postrider config new: an .mc file for a common kind of site, from flags or from answers on standard input. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "base/str.h"
#include "mail/status.h"
#include "programs/config_command.h"
#include "programs/postrider.h"

enum need { NEED_HOST = 1, NEED_DOMAINS = 2, TAKES_MASQUERADE = 4 };

/* @HOST@, @DOMAINS@ and @MASQUERADE@ stand for what is asked; a line with an empty one is left out. */
static const struct kind {
	const char *name, *what;
	int needs;
	const char *lines, *next;
} kinds[] = {
	{"relay-hub",          "takes mail for domains and passes it on",            NEED_DOMAINS,
         "FEATURE(`access_db', `hash -T<TMPF> -o /etc/mail/access')dnl who may relay, who is refused\n"
	  "FEATURE(`blocklist_recipients')dnl\n"
	  "FEATURE(`mailertable', `hash -o /etc/mail/mailertable')dnl which host has which domain\n"
	  "FEATURE(`use_cw_file')dnl names of this host: /etc/mail/local-host-names\n"
	  "RELAY_DOMAIN(`@DOMAINS@')dnl\n",					   "makemap hash /etc/mail/access < /etc/mail/access\n"
	  "makemap hash /etc/mail/mailertable < /etc/mail/mailertable\n"                       },
	{ "smart-host-client", "has mailboxes, and gives all other mail to a relay",
         NEED_HOST | TAKES_MASQUERADE,
         "define(`SMART_HOST', `relay:@HOST@')dnl\n"
	  "MASQUERADE_AS(`@MASQUERADE@')dnl\n"
	  "FEATURE(`masquerade_envelope')dnl\n"
	  "FEATURE(`no_default_msa')dnl\n"
	  "DAEMON_OPTIONS(`Name=MTA, Addr=127.0.0.1')dnl mail from this host only\n", ""						  },
	{ "null-client",       "has no mailboxes; everything goes to the hub",       NEED_HOST,
         "FEATURE(`no_default_msa')dnl\n"
	  "DAEMON_OPTIONS(`Name=MTA, Addr=127.0.0.1')dnl mail from this host only\n"
	  "FEATURE(`nullclient', `@HOST@')dnl\n",				     ""						  },
	{ "mail-host",         "has mailboxes for virtual domains",                  NEED_DOMAINS | TAKES_MASQUERADE,
         "MASQUERADE_AS(`@MASQUERADE@')dnl\n"
	  "FEATURE(`access_db', `hash -T<TMPF> -o /etc/mail/access')dnl\n"
	  "FEATURE(`delay_checks', `friend')dnl\n"
	  "FEATURE(`blocklist_recipients')dnl\n"
	  "FEATURE(`virtusertable', `hash -o /etc/mail/virtusertable')dnl who has which address\n"
	  "FEATURE(`genericstable', `hash -o /etc/mail/genericstable')dnl how local senders look\n"
	  "VIRTUSER_DOMAIN(`@DOMAINS@')dnl\n"
	  "FEATURE(`use_cw_file')dnl names of this host: /etc/mail/local-host-names\n"
	  "FEATURE(`redirect')dnl\n",						 "makemap hash /etc/mail/access < /etc/mail/access\n"
	  "makemap hash /etc/mail/virtusertable < /etc/mail/virtusertable\n"
	  "makemap hash /etc/mail/genericstable < /etc/mail/genericstable\n"                         },
	{ "submission",        "takes mail from users with a password, on port 587", TAKES_MASQUERADE,
         "MASQUERADE_AS(`@MASQUERADE@')dnl\n"
	  "define(`confAUTH_MECHANISMS', `PLAIN LOGIN')dnl\n"
	  "define(`confAUTH_OPTIONS', `A p')dnl no password without encryption\n"
	  "TRUST_AUTH_MECH(`PLAIN LOGIN')dnl\n"
	  "define(`confSERVER_CERT', `/etc/mail/certs/server.pem')dnl\n"
	  "define(`confSERVER_KEY', `/etc/mail/certs/server.key')dnl\n"
	  "FEATURE(`no_default_msa')dnl\n"
	  "DAEMON_OPTIONS(`Name=MTA')dnl\n"
	  "DAEMON_OPTIONS(`Name=MSA, Port=587, M=Ea')dnl\n"
	  "FEATURE(`access_db', `hash -T<TMPF> -o /etc/mail/access')dnl\n",	   "makemap hash /etc/mail/access < /etc/mail/access\n"},
};

struct answers {
	const char *kind, *host, *domains, *masquerade, *system, *out;
};

static const struct kind *kind_named(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

/* Names of hosts and domains, addresses in brackets, lists of them: nothing that m4 or the rules would take for their own. */
static bool is_name_list(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-_:[], ";

	return text[strspn(text, letters)] == '\0' && text[strspn(text, ", ")] != '\0';
}

/* What stands for nothing is "": then the answer was an empty line. NULL: there are no more answers. */
static const char *ask(const char *question, struct str *line)
{
	char buffer[1024];

	fprintf(stderr, "%s: ", question);
	fflush(stderr);
	if (!fgets(buffer, sizeof(buffer), stdin))
		return NULL;
	buffer[strcspn(buffer, "\r\n")] = '\0';
	str_clear(line);
	str_add(line, view_trim(view_of(buffer)));
	return str_z(line);
}

/* Fills what is missing. 0 or an exit status. */
static int complete(const struct kind *k, struct answers *a, struct str *lines)
{
	if ((k->needs & NEED_HOST) && !a->host)
		a->host = ask("Name of the relay or hub", &lines[0]);
	if ((k->needs & NEED_DOMAINS) && !a->domains)
		a->domains = ask("Domains, with blanks or commas between them", &lines[1]);
	if ((k->needs & NEED_HOST) && (!a->host || !is_name_list(a->host)))
		return subcommand_usage("config", "new: %s is no name of a host (--host)",
					a->host ? a->host : "nothing");
	if ((k->needs & NEED_DOMAINS) && (!a->domains || !is_name_list(a->domains)))
		return subcommand_usage("config", "new: %s is no list of domains (--domains)",
					a->domains ? a->domains : "nothing");
	if (a->masquerade && !is_name_list(a->masquerade))
		return subcommand_usage("config", "new: %s is no domain (--masquerade)",
					a->masquerade);
	if (a->system && a->system[strspn(a->system, "abcdefghijklmnopqrstuvwxyz0123456789.-")])
		return subcommand_usage("config", "new: %s is no OSTYPE (--system)", a->system);
	return 0;
}

static void add_words(struct str *out, const char *list)
{
	bool is_first = true;

	for (const char *p = list; *p;) {
		size_t n = strcspn(p, ", ");

		if (n) {
			str_addf(out, "%s%.*s", is_first ? "" : " ", (int)n, p);
			is_first = false;
		}
		p += n + (p[n] != '\0');
	}
}

/* A line with its words filled in; nothing when the word is not known. */
static void add_line(struct str *out, struct view line, const struct answers *a)
{
	const struct {
		const char *word, *value;
	} words[] = {
		{"@HOST@",        a->host      },
		{ "@DOMAINS@",    a->domains   },
		{ "@MASQUERADE@", a->masquerade}
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t n = strlen(words[i].word);
		const char *at = memmem(line.p, line.len, words[i].word, n);

		if (!at)
			continue;
		if (words[i].value && words[i].value[0]) {
			str_add(out, view_from(line.p, (size_t)(at - line.p)));
			add_words(out, words[i].value);
			str_add(out, view_skip(line, (size_t)(at - line.p) + n));
			str_addc(out, '\n');
		}
		return;
	}
	str_add(out, line);
	str_addc(out, '\n');
}

static void compose(const struct kind *k, const struct answers *a, struct str *out)
{
	struct view rest = view_of(k->lines), line;

	str_addf(out, "VERSIONID(`%s: %s')dnl\n", k->name, k->what);
	str_addf(out, "OSTYPE(`%s')dnl\n", a->system ? a->system : "linux");
	while (view_cut(&rest, '\n', &line))
		if (line.len)
			add_line(out, line, a);
	str_addz(out, "MAILER(`local')dnl\nMAILER(`smtp')dnl\n");
}

static int write_new(const char *path, const struct str *text)
{
	own_fd int fd = path ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644) : dup(1);

	if (fd < 0 || write(fd, text->p, text->len) != (ssize_t)text->len) {
		fprintf(stderr, "postrider config: %s: %s\n", path ? path : "standard output",
			strerror(errno));
		return EX_CANTCREAT_;
	}
	return 0;
}

static int parse_new(int argc, char **argv, struct answers *a)
{
	for (int i = 1; i < argc; i++) {
		const char **value = strcmp(argv[i], "--kind") == 0         ? &a->kind
				     : strcmp(argv[i], "--host") == 0       ? &a->host
				     : strcmp(argv[i], "--domains") == 0    ? &a->domains
				     : strcmp(argv[i], "--masquerade") == 0 ? &a->masquerade
				     : strcmp(argv[i], "--system") == 0     ? &a->system
				     : strcmp(argv[i], "-o") == 0           ? &a->out
									    : NULL;

		if (!value)
			return subcommand_usage("config", "new: %s is not expected", argv[i]);
		if (++i >= argc)
			return subcommand_usage("config", "new: %s needs a value", argv[i - 1]);
		*value = argv[i];
	}
	return 0;
}

int config_new(int argc, char **argv)
{
	struct str lines[3] = { STR_MAX(1024), STR_MAX(1024), STR_MAX(1024) };
	own_str struct str text = STR_MAX(16384);
	struct answers a = { 0 };
	const struct kind *k;
	int rc = parse_new(argc, argv, &a);

	if (rc == 0 && !a.kind) {
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
			fprintf(stderr, "  %-18s %s\n", kinds[i].name, kinds[i].what);
		a.kind = ask("Which kind of site", &lines[2]);
	}
	k = rc == 0 && a.kind ? kind_named(a.kind) : NULL;
	if (rc == 0 && !k)
		rc = subcommand_usage("config", "new: %s is no kind of site",
				      a.kind && a.kind[0] ? a.kind : "nothing");
	if (rc == 0)
		rc = complete(k, &a, lines);
	if (rc == 0) {
		compose(k, &a, &text);
		rc = write_new(a.out, &text);
	}
	if (rc == 0 && a.out)
		fprintf(stderr,
			"Next:\npostrider config build -o /etc/mail/sendmail.cf %s\n%s"
			"newaliases\npostrider check\n",
			a.out, k->next);
	for (size_t i = 0; i < 3; i++)
		str_done(&lines[i]);
	return rc;
}
