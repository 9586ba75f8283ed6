/* auth_library_absent.c - auth_library.h for a build without Cyrus SASL: nobody can authenticate. */
#include "smtp/auth_library.h"

bool auth_is_built(void)
{
	return false;
}

struct auth_library *auth_library_open(const struct auth_library_params *p)
{
	log_event(
		p->log, 9, LOG_WARNING, NULL,
		"AUTH: this program was built without Cyrus SASL (libsasl2): AUTH is not offered");
	return NULL;
}

void auth_library_close(struct auth_library *l)
{
	(void)l;
}

struct view auth_library_config(const struct auth_library *l)
{
	(void)l;
	return VIEW("");
}

void auth_available(struct auth_library *l, const struct auth_terms *t, struct str *out)
{
	(void)l, (void)t, (void)out;
}

struct auth_talk *auth_talk_new(struct auth_library *l, const struct auth_terms *t)
{
	(void)l, (void)t;
	return NULL;
}

void auth_talk_free(struct auth_talk *t)
{
	(void)t;
}

enum auth_outcome auth_start(struct auth_talk *t, struct view mechanism, struct view first,
			     struct arena *a, struct view *out_challenge)
{
	(void)t, (void)mechanism, (void)first, (void)a, (void)out_challenge;
	return AUTH_FAILED;
}

enum auth_outcome auth_step(struct auth_talk *t, struct view answer, struct arena *a,
			    struct view *out_challenge)
{
	(void)t, (void)answer, (void)a, (void)out_challenge;
	return AUTH_FAILED;
}

struct view auth_user(const struct auth_talk *t, struct arena *a)
{
	(void)t, (void)a;
	return VIEW_NONE;
}

struct view auth_error(const struct auth_talk *t, struct arena *a)
{
	(void)t, (void)a;
	return VIEW("");
}

int auth_decode(struct view base64, struct arena *a, struct view *out)
{
	(void)base64, (void)a, (void)out;
	return -1;
}
