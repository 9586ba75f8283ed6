/* netstring.c - see netstring.h. */
#include "map/netstring.h"

#include "mail/status.h"

#define LENGTH_DIGITS_MAX 9

static const struct {
	const char *word;
	int status;
} statuses[] = {
	{"OK",        EX_OK_         },
	{ "NOTFOUND", EX_NOHOST_     },
	{ "TEMP",     EX_TEMPFAIL_   },
	{ "TIMEOUT",  EX_TEMPFAIL_   },
	{ "PERM",     EX_UNAVAILABLE_},
};

void socketmap_request(struct view map_name, struct view key, struct str *out)
{
	str_addf(out, "%zu:", map_name.len + 1 + key.len);
	str_add(out, map_name);
	str_addc(out, ' ');
	str_add(out, key);
	str_addc(out, ',');
}

enum socketmap_progress socketmap_reply(struct view buffer, struct view *out_reply,
					size_t *out_used)
{
	size_t length = 0, n = 0;

	while (n < buffer.len && buffer.p[n] >= '0' && buffer.p[n] <= '9') {
		if (n == LENGTH_DIGITS_MAX)
			return SOCKETMAP_BAD_LENGTH;
		length = length * 10 + (size_t)(buffer.p[n++] - '0');
	}
	if (n == buffer.len)
		return SOCKETMAP_MORE;
	if (n == 0 || buffer.p[n] != ':')
		return SOCKETMAP_BAD_LENGTH;
	if (length > SOCKETMAP_REPLY_MAX) {
		*out_used = length;
		return SOCKETMAP_TOO_LONG;
	}
	if (buffer.len < n + 1 + length + 1)
		return SOCKETMAP_MORE;
	if (buffer.p[n + 1 + length] != ',')
		return SOCKETMAP_NO_COMMA;
	*out_reply = view_from(buffer.p + n + 1, length);
	*out_used = n + 1 + length + 1;
	return SOCKETMAP_DONE;
}

int socketmap_status(struct view reply, struct view *out_value)
{
	size_t blank = view_find(reply, ' ');
	struct view word = view_first(reply, blank);

	*out_value = view_skip(reply, blank + 1);
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (view_eq(word, view_of(statuses[i].word)))
			return statuses[i].status;
	return EX_PROTOCOL_;
}
