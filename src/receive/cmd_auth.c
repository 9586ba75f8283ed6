/* cmd_auth.c - see auth.h. */
#include "receive/auth.h"

#include "receive/gate.h"

#define FAILURE_LEVEL    9
#define DECODE_LEVEL     6
#define LIST_LEVEL       12
#define NONE_LEVEL       10
#define ADDRESS_MAX      (ADDR_TEXT_MAX + 8)
#define USUAL_CONFIG_DIR "/etc/mail"

/* ---- what is offered ---- */

/* Whose users are asked for: of AuthRealm, or of this host. */
static struct view realm_of(const struct config *cf, struct arena *a)
{
	return cf->options.auth_realm.len > 0 ? cf->options.auth_realm
					      : macros_get_expanded(cf->macros, 'j', a);
}

void auth_offers_init(struct auth_offers *o, struct auth_library *library, const struct config *cf)
{
	own_arena struct arena *a = arena_new(65536);
	struct auth_terms terms = { .realm = realm_of(cf, a), .options = cf->options.auth_options };

	*o = (struct auth_offers){ .library = library };
	flag_drop(&terms.options, 'p');
	for (int i = 0; i < 2; i++) {
		o->available[i] = o->offered[i] = STR_MAX(AUTH_MECHANISMS_MAX);
		if (!library)
			continue;
		if (i == 1)
			flag_add(&terms.options, 'p');
		auth_available(library, &terms, &o->available[i]);
		auth_choose(str_view(&o->available[i]), cf->options.auth_mechanisms,
			    &o->offered[i]);
	}
}

void auth_offers_done(struct auth_offers *o)
{
	for (int i = 0; i < 2; i++) {
		str_done(&o->available[i]);
		str_done(&o->offered[i]);
	}
}

static const struct auth_offers *offers_of(const struct session *s)
{
	return &s->server->auth;
}

static bool is_strict(const struct session *s)
{
	return s->features & FEATURE_AUTH_NEEDS_LAYER;
}

bool auth_has_any(const struct session *s)
{
	return (s->features & FEATURE_AUTH) && offers_of(s)->available[is_strict(s)].len > 0;
}

struct view auth_offered(const struct session *s)
{
	return auth_has_any(s) ? str_view(&offers_of(s)->offered[is_strict(s)]) : VIEW("");
}

int auth_limit(const struct session *s)
{
	struct view rest = auth_offered(s), name;
	int n = 0;

	while (view_word(&rest, &name))
		n++;
	return n > 0 ? n + 1 : 0;
}

void auth_log_offer(struct session *s)
{
	const struct auth_offers *o = offers_of(s);

	if (!o->library || !(s->features & FEATURE_AUTH))
		return;
	if (!auth_has_any(s))
		log_event(session_log(s), NONE_LEVEL, LOG_WARNING, NULL,
			  "AUTH warning: no mechanisms");
	else
		log_event(session_log(s), LIST_LEVEL, LOG_INFO, NULL,
			  "AUTH: available mech=" VIEW_FMT ", allowed mech=" VIEW_FMT,
			  VIEW_ARG(str_view(&o->available[is_strict(s)])),
			  VIEW_ARG(session_options(s)->auth_mechanisms));
}

/* Sendmail.conf stands where the library looks for it; a configuration that is kept elsewhere may have its own in sasl/ beside it. */
struct auth_library *server_open_auth(const struct config *cf, struct log *log)
{
	own_arena struct arena *a = arena_new(65536);
	struct auth_library_params p = { .log = log,
					 .dont_blame = cf->options.dont_blame_sendmail,
					 .trusted_uid = cf->options.trusted_uid };
	struct view dir = view_first(cf->path, view_rfind(cf->path, '/'));

	if (cf->path.len > 0 && cf->path.p[0] == '/' && dir.len < cf->path.len &&
	    !view_eq(dir, VIEW(USUAL_CONFIG_DIR)))
		p.config_dir = arena_dupz(a, arena_printf(a, VIEW_FMT "/sasl", VIEW_ARG(dir)));
	return auth_library_open(&p);
}

/* ---- the dialogue ---- */

static const char *address_z(const struct addr *a, char out[ADDRESS_MAX])
{
	char text[ADDR_TEXT_MAX];

	if (a->len == 0 || (addr_family(a) != AF_INET && addr_family(a) != AF_INET6))
		return NULL;
	addr_format(a, text);
	snprintf(out, ADDRESS_MAX, "%s;%u", strncmp(text, "IPv6:", 5) == 0 ? text + 5 : text,
		 addr_port(a));
	return out;
}

static struct auth_talk *new_talk(struct session *s)
{
	const struct options *o = session_options(s);
	char local[ADDRESS_MAX], remote[ADDRESS_MAX];
	struct auth_terms terms = { .realm = realm_of(s->snap->cf, session_work(s)),
				    .options = o->auth_options,
				    .local = address_z(&s->local, local),
				    .remote = address_z(&s->peer, remote) };

	flag_drop(&terms.options, 'p');
	if (is_strict(s))
		flag_add(&terms.options, 'p');
	return auth_talk_new(offers_of(s)->library, &terms);
}

void auth_give_up(struct session *s)
{
	auth_talk_free(s->auth);
	s->auth = NULL;
	if (s->phase == PHASE_AUTH)
		s->phase = PHASE_COMMAND;
}

/* From here on the rules know who the client is, as long as the connection lasts. */
static void authenticated(struct session *s)
{
	struct arena *work = session_work(s);
	struct view who = auth_user(s->auth, work), shown;

	shown = auth_shown(view_is_none(who) ? VIEW("") : who, work);
	macros_set(s->macros, MACRO_AUTH_TYPE, s->auth_mechanism);
	macros_set(s->macros, MACRO_AUTH_AUTHEN, arena_dup(s->arena, shown));
	macros_set(s->macros, MACRO_AUTH_SSF, VIEW("0"));
	s->is_authenticated = true;
	s->protocol = VIEW("ESMTPA");
	session_reply(s, 235, "2.0.0", VIEW("OK Authenticated"));
	log_event(session_log(s), FAILURE_LEVEL, LOG_INFO, NULL,
		  "AUTH=server, relay=" VIEW_FMT ", authid=%.*s, mech=%.*s, bits=0",
		  VIEW_ARG(s->relay), (int)(shown.len < 128 ? shown.len : 128), shown.p,
		  (int)(s->auth_mechanism.len < 16 ? s->auth_mechanism.len : 16),
		  s->auth_mechanism.p);
}

static void failed(struct session *s)
{
	struct view why = auth_error(s->auth, session_work(s));

	session_reply(s, 535, "5.7.0", VIEW("authentication failed"));
	log_event(session_log(s), FAILURE_LEVEL, LOG_WARNING, session_id(s),
		  "AUTH failure (" VIEW_FMT "): " VIEW_FMT ", user=" VIEW_FMT ", relay=" VIEW_FMT,
		  VIEW_ARG(s->auth_mechanism), VIEW_ARG(why), VIEW_ARG(str_view(&s->auth_claimed)),
		  VIEW_ARG(s->relay));
}

static void go_on(struct session *s, enum auth_outcome outcome, struct view challenge)
{
	switch (outcome) {
	case AUTH_MORE:
		session_reply(s, 334, NULL, challenge);
		s->phase = PHASE_AUTH;
		return;
	case AUTH_DONE:
		authenticated(s);
		break;
	case AUTH_FAILED:
		failed(s);
		break;
	case AUTH_BUSY:
		session_reply(s, 454, "4.3.0", VIEW("Please try again later"));
		log_event(
			session_log(s), FAILURE_LEVEL, LOG_WARNING, session_id(s),
			"AUTH: %d clients are waiting for their passwords to be checked, relay=" VIEW_FMT,
			AUTH_AT_ONCE_MAX, VIEW_ARG(s->relay));
		break;
	}
	auth_give_up(s);
}

/* The first thing that a client says of itself names the user in most mechanisms. */
static void note_claim(struct session *s, struct view answer)
{
	if (s->auth_has_answered)
		return;
	s->auth_has_answered = true;
	str_add(&s->auth_claimed, auth_claimed(s->auth_mechanism, answer));
}

void auth_answer(struct session *s, struct view line)
{
	struct arena *work = session_work(s);
	struct view answer = VIEW(""), challenge = VIEW("");

	s->phase = PHASE_COMMAND;
	if (view_eq(line, VIEW("*"))) {
		session_reply(s, 501, "5.0.0", VIEW("AUTH aborted"));
		auth_give_up(s);
		return;
	}
	if (auth_decode(line, work, &answer) != 0) {
		session_replyf(s, 501, "5.5.4", "cannot decode AUTH parameter " VIEW_FMT,
			       VIEW_ARG(line));
		auth_give_up(s);
		return;
	}
	note_claim(s, answer);
	go_on(s, auth_step(s->auth, answer, work, &challenge), challenge);
}

/* May AUTH begin now? False: answered. */
static bool may_begin(struct session *s)
{
	if (!auth_has_any(s)) {
		session_reply(s, 503, "5.3.3", VIEW("AUTH not available"));
		return false;
	}
	if (s->is_authenticated) {
		session_reply(s, 503, "5.5.0", VIEW("Already Authenticated"));
		return false;
	}
	if (s->has_mail) {
		session_reply(s, 503, "5.5.0",
			      VIEW("AUTH not permitted during a mail transaction"));
		return false;
	}
	return true;
}

/* The initial response: none when it is absent, "=" stands for an empty one. False: answered. */
static bool read_first(struct session *s, struct view text, struct view *out)
{
	int error;

	*out = VIEW_NONE;
	if (text.len == 0)
		return true;
	if (view_eq(text, VIEW("="))) {
		*out = VIEW("");
		return true;
	}
	error = auth_decode(text, session_work(s), out);
	if (error == 0)
		return true;
	session_replyf(s, 501, "5.5.4", "cannot BASE64 decode '" VIEW_FMT "'", VIEW_ARG(text));
	log_event(session_log(s), DECODE_LEVEL, LOG_WARNING, session_id(s),
		  "AUTH decode64 error [%d for \"" VIEW_FMT "\"], relay=" VIEW_FMT, error,
		  VIEW_ARG(session_shown(s, text)), VIEW_ARG(s->relay));
	return false;
}

void cmd_auth(struct session *s, struct view args, struct view line)
{
	struct view rest = args, name, mechanism, first, challenge = VIEW("");

	(void)line;
	if (!may_begin(s))
		return;
	if (!view_word(&rest, &name)) {
		session_reply(s, 501, "5.5.2", VIEW("AUTH mechanism must be specified"));
		return;
	}
	mechanism = auth_find(auth_offered(s), name);
	if (view_is_none(mechanism)) {
		session_replyf(s, 504, "5.3.3", "AUTH mechanism %.*s not available",
			       (int)(name.len < 32 ? name.len : 32), name.p);
		return;
	}
	while (rest.len > 0 && isspace((unsigned char)rest.p[0]))
		rest = view_skip(rest, 1);
	if (!read_first(s, rest, &first))
		return;
	s->auth = new_talk(s);
	if (!s->auth) {
		session_reply(s, 454, "4.5.4", VIEW("Temporary authentication failure"));
		return;
	}
	s->auth_mechanism = arena_dup(s->arena, name);
	s->auth_has_answered = false;
	str_clear(&s->auth_claimed);
	if (!view_is_none(first))
		note_claim(s, first);
	go_on(s, auth_start(s->auth, mechanism, first, session_work(s), &challenge), challenge);
}
