/* test_maps.c - see test_maps.h. */
#include "map/test_maps.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/clock.h"
#include "base/mem.h"
#include "os/safefile.h"

struct test_maps *test_maps_new(void)
{
	struct test_maps *t = MEM_NEW(struct test_maps);

	t->arena = arena_new(64u << 20);
	snprintf(t->dir, sizeof(t->dir), "/tmp/maptest.XXXXXX");
	bug_if(!mkdtemp(t->dir));
	t->cf.arena = t->arena;
	t->cf.path = VIEW("test.cf");
	t->cf.macros = macros_new(NULL, t->arena);
	t->cf.classes = classes_new();
	t->macros = macros_new(t->cf.macros, t->arena);
	t->cf.options.dont_blame_sendmail = BLAME(MAP_IN_UNSAFE_DIR_PATH) | BLAME(TRUST_STICKY_BIT);
	t->cf.options.service_switch_file = VIEW("/nonexistent/service.switch");
	t->messages = STR_MAX(100000);
	t->ctx = (struct map_ctx){ .cf = &t->cf,
				   .services = &t->services,
				   .macros = t->macros,
				   .arena = t->arena,
				   .messages = &t->messages,
				   .deadline = deadline_in(20000) };
	return t;
}

static const char *with_dir(struct test_maps *t, const char *text)
{
	own_str struct str s = STR_MAX(10000);

	for (; *text; text++) {
		if (text[0] == '%' && text[1] == 'D') {
			str_addz(&s, t->dir);
			text++;
		} else {
			str_addc(&s, *text);
		}
	}
	return arena_dupz(t->arena, str_view(&s));
}

void test_map(struct test_maps *t, const char *k_line)
{
	struct view rest = view_of(with_dir(t, k_line)), name, class_name;
	int n = t->cf.n_maps;

	MEM_GROW(t->cf.maps, t->cf.n_maps, t->cf.cap_maps);
	view_word(&rest, &name);
	view_word(&rest, &class_name);
	t->cf.maps[n] = (struct cf_map){
		.name = name, .class_name = class_name, .args = rest, .line = n + 1
	};
	t->cf.n_maps++;
}

void test_maps_open(struct test_maps *t)
{
	t->set = map_set_open(&t->cf, &t->services, true);
}

void test_maps_free(struct test_maps *t)
{
	DIR *d = opendir(t->dir);
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.' || strlen(e->d_name) > 2)
			unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	rmdir(t->dir);
	map_set_free(t->set);
	classes_free(t->cf.classes);
	free(t->cf.maps);
	str_done(&t->messages);
	arena_free(t->arena);
	free(t);
}

static const char *answer(struct test_maps *t, enum found found, struct view value)
{
	if (found == FOUND)
		return arena_dupz(t->arena,
				  arena_printf(t->arena, "found " VIEW_FMT, VIEW_ARG(value)));
	if (found == NOT_FOUND)
		return arena_dupz(t->arena, arena_printf(t->arena, "none %d", t->ctx.status));
	return arena_dupz(t->arena, arena_printf(t->arena, "failed %d%s" VIEW_FMT, t->ctx.status,
						 value.len ? " " : "", VIEW_ARG(value)));
}

const char *test_ask(struct test_maps *t, const char *map, const char *key)
{
	struct map *m = map_set_find(t->set, view_of(map));
	struct view value;
	enum found found;

	if (!m)
		return "unknown";
	if (!map_is_open(m, &t->ctx))
		return "closed";
	found = map_lookup_test(m, &t->ctx, view_of(key), &value);
	return answer(t, found, value);
}

const char *test_args(struct test_maps *t, const char *map, const char *key, const char *a1,
		      const char *a2)
{
	struct map *m = map_set_find(t->set, view_of(map));
	struct view args[2] = { view_of(a1), view_of(a2) }, value;
	enum found found;

	if (!m)
		return "unknown";
	found = map_lookup(m, &t->ctx, view_of(key), args, a1 ? a2 ? 2 : 1 : 0, &value);
	return answer(t, found, value);
}

const char *test_rule(struct test_maps *t, const char *map, const char *key)
{
	return test_args(t, map, key, NULL, NULL);
}

const char *test_path(struct test_maps *t, const char *name)
{
	return arena_dupz(t->arena, arena_printf(t->arena, "%s/%s", t->dir, name));
}

void test_write(struct test_maps *t, const char *name, const char *text)
{
	int fd = open(test_path(t, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	bug_if(fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text));
	close(fd);
}
