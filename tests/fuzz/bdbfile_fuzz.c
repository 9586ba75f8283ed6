/*
 * bdbfile_fuzz.c - any bytes as a Berkeley DB file: first byte hash or btree, second the length of the key that follows, then
 * the file. Whatever is found lies in bounds, and every look-up ends.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "map/bdb_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(struct bdb_reader *r, struct view key)
{
	volatile unsigned sum = 0;
	struct view value;

	if (bdb_reader_get(r, key, &value) == 0)
		for (size_t i = 0; i < value.len; i++)
			sum += (unsigned char)value.p[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bdb_reader *r;
	size_t n_key;
	int fd;

	if (size < 2 || (n_key = data[1]) > size - 2)
		return 0;
	fd = memfd_create("bdb", MFD_CLOEXEC);
	if (fd < 0)
		return 0;
	if (write(fd, data + 2 + n_key, size - 2 - n_key) == (ssize_t)(size - 2 - n_key) &&
	    bdb_reader_open(fd, data[0] & 1, (off_t)(size - 2 - n_key), &r) == 0) {
		ask(r, view_from((const char *)data + 2, n_key));
		ask(r, VIEW("key"));
		bdb_reader_free(r);
	}
	close(fd);
	return 0;
}
