/* option_ports.c - DaemonPortOptions, ClientPortOptions, DirectSubmissionModifiers, and the milter options. */
#include <arpa/inet.h>
#include <netdb.h>

#include "config/load.h"
#include "config/option_table.h"

#define UNUSED         __attribute__((unused))
#define LISTEN_DEFAULT 10

static const struct family {
	const char *word, *name;
	int number;
} families[] = {
	{"inet",   "inet",  AF_INET },
	{ "inet6", "inet6", AF_INET6},
	{ "unix",  "local", AF_UNIX },
	{ "local", "local", AF_UNIX },
};

/* A family by its name or by the system's number; none when it is neither. */
static struct view family_of(struct view v)
{
	bool is_number = v.len && isdigit((unsigned char)v.p[0]);

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		const struct family *f = &families[i];

		if (is_number ? load_number(v, 10) == f->number
			      : view_eq_nocase(v, view_of(f->word)))
			return view_of(f->name);
	}
	return is_number ? v : VIEW_NONE;
}

/* "CCf" becomes "CC f": blanks between, upper case doubled. */
static struct view modifier_text(struct loader *ld, struct view letters, struct flag_set *out)
{
	own_str struct str s = STR_MAX(512);

	for (size_t i = 0; i < letters.len; i++) {
		char c = letters.p[i];

		if (!isalpha((unsigned char)c) || (out && flag_has(out, c)))
			continue;
		if (s.len)
			str_addc(&s, ' ');
		str_addc(&s, c);
		if (isupper((unsigned char)c))
			str_addc(&s, c);
		if (out)
			flag_add(out, c);
	}
	return arena_dup(ld->cf->arena, str_view(&s));
}

void set_direct_modifiers(struct loader *ld, const struct option_row *row UNUSED,
			  struct view sub UNUSED, struct view value)
{
	struct flag_set seen = { 0 };

	ld->cf->options.direct_submission_modifiers = modifier_text(ld, value, &seen);
}

static void check_port(struct loader *ld, struct view port)
{
	char name[64], buffer[4096];
	struct servent entry, *found = NULL;

	snprintf(name, sizeof(name), VIEW_FMT, VIEW_ARG(port));
	if (isdigit((unsigned char)name[0]))
		return;
	if (getservbyname_r(name, "tcp", &entry, buffer, sizeof(buffer), &found) != 0 || !found)
		load_error(ld, "service \"%s\" unknown", name);
}

/* Only what can be seen without asking anybody: names are resolved when the socket is opened. */
static void check_addr(struct loader *ld, const struct daemon_options *d)
{
	char text[128];
	struct in6_addr a;
	bool wants_v6 = view_eq(d->family, VIEW("inet6"));

	snprintf(text, sizeof(text), VIEW_FMT, VIEW_ARG(d->addr));
	if (view_eq(d->family, VIEW("local")) || view_eq(d->family, VIEW("unix")))
		return;
	if (wants_v6 ? inet_pton(AF_INET, text, &a) == 1 : inet_pton(AF_INET6, text, &a) == 1)
		load_error(ld, "host \"%s\" unknown", text);
}

static void set_letter_key(struct loader *ld, struct daemon_options *d, char key, struct view value)
{
	switch (key) {
	case 'c':
		d->children = (int)load_number(value, 10);
		break;
	case 'D':
		if (value.len && strchr("biqd", value.p[0]))
			d->delivery_mode = value.p[0];
		else
			load_error(ld, "Unknown delivery mode " VIEW_FMT,
				   VIEW_ARG(view_first(value, 1)));
		break;
	case 'd':
		d->delay_la = (int)load_number(value, 10);
		break;
	case 'q':
		d->queue_la = (int)load_number(value, 10);
		break;
	case 'R':
		d->receive_size = (int)load_number(value, 10);
		break;
	case 'r':
		d->refuse_la = (int)load_number(value, 10);
		break;
	default:
		break;
	}
}

/* One "Key=value"; keys are told by their first letter, and some letters differ by case. False when there is no such key. */
static bool set_key(struct loader *ld, struct daemon_options *d, char key, struct view value)
{
	if (strchr("cDdqRr", key)) {
		set_letter_key(ld, d, key, value);
		return true;
	}
	switch (tolower((unsigned char)key)) {
	case 'a':
		d->addr = value;
		return true;
	case 'f':
		if (!view_is_none(family_of(value)))
			d->family = family_of(value);
		else
			load_error(ld, "Unknown address family " VIEW_FMT " in Family=option",
				   VIEW_ARG(value));
		return true;
	case 'i':
		d->has_filters = true;
		d->filters_text = value;
		return true;
	case 'l':
		d->listen = (int)load_number(value, 10);
		return true;
	case 'm':
		d->modifiers = (struct flag_set){ 0 };
		d->modifier_text = modifier_text(ld, value, &d->modifiers);
		return true;
	case 'n':
		d->name = value;
		return true;
	case 'p':
		d->port = value;
		check_port(ld, value);
		return true;
	case 's':
		d->send_size = (int)load_number(value, 10);
		return true;
	default:
		return false;
	}
}

static void read_ports(struct loader *ld, struct view text, struct daemon_options *d)
{
	struct view rest = text, item;

	while (view_cut(&rest, ',', &item)) {
		size_t equals;

		item = view_trim(item);
		equals = view_find(item, '=');
		if (equals == item.len)
			continue;
		if (!set_key(ld, d, item.p[0], view_trim(view_skip(item, equals + 1))))
			load_error(ld, "PortOptions parameter \"" VIEW_FMT "\" unknown",
				   VIEW_ARG(item));
	}
	check_addr(ld, d);
}

static struct daemon_options ports_start(struct view name)
{
	return (struct daemon_options){ .name = name,
					.listen = LISTEN_DEFAULT,
					.modifier_text = VIEW(""),
					.delay_la = -1,
					.queue_la = -1,
					.refuse_la = -1 };
}

void set_daemon_ports(struct loader *ld, const struct option_row *row UNUSED,
		      struct view sub UNUSED, struct view value)
{
	struct options *o = &ld->cf->options;
	struct daemon_options d =
		ports_start(arena_printf(ld->cf->arena, "Daemon%d", o->n_daemons));

	if (o->n_daemons == DAEMONS_MAX) {
		load_plain(ld, 0,
			   "DaemonPortOptions configured %d times, exceeding the maximum of %d",
			   o->n_daemons + 1, DAEMONS_MAX);
		return;
	}
	read_ports(ld, load_expand(ld, value), &d);
	o->daemons[o->n_daemons++] = d;
}

/* Settings for one family replace earlier ones for it. */
void set_client_ports(struct loader *ld, const struct option_row *row UNUSED,
		      struct view sub UNUSED, struct view value)
{
	struct options *o = &ld->cf->options;
	struct daemon_options d = ports_start(VIEW_NONE);
	bool is_v6;

	read_ports(ld, load_expand(ld, value), &d);
	is_v6 = view_eq(d.family, VIEW("inet6"));
	for (int i = 0; i < o->n_clients; i++) {
		if (view_eq(o->clients[i].family, VIEW("inet6")) == is_v6) {
			o->clients[i] = d;
			return;
		}
	}
	o->clients[o->n_clients++] = d;
}

/* ---- milters ---- */

static const char *const stages[MILTER_STAGES] = { "connect", "helo", "envfrom", "envrcpt",
						   "eom",     "data", "eoh" };

static void set_stage_macros(struct loader *ld, int stage, struct view value)
{
	struct milter_options *m = &ld->cf->options.milter;
	struct view item;

	m->n_macros[stage] = 0;
	while (view_cut(&value, ',', &item)) {
		int number;

		item = view_trim(item);
		if (item.len > 2 && item.p[0] == '{' && item.p[item.len - 1] == '}')
			item = view_first(view_skip(item, 1), item.len - 2);
		number = item.len ? macro_number(item, true) : 0;
		if (number && m->n_macros[stage] < MILTER_MACROS_MAX)
			m->macros[stage][m->n_macros[stage]++] = number;
	}
}

void set_milter(struct loader *ld, const struct option_row *row UNUSED, struct view sub,
		struct view value)
{
	struct view macros = VIEW("macros.");

	if (view_is_none(sub)) {
		load_error(ld, "milter_set_option: invalid Milter option, must specify suboption");
		return;
	}
	if (view_eq_nocase(sub, VIEW("loglevel"))) {
		ld->cf->options.milter.log_level = (int)load_number(value, 10);
		return;
	}
	for (int i = 0; i < MILTER_STAGES && view_starts_nocase(sub, macros); i++) {
		if (view_eq_nocase(view_skip(sub, macros.len), view_of(stages[i]))) {
			set_stage_macros(ld, i, value);
			return;
		}
	}
	load_error(ld, "milter_set_option: invalid Milter option " VIEW_FMT, VIEW_ARG(sub));
}

void set_input_filters(struct loader *ld, const struct option_row *row UNUSED,
		       struct view sub UNUSED, struct view value)
{
	ld->cf->options.input_mail_filters_text = load_expand(ld, value);
}

static int filter_index(const struct config *cf, struct view name)
{
	for (int i = 0; i < cf->n_milters; i++) {
		if (view_eq_nocase(cf->milters[i].name, name))
			return i;
	}
	return -1;
}

static int resolve_filters(struct loader *ld, struct view list, int out[FILTERS_MAX])
{
	int n = 0;

	while (list.len) {
		size_t len = 0;
		struct view name;
		int at;

		while (len < list.len && !strchr(",; \t", list.p[len]))
			len++;
		name = view_first(list, len);
		list = view_skip(list, len + 1);
		if (name.len == 0)
			continue;
		at = filter_index(ld->cf, name);
		if (at >= 0 && n < FILTERS_MAX)
			out[n++] = at;
		else if (at < 0 && ld->params->is_daemon)
			load_plain(ld, 0, "InputFilter " VIEW_FMT " not defined", VIEW_ARG(name));
	}
	return n;
}

void milters_finish(struct loader *ld)
{
	struct options *o = &ld->cf->options;

	o->n_input_mail_filters = resolve_filters(ld, o->input_mail_filters_text,
						  o->input_mail_filters);
	for (int i = 0; i < o->n_daemons; i++) {
		if (o->daemons[i].has_filters)
			o->daemons[i].n_filters = resolve_filters(ld, o->daemons[i].filters_text,
								  o->daemons[i].filters);
	}
}

void daemons_finish(struct loader *ld)
{
	struct options *o = &ld->cf->options;

	if (o->n_daemons == 0)
		o->daemons[o->n_daemons++] = ports_start(VIEW("MTA"));
}
