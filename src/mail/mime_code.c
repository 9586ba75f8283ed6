/* mime_code.c - see mime_code.h. */
#include "mail/mime_code.h"

#define CHUNK         16384
#define QP_COLUMN     72 /* behind it a line is broken, unless it ends soon anyway */
#define QP_COLUMN_END 75
#define BASE64_COLUMN 72

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char hex_digits[] = "0123456789ABCDEF";

void mime_coder_init(struct mime_coder *c, enum mime_coding coding,
		     int (*write)(void *arg, struct view), void *arg)
{
	*c = (struct mime_coder){
		.coding = coding, .write = write, .arg = arg, .out = STR_MAX(2 * CHUNK)
	};
}

void mime_coder_done(struct mime_coder *c)
{
	str_done(&c->out);
}

static void flush(struct mime_coder *c)
{
	int r = c->out.len && !c->error ? c->write(c->arg, str_view(&c->out)) : 0;

	if (r < 0)
		c->error = r;
	str_clear(&c->out);
}

static void put(struct mime_coder *c, char ch)
{
	str_addc(&c->out, ch);
	if (c->out.len >= CHUNK)
		flush(c);
}

/* ---- encoding ---- */

static void put_base64_group(struct mime_coder *c)
{
	unsigned v = (unsigned)c->group[0] << 16 | (unsigned)c->group[1] << 8 | c->group[2];

	if (c->column >= BASE64_COLUMN) {
		put(c, '\n');
		c->column = 0;
	}
	put(c, base64_digits[v >> 18]);
	put(c, base64_digits[v >> 12 & 63]);
	put(c, c->n_group > 1 ? base64_digits[v >> 6 & 63] : '=');
	put(c, c->n_group > 2 ? base64_digits[v & 63] : '=');
	c->column += 4;
	c->n_group = 0;
	memset(c->group, 0, sizeof(c->group));
}

static void put_base64(struct mime_coder *c, unsigned char byte)
{
	c->group[c->n_group++] = byte;
	if (c->n_group == 3)
		put_base64_group(c);
}

static void put_qp_hex(struct mime_coder *c, unsigned char byte)
{
	put(c, '=');
	put(c, hex_digits[byte >> 4]);
	put(c, hex_digits[byte & 15]);
	c->column += 3;
}

static bool is_qp_plain(const struct mime_coder *c, unsigned char byte)
{
	if (byte == '\t' || byte == ' ')
		return true;
	if (byte < ' ' || byte >= 0x7f || byte == '=')
		return false;
	return !c->ebcdic_safe || !strchr("!\"#$@[\\]^`{|}~", byte);
}

static void break_qp(struct mime_coder *c)
{
	if (c->column > QP_COLUMN) {
		put(c, '=');
		put(c, '\n');
		c->column = 0;
	}
}

static void put_held(struct mime_coder *c, bool at_end)
{
	if (!c->held)
		return;
	break_qp(c);
	if (at_end) {
		put_qp_hex(c, (unsigned char)c->held);
	} else {
		put(c, c->held);
		c->column++;
	}
	c->held = 0;
}

static void put_qp(struct mime_coder *c, unsigned char byte)
{
	put_held(c, byte == '\n');
	if (byte == '\n') {
		if (c->column > QP_COLUMN_END)
			break_qp(c);
		put(c, '\n');
		c->column = 0;
		return;
	}
	if (byte == ' ' || byte == '\t') {
		c->held = (char)byte;
		return;
	}
	break_qp(c);
	if (is_qp_plain(c, byte)) {
		put(c, (char)byte);
		c->column++;
	} else {
		put_qp_hex(c, byte);
	}
}

void mime_encode(struct mime_coder *c, struct view bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char byte = (unsigned char)bytes.p[i];

		if (c->coding == MIME_QP) {
			put_qp(c, byte);
		} else if (c->coding == MIME_BASE64) {
			if (byte == '\n')
				put_base64(c, '\r');
			put_base64(c, byte);
		} else {
			put(c, (char)byte);
		}
	}
}

int mime_encode_end(struct mime_coder *c)
{
	if (c->coding == MIME_QP)
		put_held(c, true);
	if (c->coding == MIME_BASE64 && c->n_group)
		put_base64_group(c);
	flush(c);
	return c->error;
}

/* ---- decoding ---- */

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What is no code stays as it is; a "=" at the very end joins the line with the next one. */
static void decode_qp(struct mime_coder *c, struct view line, bool is_whole)
{
	size_t i = 0;

	while (i < line.len) {
		int high = i + 2 < line.len ? hex_value(line.p[i + 1]) : -1;
		int low = high >= 0 ? hex_value(line.p[i + 2]) : -1;

		if (line.p[i] == '=' && low >= 0) {
			put(c, (char)(high * 16 + low));
			i += 3;
		} else if (line.p[i] == '=' && is_whole &&
			   view_trim(view_skip(line, i + 1)).len == 0) {
			return;
		} else {
			put(c, line.p[i++]);
		}
	}
	if (is_whole)
		put(c, '\n');
}

/* CRLF becomes LF. */
static void put_decoded(struct mime_coder *c, char byte)
{
	if (c->held == '\r' && byte != '\n')
		put(c, '\r');
	c->held = 0;
	if (byte == '\r') {
		c->held = '\r';
		return;
	}
	put(c, byte);
	c->column = byte == '\n' ? 0 : 1;
}

static void decode_base64_group(struct mime_coder *c)
{
	unsigned v = (unsigned)c->group[0] << 18 | (unsigned)c->group[1] << 12 |
		     (unsigned)c->group[2] << 6 | c->group[3];

	if (c->n_group > 1)
		put_decoded(c, (char)(v >> 16));
	if (c->n_group > 2)
		put_decoded(c, (char)(v >> 8 & 255));
	if (c->n_group > 3)
		put_decoded(c, (char)(v & 255));
	c->n_group = 0;
	memset(c->group, 0, sizeof(c->group));
}

static void decode_base64(struct mime_coder *c, struct view line)
{
	for (size_t i = 0; i < line.len; i++) {
		const char *digit = line.p[i] ? strchr(base64_digits, line.p[i]) : NULL;

		if (digit)
			c->group[c->n_group++] = (unsigned char)(digit - base64_digits);
		if (c->n_group == 4 || (line.p[i] == '=' && c->n_group))
			decode_base64_group(c);
	}
}

void mime_decode_line(struct mime_coder *c, struct view line, bool is_whole)
{
	if (c->coding == MIME_BASE64)
		decode_base64(c, line);
	else
		decode_qp(c, line, is_whole);
}

int mime_decode_end(struct mime_coder *c)
{
	if (c->coding == MIME_BASE64) {
		decode_base64_group(c);
		if (c->held == '\r')
			put(c, '\r');
		if (c->column)
			put(c, '\n');
	}
	flush(c);
	return c->error;
}
