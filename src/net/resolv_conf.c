/* resolv_conf.c - see resolv_conf.h. The last of several `domain` and `search` lines counts, as resolv.conf(5) says. */
#include "net/resolv_conf.h"

static void read_server(struct view rest, struct arena *a, struct resolv_conf *out)
{
	struct view word, host;
	struct addr addr;

	if (!view_word(&rest, &word) || out->n_servers == ENGINE_SERVERS_MAX)
		return;
	host = view_first(word, view_find(word, '@'));
	host.len = view_find(host, '%');
	if (addr_parse(host, 0, &addr))
		out->servers[out->n_servers++] = arena_dup(a, word);
}

static void read_search(struct view rest, size_t max, struct arena *a, struct resolv_conf *out)
{
	struct view word;

	out->n_search = 0;
	while (out->n_search < max && view_word(&rest, &word)) {
		if (word.p[word.len - 1] == '.')
			word.len--;
		if (word.len > 0)
			out->search[out->n_search++] = arena_dup(a, word);
	}
}

void resolv_conf_read(struct view text, struct arena *a, struct resolv_conf *out)
{
	struct view line, key;

	*out = (struct resolv_conf){ 0 };
	while (view_cut(&text, '\n', &line)) {
		if (!view_word(&line, &key) || key.p[0] == '#' || key.p[0] == ';')
			continue;
		if (view_eq(key, VIEW("nameserver")))
			read_server(line, a, out);
		else if (view_eq(key, VIEW("search")))
			read_search(line, RESOLV_SEARCH_MAX, a, out);
		else if (view_eq(key, VIEW("domain")))
			read_search(line, 1, a, out);
	}
	if (out->n_servers == 0)
		out->servers[out->n_servers++] = VIEW("127.0.0.1");
}
