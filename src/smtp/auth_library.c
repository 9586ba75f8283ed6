/* auth_library.c - see auth_library.h: Cyrus SASL, wrapped. */
#include "smtp/auth_library.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sasl/sasl.h>
#include <sasl/saslutil.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/own.h"
#include "os/read_all.h"
#include "os/safefile.h"

#define APPLICATION     "Sendmail" /* so the library reads Sendmail.conf */
#define SERVICE         "smtp"
#define CONFIG_TEXT_MAX 65536
#define USUAL_DIRS      "/etc/sasl2:/etc/sasl:/usr/lib/sasl2"
#define HOST_MAX        256

struct auth_library {
	struct log *log;
	struct auth_library_params params;
	sasl_callback_t callbacks[4];
	struct str config;
	atomic_int n_asking;
};

struct auth_talk {
	struct auth_library *library;
	sasl_conn_t *conn;
	int result;
	bool is_login; /* its answers are a name, then a password */
	bool has_name, is_nameless;
	const char *reason; /* of a failure that is not the library's; NULL: its own words */
};

bool auth_is_built(void)
{
	return true;
}

/* ---- what the library asks of its user ---- */

static void *mutex_new(void)
{
	pthread_mutex_t *m = MEM_NEW(pthread_mutex_t);

	pthread_mutex_init(m, NULL);
	return m;
}

static int mutex_lock(void *m)
{
	return pthread_mutex_lock(m);
}

static int mutex_unlock(void *m)
{
	return pthread_mutex_unlock(m);
}

static void mutex_free(void *m)
{
	pthread_mutex_destroy(m);
	free(m);
}

/* Failures of clients are logged by the server in its own words, so the library's are for those who look closely. */
static int on_log(void *arg, int level, const char *message)
{
	static const struct {
		int level, priority;
	} as[] = {
		[SASL_LOG_ERR] = {5,   LOG_ERR    },
                  [SASL_LOG_FAIL] = { 15, LOG_NOTICE },
		[SASL_LOG_WARN] = { 9,  LOG_WARNING},
                  [SASL_LOG_NOTE] = { 12, LOG_INFO   },
		[SASL_LOG_DEBUG] = { 15, LOG_DEBUG  },
	};
	struct auth_library *l = arg;

	if (level >= SASL_LOG_ERR && level <= SASL_LOG_DEBUG)
		log_event(l->log, as[level].level, as[level].priority, NULL, "AUTH: %s", message);
	return SASL_OK;
}

/* What the passwords' file may be is between its owner and the library; that others may read or write it is worth a line. */
static void look_at_passwords(const struct auth_library *l, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && (st.st_mode & (S_IROTH | S_IWOTH)))
		log_event(l->log, 1, LOG_WARNING, NULL,
			  "WARNING: the passwords in %s are open to everybody: mode %04o", path,
			  (unsigned)(st.st_mode & 07777));
}

/* A Sendmail.conf that is somebody else's, or that everybody may write, is as good as none: then the library's defaults hold. */
static int on_verify(void *arg, const char *path, sasl_verify_type_t type)
{
	struct auth_library *l = arg;
	struct safe_request r = { .path = path,
				  .open_flags = O_RDONLY,
				  .flags = SAFE_NO_WORLD_WRITE | SAFE_MUST_OWN | SAFE_ROOT_OK,
				  .dont_blame = l->params.dont_blame,
				  .uid = geteuid(),
				  .gid = getegid(),
				  .trusted_uid = l->params.trusted_uid };
	struct safe_file f = { .fd = -1 };
	int error;

	if (type == SASL_VRFY_PASSWD)
		look_at_passwords(l, path);
	if (type != SASL_VRFY_CONF)
		return SASL_OK;
	error = safe_open(&r, &f);
	if (error < 0) {
		log_event(l->log, error == -ENOENT ? 11 : 1, LOG_WARNING, NULL,
			  "error: safesasl(%s) failed: %s", path, f.reason);
		return SASL_CONTINUE;
	}
	if (l->config.len == 0)
		read_all(f.fd, &l->config);
	close(f.fd);
	return SASL_OK;
}

/* Whom the client wants to act for means nothing to a mail server: it is known by who it is. */
static int on_authorize(sasl_conn_t *conn, void *arg, const char *wanted, unsigned n_wanted,
			const char *who, unsigned n_who, const char *realm, unsigned n_realm,
			struct propctx *props)
{
	(void)conn, (void)arg, (void)wanted, (void)n_wanted, (void)who, (void)n_who;
	(void)realm, (void)n_realm, (void)props;
	return SASL_OK;
}

/* ---- the library ---- */

typedef int any_callback(void);

static sasl_callback_t callback(unsigned long id, void (*run)(void), void *arg)
{
	return (sasl_callback_t){ id, (any_callback *)run, arg };
}

static void set_callbacks(struct auth_library *l)
{
	size_t n = 0;

	l->callbacks[n++] = callback(SASL_CB_LOG, (void (*)(void))on_log, l);
	l->callbacks[n++] = callback(SASL_CB_VERIFYFILE, (void (*)(void))on_verify, l);
	l->callbacks[n++] = callback(SASL_CB_PROXY_POLICY, (void (*)(void))on_authorize, l);
	l->callbacks[n] = callback(SASL_CB_LIST_END, NULL, NULL);
}

struct auth_library *auth_library_open(const struct auth_library_params *p)
{
	struct auth_library *l = MEM_NEW(struct auth_library);
	own_str struct str dirs = STR_MAX(8192);
	int result;

	l->log = p->log;
	l->params = *p;
	l->config = STR_MAX(CONFIG_TEXT_MAX);
	if (p->config_dir) {
		str_addf(&dirs, "%s:" USUAL_DIRS, p->config_dir);
		sasl_set_path(SASL_PATH_TYPE_CONFIG, dirs.p); /* copied */
	}
	l->params.config_dir = NULL;
	set_callbacks(l);
	sasl_set_mutex(mutex_new, mutex_lock, mutex_unlock, mutex_free);
	result = sasl_server_init(l->callbacks, APPLICATION);
	if (result != SASL_OK) {
		log_event(p->log, 0, LOG_CRIT, "", "sasl_server_init failed! [%s]",
			  sasl_errstring(result, NULL, NULL));
		str_done(&l->config);
		free(l);
		return NULL;
	}
	return l;
}

void auth_library_close(struct auth_library *l)
{
	if (!l)
		return;
	sasl_done();
	str_done(&l->config);
	free(l);
}

struct view auth_library_config(const struct auth_library *l)
{
	return str_view(&l->config);
}

/* ---- one authentication ---- */

/* The letters of AuthOptions that are about mechanisms; A is the client's. */
static unsigned flags_of(const struct flag_set *options)
{
	static const struct {
		char letter;
		unsigned flag;
	} rows[] = {
		{'a',  SASL_SEC_NOACTIVE        },
                { 'c', SASL_SEC_PASS_CREDENTIALS},
		{ 'd', SASL_SEC_NODICTIONARY    },
                { 'f', SASL_SEC_FORWARD_SECRECY },
		{ 'm', SASL_SEC_MUTUAL_AUTH     },
                { 'p', SASL_SEC_NOPLAINTEXT     },
		{ 'y', SASL_SEC_NOANONYMOUS     },
	};
	unsigned flags = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (flag_has(options, rows[i].letter))
			flags |= rows[i].flag;
	return flags;
}

/* A name for the library, which takes C strings; one that is too long for a host's is none. */
static const char *name_z(struct view v, char out[HOST_MAX])
{
	if (view_is_none(v) || v.len == 0 || v.len >= HOST_MAX)
		return NULL;
	snprintf(out, HOST_MAX, VIEW_FMT, VIEW_ARG(v));
	return out;
}

struct auth_talk *auth_talk_new(struct auth_library *l, const struct auth_terms *t)
{
	char realm[HOST_MAX];
	sasl_security_properties_t properties = { .security_flags = flags_of(&t->options) };
	struct auth_talk *talk;
	sasl_conn_t *conn = NULL;
	int result = sasl_server_new(SERVICE, name_z(t->realm, realm), NULL, t->local, t->remote,
				     NULL, 0, &conn);

	if (result == SASL_OK)
		result = sasl_setprop(conn, SASL_SEC_PROPS, &properties);
	if (result != SASL_OK) {
		log_event(l->log, 0, LOG_ERR, NULL, "AUTH error: sasl_server_new failed=%d",
			  result);
		sasl_dispose(&conn);
		return NULL;
	}
	talk = MEM_NEW(struct auth_talk);
	talk->library = l;
	talk->conn = conn;
	return talk;
}

void auth_talk_free(struct auth_talk *t)
{
	if (!t)
		return;
	sasl_dispose(&t->conn);
	free(t);
}

void auth_available(struct auth_library *l, const struct auth_terms *t, struct str *out)
{
	struct auth_talk *talk = auth_talk_new(l, t);
	const char *names = NULL;
	unsigned len = 0;
	int n = 0;

	if (!talk)
		return;
	if (sasl_listmech(talk->conn, NULL, "", " ", "", &names, &len, &n) == SASL_OK && n > 0)
		str_addz(out, names);
	auth_talk_free(talk);
}

static enum auth_outcome judge(struct auth_talk *t, const char *challenge, unsigned len,
			       struct arena *a, struct view *out)
{
	unsigned room = len * 4 / 3 + 8, n = 0;
	char *text;

	if (t->result == SASL_OK)
		return AUTH_DONE;
	if (t->result != SASL_CONTINUE)
		return AUTH_FAILED;
	text = arena_bytes(a, room);
	t->result = sasl_encode64(challenge ? challenge : "", challenge ? len : 0, text, room, &n);
	if (t->result != SASL_OK)
		return AUTH_FAILED;
	*out = view_from(text, n);
	return AUTH_MORE;
}

static bool may_ask(struct auth_library *l)
{
	if (atomic_fetch_add(&l->n_asking, 1) < AUTH_AT_ONCE_MAX)
		return true;
	atomic_fetch_sub(&l->n_asking, 1);
	return false;
}

/* LOGIN, in the library, loses the memory of each password that comes behind an empty name; so it does not get to see it. False:
 * this answer is such a password. */
static bool is_for_library(struct auth_talk *t, struct view answer)
{
	if (!t->is_login || view_is_none(answer))
		return true;
	if (t->has_name && t->is_nameless) {
		t->result = SASL_FAIL;
		t->reason = "All-whitespace username.";
		return false;
	}
	t->has_name = true;
	t->is_nameless = answer.len == 0 || answer.p[0] == '\0';
	return true;
}

enum auth_outcome auth_start(struct auth_talk *t, struct view mechanism, struct view first,
			     struct arena *a, struct view *out_challenge)
{
	const char *challenge = NULL;
	unsigned len = 0;

	t->is_login = view_eq_nocase(mechanism, VIEW("LOGIN"));
	if (first.len > 0)
		is_for_library(t, first);
	if (!may_ask(t->library))
		return AUTH_BUSY;
	t->result = sasl_server_start(t->conn, arena_dupz(a, mechanism),
				      view_is_none(first) ? NULL : arena_dupz(a, first),
				      (unsigned)first.len, &challenge, &len);
	atomic_fetch_sub(&t->library->n_asking, 1);
	return judge(t, challenge, len, a, out_challenge);
}

enum auth_outcome auth_step(struct auth_talk *t, struct view answer, struct arena *a,
			    struct view *out_challenge)
{
	const char *challenge = NULL;
	unsigned len = 0;

	if (!is_for_library(t, answer))
		return AUTH_FAILED;
	if (!may_ask(t->library))
		return AUTH_BUSY;
	t->result = sasl_server_step(t->conn, arena_dupz(a, answer), (unsigned)answer.len,
				     &challenge, &len);
	atomic_fetch_sub(&t->library->n_asking, 1);
	return judge(t, challenge, len, a, out_challenge);
}

struct view auth_user(const struct auth_talk *t, struct arena *a)
{
	const void *who = NULL;

	if (sasl_getprop(t->conn, SASL_AUTHUSER, &who) != SASL_OK || !who)
		return VIEW_NONE;
	return arena_dup(a, view_of(who));
}

struct view auth_error(const struct auth_talk *t, struct arena *a)
{
	const char *words = sasl_errstring(t->result, NULL, NULL);

	if (t->reason)
		return arena_printf(a, "%s (%d) SASL(%d): %s: %s", words, t->result, t->result,
				    words, t->reason);
	return arena_printf(a, "%s (%d) %s", words, t->result, sasl_errdetail(t->conn));
}

int auth_decode(struct view base64, struct arena *a, struct view *out)
{
	char *text = arena_bytes(a, base64.len + 1);
	unsigned len = 0;
	int result = sasl_decode64(base64.len ? base64.p : "", (unsigned)base64.len, text,
				   (unsigned)base64.len + 1, &len);

	if (result == SASL_OK)
		*out = view_from(text, len);
	return result;
}
