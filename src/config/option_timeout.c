/* option_timeout.c - Timeout.* and QueueTimeout (contract/options.md 2.2). */
#include "config/load.h"
#include "config/option_table.h"

#define UNUSED    __attribute__((unused))
#define AT(field) offsetof(struct timeout_options, field)

#define RESOLVER_RETRANS_S 5 /* as the C library has them */
#define RESOLVER_RETRY     2
#define RESOLVER_MAX_S     600

enum timeout_kind { ONE, PER_CLASS, RETRANS, RETRY };

static const struct timeout_row {
	const char *name;
	enum timeout_kind kind;
	size_t offset;
	char unit;
	const char *initial;
} timeouts[] = {
	{"aconnect",          ONE,       AT(aconnect_s),         'm', NULL },
	{ "auth",             ONE,       AT(auth_s),             'm', "10m"},
	{ "command",          ONE,       AT(command_s),          'm', "1h" },
	{ "connect",          ONE,       AT(connect_s),          'm', NULL },
	{ "iconnect",         ONE,       AT(iconnect_s),         'm', NULL },
	{ "control",          ONE,       AT(control_s),          'm', "2m" },
	{ "datablock",        ONE,       AT(datablock_s),        'm', "1h" },
	{ "datafinal",        ONE,       AT(datafinal_s),        'm', "1h" },
	{ "datainit",         ONE,       AT(datainit_s),         'm', "5m" },
	{ "fileopen",         ONE,       AT(fileopen_s),         's', "60s"},
	{ "helo",             ONE,       AT(helo_s),             'm', "5m" },
	{ "hoststatus",       ONE,       AT(hoststatus_s),       'm', "30m"},
	{ "ident",            ONE,       AT(ident_s),            's', "5s" },
	{ "initial",          ONE,       AT(initial_s),          'm', "5m" },
	{ "lhlo",             ONE,       AT(lhlo_s),             'm', "2m" },
	{ "mail",             ONE,       AT(mail_s),             'm', "10m"},
	{ "misc",             ONE,       AT(misc_s),             'm', "2m" },
	{ "queuereturn",      PER_CLASS, AT(queuereturn_s),      'd', "5d" },
	{ "queuewarn",        PER_CLASS, AT(queuewarn_s),        'h', NULL },
	{ "quit",             ONE,       AT(quit_s),             'm', "2m" },
	{ "rcpt",             ONE,       AT(rcpt_s),             'm', "1h" },
	{ "resolver.retrans", RETRANS,   AT(resolver_retrans_s), 's', NULL },
	{ "resolver.retry",   RETRY,     AT(resolver_retry),     's', NULL },
	{ "rset",             ONE,       AT(rset_s),             'm', "5m" },
	{ "starttls",         ONE,       AT(starttls_s),         'm', "1h" },
};

static const char *const class_names[TIMEOUT_CLASSES] = { "normal", "urgent", "non-urgent", "dsn" };
static const char *const phase_names[RESOLVER_PHASES] = { "first", "normal" };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The index of a suffix, n for none or "*": all of them; -1 when it is no such word. */
static int suffix_of(struct view suffix, const char *const *names, int n)
{
	if (view_is_none(suffix) || view_eq(suffix, VIEW("*")))
		return n;
	for (int i = 0; i < n; i++) {
		if (view_eq_nocase(suffix, view_of(names[i])))
			return i;
	}
	return -1;
}

static void *at(struct loader *ld, const struct timeout_row *row)
{
	return (char *)&ld->cf->options.timeout + row->offset;
}

/* "now" is no time at all. */
static int64_t seconds_of(struct loader *ld, const struct timeout_row *row, struct view value)
{
	return view_eq_nocase(value, VIEW("now")) ? 0 : load_time(ld, value, row->unit);
}

/* The value of a class is looked at twice, so a bad unit is told twice, as users are used to. */
static bool set_per_class(struct loader *ld, const struct timeout_row *row, struct view suffix,
			  struct view value)
{
	struct timeout_options *t = &ld->cf->options.timeout;
	int which = suffix_of(suffix, class_names, TIMEOUT_CLASSES);
	bool is_now = view_eq_nocase(value, VIEW("now"));
	int64_t seconds;

	if (which < 0)
		return false;
	seconds_of(ld, row, value);
	seconds = seconds_of(ld, row, value);
	for (int i = 0; i < TIMEOUT_CLASSES; i++) {
		if (i != which && which != TIMEOUT_CLASSES)
			continue;
		((int64_t *)at(ld, row))[i] = seconds;
		if (row->offset == AT(queuereturn_s))
			t->is_queuereturn_now[i] = is_now;
	}
	return true;
}

static bool set_per_phase(struct loader *ld, const struct timeout_row *row, struct view suffix,
			  struct view value)
{
	int which = suffix_of(suffix, phase_names, RESOLVER_PHASES);
	int64_t seconds;

	if (which < 0 || view_eq(suffix, VIEW("*")))
		return false;
	seconds = seconds_of(ld, row, value);
	if (row->kind == RETRANS)
		seconds_of(ld, row, value);
	for (int i = 0; i < RESOLVER_PHASES; i++) {
		if (i != which && which != RESOLVER_PHASES)
			continue;
		if (row->kind == RETRANS)
			((int64_t *)at(ld, row))[i] = seconds;
		else
			((int *)at(ld, row))[i] = (int)load_number(value, 10);
	}
	return true;
}

static bool set_row(struct loader *ld, const struct timeout_row *row, struct view suffix,
		    struct view value)
{
	if (row->kind == PER_CLASS)
		return set_per_class(ld, row, suffix, value);
	if (row->kind != ONE)
		return set_per_phase(ld, row, suffix, value);
	if (!view_is_none(suffix))
		return false;
	*(int64_t *)at(ld, row) = seconds_of(ld, row, value);
	return true;
}

static void mark_set(struct loader *ld, const struct timeout_row *row)
{
	ld->cf->options.timeout.set_rows |= 1u << (row - timeouts);
}

/* What the command line said holds against the file, but only for the very same name: one for all classes in the file
 * replaces one for a class. */
static bool is_overridden(struct loader *ld, const struct timeout_row *row, struct view suffix)
{
	uint8_t *given = &ld->cf->options.timeout.on_command_line[row - timeouts];
	const char *const *names = row->kind == PER_CLASS ? class_names : phase_names;
	int n = row->kind == ONE ? 0 : row->kind == PER_CLASS ? TIMEOUT_CLASSES : RESOLVER_PHASES;
	int which = suffix_of(suffix, names, n);

	if (which < 0)
		return false;
	if (ld->line == 0)
		*given |= (uint8_t)(1 << which);
	return ld->line > 0 && (*given & 1 << which);
}

static bool set_named(struct loader *ld, struct view name, struct view value)
{
	_Static_assert(COUNT(timeouts) <= TIMEOUT_NAMES, "a byte for each name");

	for (size_t i = 0; i < COUNT(timeouts); i++) {
		struct view row_name = view_of(timeouts[i].name), suffix = VIEW_NONE;

		if (view_starts_nocase(name, row_name) && name.len > row_name.len &&
		    name.p[row_name.len] == '.')
			suffix = view_skip(name, row_name.len + 1);
		else if (!view_eq_nocase(name, row_name))
			continue;
		mark_set(ld, &timeouts[i]);
		return is_overridden(ld, &timeouts[i], suffix) ||
		       set_row(ld, &timeouts[i], suffix, value);
	}
	return false;
}

/* Without a name the value goes for the phases of a conversation that wait for the peer's data. */
static void set_unnamed(struct loader *ld, struct view value)
{
	struct timeout_options *t = &ld->cf->options.timeout;

	t->mail_s = t->rcpt_s = t->datainit_s = t->datablock_s = t->datafinal_s = t->command_s =
		load_time(ld, value, 'm');
}

static void set_or_complain(struct loader *ld, struct view name, struct view value)
{
	if (!set_named(ld, name, value))
		load_error(ld, "settimeout: invalid timeout " VIEW_FMT, VIEW_ARG(name));
}

/* The old form: "5m", or "name=5m,name=5m"; a word without its value says nothing. */
static void set_list(struct loader *ld, struct view value)
{
	struct view item;

	while (view_cut(&value, ',', &item)) {
		size_t equals;

		item = view_trim(item);
		equals = view_find(item, '=');
		if (item.len && isdigit((unsigned char)item.p[0]))
			set_unnamed(ld, item);
		else if (equals < item.len)
			set_or_complain(ld, view_first(item, equals), view_skip(item, equals + 1));
	}
}

void set_timeout(struct loader *ld, const struct option_row *row UNUSED, struct view sub,
		 struct view value)
{
	if (view_is_none(sub))
		set_list(ld, value);
	else
		set_or_complain(ld, sub, value);
}

/* Phases that nothing waits for in this version. */
static bool is_unbuilt(const struct timeout_row *row)
{
	static const size_t unbuilt[] = { AT(auth_s), AT(control_s), AT(misc_s), AT(quit_s),
					  AT(starttls_s) };

	for (size_t i = 0; i < COUNT(unbuilt); i++)
		if (row->offset == unbuilt[i])
			return true;
	return false;
}

static bool has_own_first(const struct timeout_options *t)
{
	return t->resolver_retrans_s[RESOLVER_FIRST] != t->resolver_retrans_s[RESOLVER_NORMAL] ||
	       t->resolver_retry[RESOLVER_FIRST] != t->resolver_retry[RESOLVER_NORMAL];
}

void timeouts_unbuilt(const struct timeout_options *t, struct str *out)
{
	for (size_t i = 0; i < COUNT(timeouts); i++)
		if ((t->set_rows & 1u << i) && is_unbuilt(&timeouts[i]))
			str_addf(out, " Timeout.%s", timeouts[i].name);
	if (has_own_first(t))
		str_addz(out, " Timeout.resolver.*.first");
}

int timeouts_resolver_ms(const struct timeout_options *t)
{
	int64_t wait_s = t->resolver_retrans_s[RESOLVER_NORMAL], all_s = 0;
	int tries = t->resolver_retry[RESOLVER_NORMAL];

	if (wait_s <= 0 && tries <= 0)
		return 0;
	wait_s = wait_s > 0 ? wait_s : RESOLVER_RETRANS_S;
	tries = tries > 0 ? tries : RESOLVER_RETRY;
	for (; tries > 0 && all_s < RESOLVER_MAX_S; tries--, wait_s *= 2)
		all_s += wait_s;
	return (int)(all_s < RESOLVER_MAX_S ? all_s : RESOLVER_MAX_S) * 1000;
}

void set_queue_timeout(struct loader *ld, const struct option_row *row UNUSED,
		       struct view sub UNUSED, struct view value)
{
	size_t slash = view_find(value, '/');

	set_named(ld, VIEW("queuereturn"), view_first(value, slash));
	if (slash < value.len)
		set_named(ld, VIEW("queuewarn"), view_skip(value, slash + 1));
}

void timeouts_start(struct loader *ld)
{
	for (size_t i = 0; i < COUNT(timeouts); i++) {
		if (timeouts[i].initial)
			set_row(ld, &timeouts[i], VIEW_NONE, view_of(timeouts[i].initial));
	}
}
