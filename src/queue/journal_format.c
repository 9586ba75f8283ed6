/*
 * journal_format.c - records of the journal: sealing and recognizing them.
 */
#include "queue/journal_format.h"

#include "queue/crc32c.h"

#define CRC_FROM offsetof(struct journal_header, payload_crc)

static uint32_t header_crc(const struct journal_header *h)
{
	return crc32c(0, view_from((const char *)h + CRC_FROM, sizeof(*h) - CRC_FROM));
}

void journal_header_seal(struct journal_header *h, uint32_t payload_crc)
{
	h->magic = JOURNAL_MAGIC;
	h->payload_crc = payload_crc;
	h->header_crc = header_crc(h);
}

bool journal_record_at(const char *p, size_t left, size_t offset, struct journal_header *out,
		       struct view *out_payload, bool *out_is_whole)
{
	struct journal_header h;

	if (left < sizeof(h))
		return false;
	memcpy(&h, p, sizeof(h));
	if (h.magic != JOURNAL_MAGIC || h.header_crc != header_crc(&h) ||
	    journal_offset(h.at) != offset || h.length > left - sizeof(h))
		return false;
	*out = h;
	*out_payload = view_from(p + sizeof(h), h.length);
	if (out_is_whole)
		*out_is_whole = crc32c(0, *out_payload) == h.payload_crc;
	return true;
}

bool journal_message_parse(const struct journal_header *h, struct view payload,
			   struct journal_message *out)
{
	struct journal_message_head head;
	struct view rest = payload;

	if (rest.len < sizeof(head))
		return false;
	memcpy(&head, rest.p, sizeof(head));
	rest = view_skip(rest, sizeof(head));
	if ((size_t)head.id_len + head.dir_len + (uint64_t)head.text_len > rest.len)
		return false;
	out->letter = (char)head.letter;
	out->flags = h->flags;
	out->id = view_first(rest, head.id_len);
	rest = view_skip(rest, head.id_len);
	out->dir = view_first(rest, head.dir_len);
	rest = view_skip(rest, head.dir_len);
	out->text = view_first(rest, head.text_len);
	out->body = view_skip(rest, head.text_len);
	return out->letter == 'q' || out->letter == 'h';
}
