/* mailer_line.c - M lines, the mailers that need none, and the checks that make a mailer usable (contract/mailers.md). */
#include "base/mem.h"
#include "config/load.h"

#define RECIPIENTS_DEFAULT 100
#define LINE_LIMIT_L       990
#define ARGV_MAX           256

struct view equates_of(struct view text)
{
	while (text.len && (text.p[0] == ',' || isspace((unsigned char)text.p[0])))
		text = view_skip(text, 1);
	return text;
}

bool equate_next(struct view *rest, struct equate *out)
{
	struct view v = *rest;
	size_t n = 0;

	while (v.len && (v.p[0] == ',' || isspace((unsigned char)v.p[0])))
		v = view_skip(v, 1);
	if (v.len == 0) { /* nothing more, or nothing behind a comma */
		bool is_open = view_find(*rest, ',') < rest->len;

		*rest = v;
		*out = (struct equate){ .letter = '\0' };
		return is_open;
	}
	*out = (struct equate){ .letter = v.p[0] };
	while (n < v.len && v.p[n] != '=' && v.p[n] != ',')
		n++;
	if (n >= v.len || v.p[n] == ',') {
		*rest = view_skip(v, n);
		return true;
	}
	out->has_value = true;
	v = view_skip(v, n + 1);
	while (v.len && isspace((unsigned char)v.p[0]))
		v = view_skip(v, 1);
	for (n = 0; n < v.len && v.p[n] != ','; n++) {
		if (v.p[n] == '\\' && n + 1 < v.len)
			n++;
	}
	out->value = view_first(v, n);
	*rest = view_skip(v, n);
	return true;
}

/* ---- one mailer ---- */

struct mailer *config_mailer(const struct config *cf, struct view name)
{
	for (int i = 0; i < cf->n_mailers; i++) {
		if (view_eq_nocase(cf->mailers[i]->name, name))
			return cf->mailers[i];
	}
	return NULL;
}

static struct mailer *mailer_make(struct loader *ld, struct view name)
{
	struct mailer *m = ARENA_NEW(ld->cf->arena, struct mailer);

	m->name = arena_dup(ld->cf->arena, name);
	m->max_rcpts = RECIPIENTS_DEFAULT;
	m->sender_env_set = m->sender_hdr_set = m->rcpt_env_set = m->rcpt_hdr_set = -1;
	return m;
}

/* A mailer of the same name gives its place, and so its number, to the new one. */
static bool mailer_install(struct loader *ld, struct mailer *m)
{
	struct config *cf = ld->cf;

	for (int i = 0; i < cf->n_mailers; i++) {
		if (view_eq_nocase(cf->mailers[i]->name, m->name)) {
			m->number = i;
			cf->mailers[i] = m;
			return true;
		}
	}
	if (cf->n_mailers == CONFIG_MAILERS_MAX) {
		load_error(ld, "too many mailers defined (%d max)", CONFIG_MAILERS_MAX);
		return false;
	}
	m->number = cf->n_mailers;
	cf->mailers[cf->n_mailers++] = m;
	return true;
}

static void set_flags(struct mailer *m, struct view value)
{
	for (size_t i = 0; i < value.len; i++) {
		if (isascii((unsigned char)value.p[i]) && !isspace((unsigned char)value.p[i]))
			flag_add(&m->flags, value.p[i]);
	}
}

/* "envelope/header" or one name for both. "0" and nothing mean none. */
static bool set_rulesets(struct loader *ld, struct view value, struct view out_names[2],
			 int out_sets[2])
{
	struct view rest = value, part;

	for (int i = 0; i < 2 && view_cut(&rest, '/', &part); i++) {
		part = view_trim(part);
		if (part.len == 0)
			load_error(ld, "invalid ruleset name: \"" VIEW_FMT "\"",
				   VIEW_ARG(view_first(i ? rest : value, 20)));
		if (part.len == 0)
			return false;
		if (view_eq(part, VIEW("0"))) {
			out_names[i] = VIEW_NONE, out_sets[i] = -1;
		} else {
			out_names[i] = part, out_sets[i] = ruleset_intern(ld, part);
			if (out_sets[i] < 0)
				return false;
		}
		if (i == 0) {
			out_names[1] = out_names[0];
			out_sets[1] = out_sets[0];
		}
	}
	return true;
}

/* MTA/address/diagnostic; a part that is not said is that of SMTP. The third one has what slashes are left. */
static void set_types(struct mailer *m, struct view value)
{
	struct view mta = VIEW_NONE, addr = VIEW_NONE;

	view_cut(&value, '/', &mta);
	view_cut(&value, '/', &addr);
	m->type_mta = mta.len ? mta : VIEW("dns");
	m->type_addr = addr.len ? addr : VIEW("rfc822");
	m->type_diag = value.len ? value : VIEW("smtp");
}

/* Arguments are templates; blanks part them. */
static void set_argv(struct loader *ld, struct mailer *m, struct view value)
{
	struct view rest = value, word;
	own_str struct str text = STR_MAX(MACRO_VALUE_MAX);
	int n = 0;

	m->argv = ARENA_ARRAY(ld->cf->arena, struct view, ARGV_MAX);
	while (n < ARGV_MAX - 1 && view_word(&rest, &word)) {
		m->argv[n++] = load_encode(ld, word);
		if (text.len)
			str_addc(&text, ' ');
		str_add(&text, word);
	}
	m->argc = n;
	m->args_text = arena_dup(ld->cf->arena, str_view(&text));
}

/* "user:group", any one byte between them; numbers as C writes them. */
static void set_user(struct loader *ld, struct mailer *m, struct view value)
{
	struct user_spec u;
	struct view group;
	size_t n = 0;

	m->user_text = value;
	if (value.len == 0 ||
	    (!isalnum((unsigned char)value.p[0]) && !strchr("_-.$", value.p[0]))) {
		load_error(ld, "mailer " VIEW_FMT ": null user name", VIEW_ARG(m->name));
		return;
	}
	value = load_expand(ld, value);
	while (n < value.len && (isalnum((unsigned char)value.p[n]) || strchr("_-", value.p[n])))
		n++;
	group = view_trim(view_skip(view_trim(view_skip(value, n)), 1));
	if (!load_user_group(ld, "mailer U= flag", view_first(value, n), group, 0, &u))
		return;
	m->has_user = true;
	m->has_gid = u.has_gid;
	m->uid = u.uid;
	m->gid = u.gid;
}

static bool needs_text(struct loader *ld, const struct mailer *m, struct view value,
		       const char *what)
{
	if (value.len)
		return true;
	load_error(ld, "mailer " VIEW_FMT ": null %s", VIEW_ARG(m->name), what);
	return false;
}

static void set_number_equate(struct mailer *m, char letter, struct view value)
{
	int64_t n = load_number(value, 10);
	int small = (int)n; /* what is too large has always been shown cut off */

	switch (letter) {
	case 'r':
		m->max_rcpts = small > 0 ? small : RECIPIENTS_DEFAULT;
		break;
	case 'M':
		m->max_size = n;
		break;
	case 'm':
		m->max_messages = small > 0 ? small : 0;
		break;
	case 'L':
		m->line_limit = small > 0 ? small : 0;
		break;
	default:
		m->nice = small;
		break;
	}
}

static void set_queue_equate(struct loader *ld, struct mailer *m, struct view value)
{
	if (!needs_text(ld, m, value, "queue"))
		return;
	if (config_group(ld->cf, value))
		m->queue_group = value;
	else
		load_error(ld, "mailer " VIEW_FMT ": unknown queue " VIEW_FMT, VIEW_ARG(m->name),
			   VIEW_ARG(value));
}

/* False when the rest of the line is not read. */
static bool set_text_equate(struct loader *ld, struct mailer *m, char letter, struct view value)
{
	struct view names[2] = { VIEW_NONE, VIEW_NONE };
	int sets[2] = { -1, -1 };

	switch (letter) {
	case 'P':
		m->path = value;
		break;
	case 'F':
		set_flags(m, value);
		break;
	case 'S':
		if (!set_rulesets(ld, value, names, sets))
			return false;
		m->sender_env = names[0], m->sender_hdr = names[1];
		m->sender_env_set = sets[0], m->sender_hdr_set = sets[1];
		break;
	case 'R':
		if (!set_rulesets(ld, value, names, sets))
			return false;
		m->rcpt_env = names[0], m->rcpt_hdr = names[1];
		m->rcpt_env_set = sets[0], m->rcpt_hdr_set = sets[1];
		break;
	case 'E':
		if (needs_text(ld, m, value, "end-of-line string"))
			m->eol = value;
		break;
	case 'A':
		set_argv(ld, m, value);
		break;
	case 'D':
		if (needs_text(ld, m, value, "working directory"))
			m->dirs = load_encode(ld, value);
		break;
	case 'C':
		if (needs_text(ld, m, value, "charset"))
			m->charset = value;
		break;
	case 'T':
		set_types(m, value);
		break;
	case 'U':
		set_user(ld, m, value);
		break;
	case 'W':
		m->wait_s = (int)load_time(ld, value, 's');
		break;
	case 'Q':
		set_queue_equate(ld, m, value);
		break;
	case '/':
		if (needs_text(ld, m, value, "root directory"))
			m->root = load_encode(ld, value);
		break;
	default:
		load_error(ld, "M" VIEW_FMT ": unknown mailer equate %c=", VIEW_ARG(m->name),
			   load_shown_letter(letter));
	}
	return true;
}

static bool read_equates(struct loader *ld, struct mailer *m, struct view text)
{
	struct equate e;

	while (equate_next(&text, &e)) {
		if (!e.has_value) {
			load_error(ld, "mailer " VIEW_FMT ": `=' expected", VIEW_ARG(m->name));
			return false;
		}
		if (!strchr("PCET",
			    e.letter)) /* in these a blank at the end belongs to the value */
			e.value = view_trim_end(e.value);
		e.value = load_munch(ld, e.value);
		if (strchr("rMmLN", e.letter))
			set_number_equate(m, e.letter, e.value);
		else if (!set_text_equate(ld, m, e.letter, e.value))
			return false;
	}
	return true;
}

static bool is_argument(const struct mailer *m, int i, const char *word)
{
	return i < m->argc && view_eq(m->argv[i], view_of(word));
}

static bool check_ipc(struct loader *ld, const struct mailer *m)
{
	if (m->argc < 2) {
		load_error(ld, "M" VIEW_FMT ": too few parameters for " VIEW_FMT " mailer",
			   VIEW_ARG(m->name), VIEW_ARG(m->path));
		return false;
	}
	if (view_eq(m->path, VIEW("[FILE]")) && !is_argument(m, 0, "FILE")) {
		load_error(ld, "M" VIEW_FMT ": first argument in [FILE] mailer must be FILE",
			   VIEW_ARG(m->name));
		return false;
	}
	if (view_eq(m->path, VIEW("[FILE]")) && m->argc > 2) {
		load_error(ld, "M" VIEW_FMT ": too many parameters for [FILE] mailer",
			   VIEW_ARG(m->name));
		return false;
	}
	if (view_eq(m->path, VIEW("[IPC]")) && !is_argument(m, 0, "TCP") &&
	    !is_argument(m, 0, "FILE"))
		load_plain(ld, 0,
			   "M" VIEW_FMT
			   ": Warning: first argument in [IPC] mailer must be TCP or FILE",
			   VIEW_ARG(m->name));
	return true;
}

static bool check_mailer(struct loader *ld, const struct mailer *m)
{
	if (m->argc == 0) {
		load_error(ld, "M" VIEW_FMT ": A= argument required", VIEW_ARG(m->name));
		return false;
	}
	if (m->path.len == 0) {
		load_error(ld, "M" VIEW_FMT ": P= argument required", VIEW_ARG(m->name));
		return false;
	}
	if (view_eq(m->path, VIEW("[TCP]"))) {
		load_error(ld, "M" VIEW_FMT ": P=[TCP] must be replaced by P=[IPC]",
			   VIEW_ARG(m->name));
		return false;
	}
	if (view_eq(m->path, VIEW("[IPC]")) || view_eq(m->path, VIEW("[FILE]")))
		return check_ipc(ld, m);
	return true;
}

static bool has_user_argument(const struct mailer *m)
{
	for (int i = 0; i < m->argc; i++) {
		if (view_search(m->argv[i], VIEW("\x81u")) < m->argv[i].len)
			return true;
	}
	return false;
}

/* What was not said: the line end and the types follow from how the mailer is reached. */
static void fill_defaults(struct mailer *m)
{
	bool is_ipc = view_eq(m->path, VIEW("[IPC]"));

	if (is_ipc && view_is_none(m->type_mta))
		m->type_mta = VIEW("dns");
	if (is_ipc && view_is_none(m->type_addr))
		m->type_addr = VIEW("rfc822");
	if (is_ipc && view_is_none(m->type_diag))
		m->type_diag = is_argument(m, 0, "FILE") ? VIEW("x-unix") : VIEW("smtp");
	if (view_is_none(m->eol))
		m->eol = has_user_argument(m) || view_eq(m->path, VIEW("/dev/null")) ? VIEW("\n")
										     : VIEW("\r\n");
	if (m->line_limit == 0 && flag_has(&m->flags, 'L'))
		m->line_limit = LINE_LIMIT_L;
}

void mailer_line(struct loader *ld, struct view text)
{
	size_t n = 0;
	struct mailer *m;

	while (n < text.len && text.p[n] != ',' && !isspace((unsigned char)text.p[n]))
		n++;
	if (n == 0) {
		load_error(ld, "name required for mailer");
		return;
	}
	m = mailer_make(ld, load_show(ld, view_first(text, n)));
	if (!read_equates(ld, m, equates_of(view_skip(text, n))) || !check_mailer(ld, m))
		return;
	fill_defaults(m);
	mailer_install(ld, m);
}

/* ---- all mailers ---- */

void mailers_start(struct loader *ld)
{
	mailer_line(ld, VIEW("prog, P=/bin/sh, F=lsouDq9, T=X-Unix/X-Unix/X-Unix, A=sh -c $u"));
	mailer_line(ld, VIEW("*file*, P=[FILE], F=lsDFMPEouq9, T=X-Unix/X-Unix/X-Unix, A=FILE $u"));
	mailer_line(ld, VIEW("*include*, P=/dev/null, F=su, A=INCLUDE $u"));
}

void mailers_finish(struct loader *ld)
{
	struct config *cf = ld->cf;

	cf->local_mailer = config_mailer(cf, VIEW("local"));
	cf->prog_mailer = config_mailer(cf, VIEW("prog"));
	cf->file_mailer = config_mailer(cf, VIEW("*file*"));
	cf->include_mailer = config_mailer(cf, VIEW("*include*"));
	if (cf->prog_mailer) /* one recipient at a time, whatever the flags say */
		flag_drop(&cf->prog_mailer->flags, 'm');
	if (cf->file_mailer)
		flag_drop(&cf->file_mailer->flags, 'm');
	if (cf->include_mailer)
		flag_drop(&cf->include_mailer->flags, 'm');
	if (!cf->local_mailer) {
		load_plain(ld, LOAD_SOFTWARE, "No local mailer defined");
		return;
	}
	if (cf->level < 6)
		set_flags(cf->local_mailer, VIEW("Aw5:|/@"));
	if (cf->level < 7)
		set_flags(cf->local_mailer, VIEW("q"));
}
