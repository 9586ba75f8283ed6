/* option_set.c - O lines and -O: finding the row of an option, and setting fields of the plain kinds. */
#include <errno.h>

#include "base/number.h"
#include "config/load.h"
#include "config/option_table.h"

static void *field_of(struct loader *ld, const struct option_row *row)
{
	return (char *)&ld->cf->options + row->offset;
}

int64_t load_number(struct view text, int base)
{
	char digits[32];
	size_t n;

	text = view_trim(text);
	n = text.len < sizeof(digits) - 1 ? text.len : sizeof(digits) - 1;
	if (n)
		memcpy(digits, text.p, n);
	digits[n] = '\0';
	return strtoll(digits, NULL, base);
}

static int clamp_int(int64_t n)
{
	return n > INT32_MAX ? INT32_MAX : n < INT32_MIN ? INT32_MIN : (int)n;
}

/* Empty, or t T y Y: true. */
static bool truth(struct view value)
{
	return value.len == 0 || strchr("tTyY", value.p[0]) != NULL;
}

static int64_t seconds_in(char unit)
{
	switch (unit) {
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return 86400;
	case 'w':
		return 7 * 86400;
	default:
		return 1;
	}
}

static int64_t time_of(struct loader *ld, struct view text, char unit)
{
	int64_t total = 0;

	while (text.len) {
		size_t digits = 0;
		int64_t n;
		char u = unit;

		while (digits < text.len && isdigit((unsigned char)text.p[digits]))
			digits++;
		n = load_number(view_first(text, digits), 10);
		text = view_skip(text, digits);
		if (text.len) {
			if (text.p[0] && strchr("smhdw", text.p[0]))
				u = text.p[0];
			else
				load_notice(ld, "Invalid time unit `%c'", text.p[0]);
			text = view_skip(text, 1);
		}
		if (__builtin_mul_overflow(n, seconds_in(u), &n) ||
		    __builtin_add_overflow(total, n, &total))
			return INT64_MAX / 4;
	}
	return total < INT64_MAX / 4 ? total : INT64_MAX / 4;
}

int64_t load_time(struct loader *ld, struct view text, char unit)
{
	text = view_trim(text);
	if (text.len && text.p[0] == '-') /* DeliverByMin has a meaning for it */
		return -time_of(ld, view_skip(text, 1), unit);
	return time_of(ld, text, unit);
}

static void set_field(struct loader *ld, const struct option_row *row, struct view value)
{
	void *field = field_of(ld, row);

	switch ((enum option_kind)row->kind) {
	case OPTION_BOOL:
		*(bool *)field = truth(value);
		break;
	case OPTION_INT:
		*(int *)field = clamp_int(load_number(value, 10));
		break;
	case OPTION_INT64:
		*(int64_t *)field = load_number(value,
						view_starts_nocase(value, VIEW("0x")) ? 16 : 10);
		break;
	case OPTION_TIME:
		*(int64_t *)field = load_time(ld, value, row->unit);
		break;
	case OPTION_TEXT:
		*(struct view *)field = load_expand(ld, value);
		break;
	case OPTION_TEMPLATE:
		*(struct view *)field = load_encode(ld, value);
		break;
	case OPTION_LETTER:
		*(char *)field = value.len ? value.p[0] : ' ';
		break;
	case OPTION_MODE:
		*(mode_t *)field = (mode_t)load_number(value, 8) & 0777;
		break;
	case OPTION_CUSTOM:
	case OPTION_IGNORED:
		break;
	}
}

static size_t index_of(const struct option_row *row)
{
	size_t n;

	return (size_t)(row - option_rows(&n));
}

static bool is_marked(const uint64_t *mask, const struct option_row *row)
{
	return (mask[index_of(row) / 64] >> (index_of(row) % 64)) & 1;
}

bool option_is_set(const struct options *o, const struct option_row *row)
{
	return is_marked(o->set_mask, row);
}

static void mark(uint64_t *mask, const struct option_row *row)
{
	mask[index_of(row) / 64] |= (uint64_t)1 << (index_of(row) % 64);
}

static void set_row(struct loader *ld, const struct option_row *row, struct view sub,
		    struct view value)
{
	if (row->set)
		row->set(ld, row, sub, value);
	else
		set_field(ld, row, value);
}

/* What the command line said holds against the file; privacy can only be added to. */
static void apply(struct loader *ld, const struct option_row *row, struct view sub,
		  struct view value)
{
	struct options *o = &ld->cf->options;
	bool is_from_file = ld->line > 0;

	if (is_from_file && is_marked(o->command_line_mask, row) && row->set != set_privacy &&
	    row->set != set_timeout)
		return;
	if (!is_from_file && ld->is_safe_only && !(row->flags & OPTION_SAFE))
		ld->cf->must_drop_privileges = true;
	set_row(ld, row, sub, value);
	mark(o->set_mask, row);
	if (!is_from_file && !(ld->is_safe_only && row->set == set_log_level))
		mark(o->command_line_mask, row);
}

/* OMxvalue: a macro, the one option without a long name. */
static void set_macro_option(struct loader *ld, struct view value)
{
	struct view rest = value;
	int number = load_name(ld, &rest);

	if (!number)
		return;
	if (ld->line == 0 && ld->is_safe_only && number != 'r' && number != 's')
		ld->cf->must_drop_privileges = true;
	macros_set(ld->cf->macros, number, rest);
}

static void short_option(struct loader *ld, char letter, struct view value)
{
	const struct option_row *row = option_by_letter(letter);

	if (letter == 'M')
		set_macro_option(ld, value);
	else if (letter == 'g') /* the old way to give the default group */
		load_group(ld, "option g", view_trim(value), &ld->cf->options.default_gid);
	else if (!row)
		load_error(ld, "readcf: unknown option name 0x%x",
			   letter == '$' ? 0x81 : (unsigned char)letter);
	else
		apply(ld, row, VIEW_NONE, view_trim(value));
}

static void long_option(struct loader *ld, struct view text)
{
	size_t equals = view_find(text, '=');
	struct view name = view_trim_end(view_first(text, equals)), sub = VIEW_NONE;
	struct view value = equals < text.len ? view_trim(view_skip(text, equals + 1)) : VIEW("");
	const struct option_row *two[2], *row;
	size_t dot = view_find(name, '.');
	bool is_short;

	if (dot < name.len) {
		sub = view_skip(name, dot + 1);
		name = view_first(name, dot);
	}
	row = option_by_name(name, two, &is_short);
	if (!row && two[0] && two[1]) {
		load_error(ld, "readcf: ambiguous option name " VIEW_FMT " (matches %s and %s)",
			   VIEW_ARG(name), two[0]->name, two[1]->name);
	} else if (!row && name.len == 0) {
		load_error(ld, text.len ? "readcf: null option name"
					: "readcf: unknown option name 0x0");
	} else if (!row) {
		bool ends_open = name.p[name.len - 1] == '$' && name.len < text.len;

		name = load_show(ld, ends_open ? view_first(name, name.len - 1) : name);
		load_error(ld, "readcf: unknown option name " VIEW_FMT "%s", VIEW_ARG(name),
			   ends_open ? "\001" : "");
	} else {
		if (is_short)
			load_notice(ld, "Option " VIEW_FMT " used as abbreviation for %s",
				    VIEW_ARG(name), row->name);
		apply(ld, row, sub, value);
	}
}

void option_line(struct loader *ld, struct view text)
{
	if (text.len == 0)
		load_error(ld, "readcf: unknown option name 0x0");
	else if (text.p[0] == ' ')
		long_option(ld, view_skip(text, 1));
	else
		short_option(ld, text.p[0], view_skip(text, 1));
}

void option_set_command_line(struct loader *ld, struct view text, bool is_short)
{
	if (text.len == 0)
		load_error(ld, "readcf: unknown option name 0x0");
	else if (is_short)
		short_option(ld, text.p[0], view_skip(text, 1));
	else
		long_option(ld, view_trim(text));
}

void options_defaults(struct loader *ld)
{
	struct options *o = &ld->cf->options;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	bool has_other_id = getuid() != geteuid();
	size_t n;
	const struct option_row *rows = option_rows(&n);

	for (size_t i = 0; i < n; i++) {
		if (rows[i].initial)
			set_row(ld, &rows[i], VIEW_NONE, view_of(rows[i].initial));
	}
	timeouts_start(ld);
	default_user_start(ld);
	o->queue_la = 8 * (int)(cpus > 0 ? cpus : 1);
	o->refuse_la = 12 * (int)(cpus > 0 ? cpus : 1);
	o->queue_file_mode = has_other_id ? 0644 : 0600;
	o->temp_file_mode = has_other_id ? 0644 : 0600;
	o->eight_bit_mode = EIGHT_BIT_MIME | EIGHT_BIT_PASS;
	o->operator_chars = VIEW(".:@[]");
	o->blank_sub = ' ';
	o->colon_ok_in_addr = true;
	o->milter.log_level = -1;
}

/* Letters that mean nothing fall back to the default, as they always did. */
static void settle_letters(struct options *o)
{
	o->error_mode = (char)tolower((unsigned char)o->error_mode);
	if (!strchr("pqmwe", o->error_mode))
		o->error_mode = 'p';
	o->dont_probe_interfaces = (char)tolower((unsigned char)o->dont_probe_interfaces);
	if (strchr(" ty", o->dont_probe_interfaces))
		o->dont_probe_interfaces = 't';
	else if (o->dont_probe_interfaces != 'l')
		o->dont_probe_interfaces = 'f';
}

void options_finish(struct loader *ld)
{
	struct options *o = &ld->cf->options;

	settle_letters(o);
	if (ld->user_log_level > o->log_level) /* a user may ask for more, not for less */
		o->log_level = ld->user_log_level;
	if (o->timeout.iconnect_s == 0)
		o->timeout.iconnect_s = o->timeout.connect_s;
	if (o->single_thread_delivery && o->host_status_directory.len == 0)
		load_plain(ld, 0, "Warning: HostStatusDirectory required for SingleThreadDelivery");
	if (o->super_safe == 'i' && o->delivery_mode != 'i')
		load_plain(ld, 0,
			   "WARNING: SuperSafe=interactive should only be used with\n"
			   "         DeliveryMode=interactive");
	if (!view_eq_nocase(o->mailbox_database, VIEW("pw")) &&
	    !view_eq_nocase(o->mailbox_database, VIEW("ldap"))) {
		load_plain(ld, LOAD_UNAVAILABLE,
			   "Can't initialize mailbox database \"" VIEW_FMT
			   "\": Service unavailable",
			   VIEW_ARG(o->mailbox_database));
	}
	daemons_finish(ld);
}

static void log_unbuilt_parts(const struct config *cf, struct log *log)
{
	const struct options *o = &cf->options;
	own_str struct str words = STR_MAX(1024);

	timeouts_unbuilt(&o->timeout, &words);
	resolver_unbuilt(o, &words);
	if (!o->me_too)
		str_addz(&words, " MeToo=False");
	if (view_eq_nocase(o->mailbox_database, VIEW("ldap")))
		str_addz(&words, " MailboxDatabase=ldap");
	if (words.len > 0)
		log_event(
			log, 1, LOG_WARNING, NULL,
			"these parts of options are set, but this version does nothing with them:%s",
			str_z(&words));
}

void options_log_unbuilt(const struct config *cf, struct log *log)
{
	size_t n;
	const struct option_row *rows = option_rows(&n);

	for (size_t i = 0; i < n; i++) {
		if (!is_marked(cf->options.set_mask, &rows[i]) || (rows[i].flags & OPTION_BUILT))
			continue;
		log_event(log, 1, LOG_WARNING, NULL,
			  "option %s is set, but this version does nothing with it", rows[i].name);
	}
	log_unbuilt_parts(cf, log);
}
