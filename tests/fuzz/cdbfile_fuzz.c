/* cdbfile_fuzz.c - any bytes as a cdb file: first byte the length of the key that follows, then the file. */
#include <sys/mman.h>
#include <unistd.h>

#include "map/cdb_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned sum_of(struct view v)
{
	unsigned sum = 0;

	for (size_t i = 0; i < v.len; i++)
		sum += (unsigned char)v.p[i];
	return sum;
}

static void use(const struct cdb_reader *r, struct view key)
{
	struct view found_key, value;
	volatile unsigned sum = 0;
	size_t at = 0;

	if (cdb_reader_get(r, key, &value) == 0)
		sum += sum_of(value);
	while (cdb_reader_next(r, &at, &found_key, &value) == 0)
		sum += sum_of(found_key) + sum_of(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cdb_reader r;
	size_t n_key;
	int fd;

	if (size < 1 || (n_key = data[0]) > size - 1)
		return 0;
	fd = memfd_create("cdb", MFD_CLOEXEC);
	if (fd < 0)
		return 0;
	if (write(fd, data + 1 + n_key, size - 1 - n_key) == (ssize_t)(size - 1 - n_key) &&
	    cdb_reader_open(fd, &r) == 0) {
		use(&r, view_from((const char *)data + 1, n_key));
		cdb_reader_close(&r);
	}
	close(fd);
	return 0;
}
