/*
 * config_fuzz.c - any bytes as a configuration file: the reader may complain, it may not crash, hang, or grow without bound.
 *
 * Files and programs that F lines name are not touched (is_text_only). What was read is asked for once, so that views into
 * lost memory show.
 */
#include "config/check.h"
#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at(const struct config *cf)
{
	own_arena struct arena *a = arena_new(64 << 20);
	own_str struct str out = STR_MAX(1 << 20);

	config_messages_format(cf, &out);
	for (int n = 1; n < MACRO_NUMBERS; n++) {
		struct view value = macros_get_expanded(cf->macros, n, a);

		str_clear(&out);
		macros_decode(value, &out);
		classes_has(cf->classes, n, value);
	}
	for (int i = 0; i < cf->n_headers; i++) {
		str_clear(&out);
		macros_expand(cf->macros, cf->headers[i].template, &out);
	}
	for (int i = 0; i < cf->n_rulesets; i++)
		config_ruleset_number(cf, cf->rulesets[i].name);
	for (int i = 0; i < cf->n_mailers; i++)
		config_mailer(cf, cf->mailers[i]->name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_params p = { .text = view_from((const char *)data, size),
				   .path_label = "fuzz.cf",
				   .is_offline = true,
				   .is_text_only = true,
				   .is_check = true,
				   .hostname = "host.example.test" };
	struct config *cf = config_load(&p);

	look_at(cf);
	config_free(cf);
	return 0;
}
