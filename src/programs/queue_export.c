/* queue_export.c - queue export: messages as message/rfc822, one to standard output, several as an mbox or as files. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/own.h"
#include "config/macros.h"
#include "envelope/qf.h"
#include "mail/address.h"
#include "mail/date.h"
#include "mail/status.h"
#include "programs/postrider.h"
#include "programs/queue_command.h"
#include "queue/operate.h"

struct export_run {
	struct queue_run_ctx *c;
	FILE *out; /* of this message */
	bool is_mbox;
	size_t n_done, n_not_made, n_bodiless, n_gone, n_failed;
};

/* Has the message a field of that name that is not bound to a condition? */
static bool has_plain_field(const struct envelope *e, struct view name)
{
	LIST_EACH (&e->header.fields, it) {
		const struct header_field *f = LIST_OWNER(it, struct header_field, link);

		if (f->raw_condition.len == 0 && view_eq_nocase(f->name, name))
			return true;
	}
	return false;
}

/* One field as it would be delivered, addresses not rewritten. */
static void print_field(struct export_run *x, const struct envelope *e,
			const struct header_field *f)
{
	own_str struct str value = STR_MAX(1 << 20);

	if (f->raw_condition.len && has_plain_field(e, f->name))
		return;
	if (f->flags & HEADER_TEMPLATE)
		macros_expand(e->macros, f->value, &value);
	else
		str_add(&value, f->value);
	/* Not as text: there may be NUL bytes in it. */
	fwrite(f->name.p, 1, f->name.len, x->out);
	fputc(':', x->out);
	fwrite(value.p, 1, value.len, x->out);
	fputc('\n', x->out);
}

/* An address in a line of its own making: no byte of it ends the line or commands a terminal. */
static void add_address(struct str *out, struct view address)
{
	for (size_t i = 0; i < address.len; i++) {
		unsigned char c = (unsigned char)address.p[i];

		str_addc(out, c < 0x20 || c == 0x7f ? '?' : (char)c);
	}
}

static void print_envelope_field(struct export_run *x, const char *name, struct view address)
{
	own_str struct str line = STR_MAX(8192);

	str_addf(&line, "%s: ", name);
	add_address(&line, address);
	fprintf(x->out, "%s\n", str_z(&line));
}

static void print_envelope_fields(struct export_run *x, const struct envelope *e)
{
	print_envelope_field(x, "X-Envelope-From", e->sender);
	LIST_EACH (&e->rcpts, it) {
		const struct rcpt *r = LIST_OWNER(it, struct rcpt, link);

		print_envelope_field(x, "X-Envelope-To", r->address);
	}
}

/* mbox: a line that begins with "From ", or with that behind ">", gets one ">" more. */
static bool is_from_line(struct view line)
{
	while (line.len && line.p[0] == '>')
		line = view_skip(line, 1);
	return line.len >= 5 && memcmp(line.p, "From ", 5) == 0;
}

static int print_body(struct export_run *x, struct body *body)
{
	struct body_reader r;
	struct view line;
	bool is_whole, at_start = true;
	int result;

	body_reader_init(&r, body);
	while ((result = body_read_line(&r, &line, &is_whole)) > 0) {
		if (at_start && x->is_mbox && is_from_line(line))
			fputc('>', x->out);
		fwrite(line.p, 1, line.len, x->out);
		if (is_whole)
			fputc('\n', x->out);
		at_start = is_whole;
	}
	body_reader_done(&r);
	if (!at_start)
		fputc('\n', x->out);
	return result;
}

/* "From sender Sat Nov 21 10:00:00 2026": readers find the end of the sender at a blank, so it has none. */
static void print_from_line(struct export_run *x, struct view sender, int64_t created_s)
{
	char date[DATE_TEXT_MAX];
	own_str struct str line = STR_MAX(8192);

	add_address(&line, sender.len ? sender : VIEW("MAILER-DAEMON"));
	for (size_t i = 0; i < line.len; i++)
		if (line.p[i] == ' ')
			line.p[i] = '_';
	date_ctime(created_s, date);
	fprintf(x->out, "From %s %s\n", str_z(&line), date);
}

static int print_message(struct export_run *x, const struct envelope *e)
{
	struct view sender = address_bare(e->sender, e->arena);
	int result = 0;

	macros_set(e->macros, 'g', sender);
	if (x->is_mbox)
		print_from_line(x, sender, e->created_s);
	if (x->c->wish->with_envelope)
		print_envelope_fields(x, e);
	LIST_EACH (&e->header.fields, it)
		print_field(x, e, LIST_OWNER(it, struct header_field, link));
	fputc('\n', x->out);
	if (e->body)
		result = print_body(x, e->body);
	if (x->is_mbox)
		fputc('\n', x->out);
	return result < 0 ? result : fflush(x->out) == 0 ? 0 : -errno;
}

static int load(struct export_run *x, const struct queue_choice *choice, struct view text,
		struct envelope *e)
{
	struct qf_error error = { 0 };
	struct stat st;
	int fd, result = qf_read(text, e, &error);
	int dir = spool_body_dir(x->c->spool, choice->dir, text);

	if (result < 0)
		return result;
	fd = dir < 0 ? -ENOENT : spool_open_body(x->c->spool, dir, choice->id);
	if (fd == -ENOENT) {
		fprintf(stderr, "postrider queue: %s: its body is lost (no df file)\n", choice->id);
		x->n_bodiless++;
		return 0;
	}
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0) {
		close(fd);
		return -EIO;
	}
	e->body = body_open_file(fd, 0, st.st_size);
	return 0;
}

static int open_out(struct export_run *x, const struct queue_choice *choice)
{
	const char *directory = x->c->wish->directory;
	own_str struct str path = STR_MAX(4096);
	int fd;

	if (!directory)
		return 0;
	str_addf(&path, "%s/%s.eml", directory, choice->id);
	fd = open(str_z(&path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	x->out = fd < 0 ? NULL : fdopen(fd, "w");
	return x->out ? 0 : -errno;
}

static void export_one(struct export_run *x, const struct queue_choice *choice)
{
	struct operate_on on = {
		.spool = x->c->spool, .dir = choice->dir, .letter = choice->letter, .id = choice->id
	};
	own_str struct str text = STR_MAX(SPOOL_QF_MAX);
	struct envelope *e = envelope_new(x->c->rt.snap);
	size_t *n_wrong;
	int result = 0;

	switch (operate_read(&on, &text, &result)) {
	case OPERATE_DONE:
		result = load(x, choice, str_view(&text), e);
		break;
	case OPERATE_GONE:
		x->n_gone++;
		envelope_free(e);
		return;
	default:
		break;
	}
	n_wrong = &x->n_failed;
	if (result == 0 && (result = open_out(x, choice)) < 0)
		n_wrong = &x->n_not_made;
	if (result == 0) {
		result = print_message(x, e);
		if (x->c->wish->directory && fclose(x->out) != 0 && result == 0)
			result = -EIO;
	}
	if (result == 0) {
		x->n_done++;
	} else {
		fprintf(stderr, "postrider queue: %s: %s\n", choice->id, strerror(-result));
		(*n_wrong)++;
	}
	envelope_free(e);
}

/* Where several go. An exit status. */
static int open_mbox(struct export_run *x, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	x->out = fd < 0 ? NULL : fdopen(fd, "w");
	if (x->out)
		return EX_OK_;
	fprintf(stderr, "postrider queue: %s: %s\n", path, strerror(errno));
	return EX_CANTCREAT_;
}

/* Can there be files in it? Said once, not for each message. */
static bool is_directory_usable(const char *path)
{
	own_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && access(path, W_OK | X_OK) == 0)
		return true;
	fprintf(stderr, "postrider queue: %s: %s\n", path, strerror(errno));
	return false;
}

static int export_all(struct export_run *x, const struct queue_chosen *chosen)
{
	const struct queue_wish *w = x->c->wish;
	size_t n_unknown = queue_pick_unknown(&w->pick, chosen->n);

	if (n_unknown && chosen->n)
		fprintf(stderr, "postrider queue: %zu id%s not found\n", n_unknown,
			n_unknown == 1 ? "" : "s");
	if ((w->mbox && open_mbox(x, w->mbox) != EX_OK_) ||
	    (w->directory && !is_directory_usable(w->directory)))
		return EX_CANTCREAT_;
	for (size_t i = 0; i < chosen->n; i++)
		export_one(x, &chosen->v[i]);
	if (w->mbox && fclose(x->out) != 0)
		x->n_failed++;
	if (w->mbox || w->directory)
		fprintf(stderr, "%zu message%s exported\n", x->n_done, x->n_done == 1 ? "" : "s");
	if (x->n_failed || x->n_bodiless)
		return EX_IOERR_;
	if (x->n_not_made)
		return EX_CANTCREAT_;
	return chosen->n == 0 || x->n_gone || n_unknown ? EX_NOINPUT_ : EX_OK_;
}

int queue_export(struct queue_run_ctx *c)
{
	struct export_run x = { .c = c, .out = stdout };
	struct queue_chosen chosen;
	int status;

	queue_ask_to_spill(c);
	queue_choose(c, &chosen);
	x.is_mbox = c->wish->mbox || (!c->wish->directory && chosen.n > 1);
	if (chosen.n == 0)
		fputs("postrider queue: no message matches\n", stderr);
	status = export_all(&x, &chosen);
	free(chosen.v);
	return status;
}
