/*
 * config_diff.c - postrider config diff: two configurations are asked the same, and what differs is told.
 *
 * Lines of the files (options, mailers, header fields, filters, queue groups) are compared as sets, with one blank for many.
 * Addresses and clients are asked as postrider explain asks them; line numbers and what rules did on the way are no difference.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config/option_table.h"
#include "mail/status.h"
#include "programs/bench.h"
#include "programs/check_files.h"
#include "programs/config_command.h"
#include "programs/explain.h"
#include "programs/postrider.h"

#define CLIENTS_MAX 64
#define ARENA_MAX   ((size_t)256 << 20)
#define TEXT_MAX    ((size_t)4 << 20)

struct side {
	const char *given;
	char path[64]; /* of a .cf made of an .mc; "" when given is one */
	struct bench bench;
};

struct comparison {
	struct side sides[2];
	const char *from, *tree;
	const char *clients[CLIENTS_MAX];
	size_t n_clients;
	const char *const *addresses;
	size_t n_addresses;
	size_t n_differences;
};

/* ---- the lines of the files ---- */

/* "O Name=value" with the full name; an old "Ovalue" by its letter. */
static void add_option(struct view line, struct str *out)
{
	const struct option_row *two[2], *row;
	struct view rest = view_skip(line, 1), name;
	bool is_short;

	if (!rest.len)
		return;
	if (rest.p[0] != ' ') {
		row = option_by_letter(rest.p[0]);
		name = row ? view_of(row->name) : view_first(rest, 1);
		rest = view_trim(view_skip(rest, 1));
	} else {
		rest = view_trim(rest);
		view_cut(&rest, '=', &name);
		name = view_trim_end(name);
		row = option_by_name(name, two, &is_short);
		name = row && view_find(name, '.') == name.len ? view_of(row->name) : name;
		rest = view_trim(rest);
	}
	str_addf(out, "O " VIEW_FMT "=" VIEW_FMT, VIEW_ARG(name), VIEW_ARG(rest));
}

static void add_squeezed(struct view line, struct str *out)
{
	bool was_blank = false;

	line = view_trim(line);
	for (size_t i = 0; i < line.len; i++) {
		bool is_blank = line.p[i] == ' ' || line.p[i] == '\t' || line.p[i] == '\n';

		if (!is_blank || !was_blank)
			str_addc(out, is_blank ? ' ' : line.p[i]);
		was_blank = is_blank;
	}
}

/* The next line with what continues it. */
static bool next_line(struct view *rest, struct view *out)
{
	size_t n = 0;

	if (!rest->len)
		return false;
	do {
		n += view_find(view_skip(*rest, n), '\n') + 1;
	} while (n < rest->len && (rest->p[n] == ' ' || rest->p[n] == '\t'));
	if (n > rest->len)
		n = rest->len;
	*out = view_first(*rest, n);
	*rest = view_skip(*rest, n);
	return true;
}

/* Lines of the kinds that are compared, each with a newline behind it. */
static int gather_lines(const char *path, struct str *out)
{
	own_str struct str text = STR_MAX(TEXT_MAX);
	struct view rest, line;
	int rc = check_read_file(path, &text);

	if (rc < 0)
		return rc;
	rest = view_from(text.p, text.len);
	while (next_line(&rest, &line)) {
		if (!line.len || !strchr("OMHXQPV", line.p[0]))
			continue;
		if (line.p[0] == 'O')
			add_option(view_trim_end(line), out);
		else
			add_squeezed(line, out);
		str_addc(out, '\n');
	}
	return 0;
}

static bool has_line(struct view text, struct view wanted)
{
	struct view line;

	while (view_cut(&text, '\n', &line))
		if (view_eq(line, wanted))
			return true;
	return false;
}

static size_t print_missing(const struct str *from, const struct str *in, char mark)
{
	struct view rest = view_from(from->p, from->len), line;
	size_t n = 0;

	while (view_cut(&rest, '\n', &line)) {
		if (!line.len || has_line(view_from(in->p, in->len), line))
			continue;
		printf("%c " VIEW_FMT "\n", mark, VIEW_ARG(line));
		n++;
	}
	return n;
}

static int compare_lines(struct comparison *c)
{
	struct str lines[2] = { STR_MAX(TEXT_MAX), STR_MAX(TEXT_MAX) };
	int rc = 0;

	for (size_t i = 0; i < 2 && rc == 0; i++)
		if (gather_lines(c->sides[i].bench.path, &lines[i]) < 0)
			rc = EX_NOINPUT_;
	if (rc == 0) {
		c->n_differences += print_missing(&lines[0], &lines[1], '-');
		c->n_differences += print_missing(&lines[1], &lines[0], '+');
	}
	str_done(&lines[0]);
	str_done(&lines[1]);
	return rc;
}

/* ---- addresses and clients ---- */

static void add_rcpt(const struct ex_rcpt *r, struct str *out)
{
	const struct rcpt *rcpt = r->rcpt;
	const struct triple *t = &rcpt->triple;

	switch (rcpt->state) {
	case RCPT_EXPANDED:
		return;
	case RCPT_DROPPED:
		str_addz(out, "dropped\n");
		return;
	case RCPT_FAILED:
	case RCPT_DEFERRED:
		str_addf(out, "%s: " VIEW_FMT "\n",
			 rcpt->state == RCPT_FAILED ? "refused" : "later",
			 VIEW_ARG(rcpt->status.text));
		return;
	default:
		str_addf(out, VIEW_FMT " " VIEW_FMT " " VIEW_FMT "\n",
			 VIEW_ARG(t->mailer ? t->mailer->name : VIEW("no mailer")),
			 VIEW_ARG(t->host.len ? t->host : VIEW("-")), VIEW_ARG(t->user));
	}
	if (r->route) {
		const struct ex_names *n = &r->route->names;

		str_addf(out, "sender " VIEW_FMT ", in the header " VIEW_FMT "\n",
			 VIEW_ARG(n->mail_from), VIEW_ARG(n->header_from));
		str_addf(out, "recipient " VIEW_FMT ", in the header " VIEW_FMT "\n",
			 VIEW_ARG(n->rcpt_to), VIEW_ARG(n->header_to));
	}
}

/* The greeting and the answer to EHLO hold the time; their codes count, and what is offered. */
static void add_said(const struct ex_said *s, struct str *out)
{
	bool is_good = s->reply.len > 3 && s->reply.p[0] == '2';

	if (!s->command.len && is_good)
		str_addf(out, "connected: " VIEW_FMT "\n", VIEW_ARG(view_first(s->reply, 3)));
	else if (!s->command.len)
		str_addf(out, "connected: " VIEW_FMT "\n", VIEW_ARG(view_trim(s->reply)));
	else
		str_addf(out, VIEW_FMT ": " VIEW_FMT "\n", VIEW_ARG(s->command),
			 VIEW_ARG(view_trim(s->reply)));
}

static int gather_answers(struct side *s, const struct comparison *c, const char *address,
			  const char *client, struct str *out)
{
	own_arena struct arena *arena = arena_new(ARENA_MAX);
	own_str struct str why = STR_MAX(512);
	const char *from = c->from ? c->from : "postmaster";
	struct view sender = view_of(from);
	struct explanation x = { .snap = s->bench.snap,
				 .slot = s->bench.slot,
				 .services = &s->bench.services,
				 .arena = arena,
				 .config_path = view_of(s->bench.path),
				 .has_sender = c->from != NULL,
				 .client = client,
				 .addresses = &address,
				 .n_addresses = 1 };
	int rc = 0;

	if (sender.len >= 2 && sender.p[0] == '<' && sender.p[sender.len - 1] == '>')
		sender = view_from(sender.p + 1, sender.len - 2);
	x.sender = sender;
	ex_gather(&x);
	if (client && ex_gather_client(&x, &why) != EX_OK_)
		rc = subcommand_usage("config", "diff: %s", str_z(&why));
	for (const struct ex_rcpt *r = client ? NULL : x.rcpts[0]; r; r = r->next)
		add_rcpt(r, out);
	for (const struct ex_said *q = client && rc == 0 ? x.heard->said : NULL; q; q = q->next)
		add_said(q, out);
	envelope_free(x.envelopes[0]);
	return rc;
}

static int compare_one(struct comparison *c, const char *address, const char *client)
{
	struct str answers[2] = { STR_MAX(TEXT_MAX), STR_MAX(TEXT_MAX) };
	int rc = 0;

	for (size_t i = 0; i < 2 && rc == 0; i++)
		rc = gather_answers(&c->sides[i], c, address, client, &answers[i]);
	if (rc == 0 && !view_eq(view_from(answers[0].p, answers[0].len),
				view_from(answers[1].p, answers[1].len))) {
		if (client)
			printf("client %s, to %s\n", client, address);
		else
			printf("%s\n", address);
		print_missing(&answers[0], &answers[1], '-');
		print_missing(&answers[1], &answers[0], '+');
		c->n_differences++;
	}
	str_done(&answers[0]);
	str_done(&answers[1]);
	return rc;
}

static int compare(struct comparison *c)
{
	int rc = compare_lines(c);

	for (size_t i = 0; i < c->n_addresses && rc == 0; i++) {
		rc = compare_one(c, c->addresses[i], NULL);
		for (size_t k = 0; k < c->n_clients && rc == 0; k++)
			rc = compare_one(c, c->addresses[i], c->clients[k]);
	}
	return rc ? rc : c->n_differences > 0;
}

/* ---- what is compared ---- */

static bool is_mc(const char *path)
{
	size_t n = strlen(path);

	return n > 3 && strcmp(path + n - 3, ".mc") == 0;
}

/* What is wrong in a configuration was told; the rest of it can be compared all the same. */
static int bench_of(struct side *s, const char *path)
{
	int rc = access(path, R_OK) < 0 ? EX_NOINPUT_ : bench_open(&s->bench, path);

	if (rc == EX_NOINPUT_)
		fprintf(stderr, "postrider config: %s cannot be read\n", path);
	return rc == EX_CONFIG_ && s->bench.slot ? 0 : rc;
}

static int side_open(struct side *s, const char *tree)
{
	int rc, fd;

	if (!is_mc(s->given))
		return bench_of(s, s->given);
	snprintf(s->path, sizeof(s->path), "/tmp/postrider-config.XXXXXX");
	fd = mkstemp(s->path);
	if (fd < 0) {
		s->path[0] = '\0';
		return EX_CANTCREAT_;
	}
	close(fd);
	rc = config_build_mc(s->given, tree, s->path);
	return rc ? rc : bench_of(s, s->path);
}

static void side_close(struct side *s)
{
	if (s->bench.snap)
		bench_close(&s->bench);
	if (s->path[0])
		unlink(s->path);
}

static int parse_diff(int argc, char **argv, struct comparison *c)
{
	static const char *const common_addresses[] = { "root",
							"postmaster",
							"nobody@localhost",
							"user@example.com",
							"user@sub.example.net",
							"user@[192.0.2.1]" };
	static const char *const common_clients[] = { "127.0.0.1,localhost",
						      "192.0.2.1,client.example.com" };
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;

		if (!value)
			return subcommand_usage("config", "diff: %s needs a value", argv[i]);
		if (strcmp(argv[i], "--from") == 0)
			c->from = value;
		else if (strcmp(argv[i], "--tree") == 0)
			c->tree = value;
		else if (strcmp(argv[i], "--client") != 0)
			return subcommand_usage("config", "diff: %s is not expected", argv[i]);
		else if (c->n_clients == CLIENTS_MAX)
			return subcommand_usage("config", "diff: that are too many clients");
		else
			c->clients[c->n_clients++] = value;
		i++;
	}
	if (argc - i < 2)
		return subcommand_usage("config", "diff needs two files, .cf or .mc");
	c->sides[0].given = argv[i];
	c->sides[1].given = argv[i + 1];
	c->addresses = (const char *const *)argv + i + 2;
	c->n_addresses = (size_t)(argc - i - 2);
	if (c->n_addresses == 0) {
		c->addresses = common_addresses;
		c->n_addresses = sizeof(common_addresses) / sizeof(common_addresses[0]);
	}
	if (c->n_clients == 0)
		for (size_t k = 0; k < sizeof(common_clients) / sizeof(common_clients[0]); k++)
			c->clients[c->n_clients++] = common_clients[k];
	return 0;
}

int config_diff(int argc, char **argv)
{
	struct comparison c = { 0 };
	int rc = parse_diff(argc, argv, &c);

	for (size_t i = 0; i < 2 && rc == 0; i++)
		rc = side_open(&c.sides[i], c.tree);
	if (rc == 0)
		rc = compare(&c);
	side_close(&c.sides[0]);
	side_close(&c.sides[1]);
	fflush(stdout);
	return rc;
}
