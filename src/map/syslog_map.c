/* syslog_map.c - writes the key to the log and answers with nothing. */
#include "map/classes.h"

static const struct {
	const char *name;
	int priority;
} levels[] = {
	{"emerg",    LOG_EMERG  },
        { "alert",   LOG_ALERT  },
        { "crit",    LOG_CRIT   },
	{ "err",     LOG_ERR    },
        { "warning", LOG_WARNING},
        { "notice",  LOG_NOTICE },
	{ "info",    LOG_INFO   },
        { "debug",   LOG_DEBUG  },
};

/* The priority of a -L argument, -1 when there is no such level. The prefix LOG_ is allowed. */
static int priority_of(struct view name)
{
	if (view_starts_nocase(name, VIEW("LOG_")))
		name = view_skip(name, 4);
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (view_eq_nocase(name, view_of(levels[i].name)))
			return levels[i].priority;
	return -1;
}

static bool syslog_option(struct map *m, char letter, struct view *rest)
{
	if (letter == 'L') {
		struct view name = map_flag_word(rest);

		if (name.len && priority_of(name) < 0) {
			map_declare_error(m, "syslog_map_parseargs: Unknown priority " VIEW_FMT,
					  VIEW_ARG(name));
			m->flags |= MAP_INVALID;
		}
		m->text_option['L'] = name;
		return true;
	}
	if (letter == 'D' || letter == 'S')
		return false;
	map_declare_error(m, "Illegal option %c map syslog", letter);
	return true;
}

static enum found syslog_find(struct map *m, struct map_query *q, struct view *out)
{
	struct view level = m->text_option['L'];
	int priority = view_is_none(level) ? LOG_INFO : priority_of(level);
	struct log *log = q->ctx->services ? q->ctx->services->log : NULL;

	if (log)
		log_event(log, 0, priority < 0 ? LOG_INFO : priority, q->ctx->id ? q->ctx->id : "",
			  VIEW_FMT, VIEW_ARG(q->key));
	*out = VIEW("");
	return FOUND;
}

const struct map_class map_class_syslog = {
	.name = "syslog",
	.can = MAP_NO_SUFFIX | MAP_IS_PROMPT,
	.option = syslog_option,
	.find = syslog_find,
};
