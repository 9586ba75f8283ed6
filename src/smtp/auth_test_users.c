/* auth_test_users.c - see auth_test_users.h. */
#include "smtp/auth_test_users.h"

#include <sasl/sasl.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/own.h"

static void path_in(const struct auth_test_users *u, const char *name, struct str *out)
{
	str_addf(out, "%s/%s", u->dir, name);
}

void auth_test_users_open(struct auth_test_users *u)
{
	struct auth_library_params p = { .config_dir = u->dir };
	own_str struct str path = STR_MAX(200);
	FILE *f;

	/* In memory where there is such a place: the password file is synced at every turn. */
	*u = (struct auth_test_users){ .dir = "/dev/shm/auth_users.XXXXXX" };
	if (mkdtemp(u->dir) == NULL) {
		memcpy(u->dir, VIEW("/tmp/auth_users.XXXXXX").p, sizeof("/tmp/auth_users.XXXXXX"));
		bug_if(mkdtemp(u->dir) == NULL);
	}
	path_in(u, "Sendmail.conf", &path);
	f = fopen(str_z(&path), "we");
	bug_if(!f);
	fprintf(f, "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: %s/db\n", u->dir);
	fclose(f);
	p.log = u->log = log_new(LOG_TO_NOTHING, "test", NULL);
	u->library = auth_library_open(&p);
	bug_if(!u->library);
}

void auth_test_users_add(struct auth_test_users *u, const char *name, const char *password)
{
	sasl_conn_t *conn = NULL;

	(void)u;
	bug_if(sasl_server_new("smtp", AUTH_TEST_HOST, NULL, NULL, NULL, NULL, 0, &conn) !=
	       SASL_OK);
	bug_if(sasl_setpass(conn, name, password, (unsigned)strlen(password), NULL, 0,
			    SASL_SET_CREATE) != SASL_OK);
	sasl_dispose(&conn);
}

void auth_test_users_close(struct auth_test_users *u)
{
	static const char *const names[] = { "Sendmail.conf", "db" };

	auth_library_close(u->library);
	log_free(u->log);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		own_str struct str path = STR_MAX(200);

		path_in(u, names[i], &path);
		unlink(str_z(&path));
	}
	rmdir(u->dir);
}
