/*
 * json.h - JSON text, written piece by piece into a string.
 *
 *   struct json j = json_into(&out);
 *   json_object(&j, NULL);
 *   json_text(&j, "name", VIEW("a"));          {"name": "a",
 *   json_array(&j, "ports"); json_number(&j, NULL, 25); json_end(&j);
 *   json_end(&j);
 *
 * Each value is given with its key; the key is NULL in an array and at the top. One member a line, indented. JSON has no bytes, only
 * characters: what is not valid UTF-8 is written as the character of the same number, so \xe9 becomes \u00e9. NUL, which many readers
 * refuse, becomes U+FFFD. Where the string's limit
 * is met the text ends early and out->cut is set. One thread's.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/str.h"

#define JSON_DEPTH_MAX 32

struct json {
	struct str *out;
	int depth;
	bool is_compact; /* all in one line: set it behind json_into */
	bool is_array[JSON_DEPTH_MAX];
	bool has_members[JSON_DEPTH_MAX];
};

struct json json_into(struct str *out);
void json_object(struct json *j, const char *key);
void json_array(struct json *j, const char *key);
void json_end(
	struct json *j); /* of the innermost object or array; at the outermost also a line end */

void json_text(struct json *j, const char *key, struct view v); /* none: null */
void json_textf(struct json *j, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void json_number(struct json *j, const char *key, int64_t n);
void json_bool(struct json *j, const char *key, bool b);
void json_null(struct json *j, const char *key);

#endif
