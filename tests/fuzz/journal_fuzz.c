/*
 * journal_fuzz.c - segments of a journal with any bytes in them.
 *
 * The first byte chooses: the bytes as they are (what a broken disk gives), or records with good checksums around pieces of
 * the input (what a broken program would write), so that the parts behind the checksums are reached as well.
 */
#include "base/str.h"
#include "queue/crc32c.h"
#include "queue/journal_scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Cuts the input into payloads: a type byte, a length byte, the bytes. */
static void seal_records(struct view in, struct str *out)
{
	while (in.len >= 3) {
		struct journal_header h = { .type = (uint8_t)in.p[0] & 7,
					    .flags = (uint8_t)in.p[0] >> 6,
					    .at = journal_position(1, out->len),
					    .ref = journal_position(1,
								    (size_t)(uint8_t)in.p[2] * 8) };
		struct view payload = view_first(view_skip(in, 3), (uint8_t)in.p[1]);

		h.length = (uint32_t)payload.len;
		journal_header_seal(&h, crc32c(0, payload));
		str_add(out, view_from((const char *)&h, sizeof(h)));
		str_add(out, payload);
		while (out->len % JOURNAL_ALIGN)
			str_addc(out, '\0');
		in = view_skip(in, 3 + payload.len);
	}
}

static void look_at(struct view bytes)
{
	struct journal_image image;
	size_t n = 0;

	journal_scan_bytes(bytes, &image);
	for (size_t i = 0; i < image.n_messages; i++) {
		const struct journal_message *m = &image.messages[i].message;

		for (size_t k = 0; k < m->body.len; k++)
			n += (unsigned char)m->body.p[k];
		for (size_t k = 0; k < m->text.len; k++)
			n += (unsigned char)m->text.p[k];
	}
	if (n == SIZE_MAX)
		__builtin_trap(); /* so that the reads are not left out */
	journal_image_free(&image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	own_str struct str sealed = STR_MAX(1 << 20);
	struct view in = view_from((const char *)data, size);

	if (size == 0)
		return 0;
	if (data[0] & 1) {
		seal_records(view_skip(in, 1), &sealed);
		look_at(str_view(&sealed));
	} else {
		look_at(view_skip(in, 1));
	}
	return 0;
}
