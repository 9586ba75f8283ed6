/* statistics_test.c - the statistics file. */
#include "report/statistics.h"

#include <errno.h>
#include <unistd.h>

#include "base/test.h"

TEST_COVERS("counts are added to an existing statistics file, which is never created", 5, 112)
{
	char path[] = "/tmp/statistics_test.XXXXXX";
	struct statistics *s = statistics_new();
	struct statistics_image got;
	FILE *f;

	close(mkstemp(path));
	statistics_count(s, STATISTICS_FROM, 3, 100);
	statistics_count(s, STATISTICS_TO, 4, 2049);
	statistics_count(s, STATISTICS_REJECTED, 24, 0);
	statistics_count(s, STATISTICS_FROM, 25, 1);
	statistics_count_connection(s, STATISTICS_CONNECTION_TO);
	CHECK_INT(statistics_flush(s, path), 0);
	statistics_count(s, STATISTICS_FROM, 3, 1024);
	CHECK_INT(statistics_flush(s, path), 0);
	f = fopen(path, "r");
	CHECK_INT(fread(&got, 1, sizeof(got), f), sizeof(got));
	CHECK_INT(fgetc(f), EOF);
	fclose(f);
	CHECK_INT(got.magic, 0x1B1DE);
	CHECK_INT(got.version, 4);
	CHECK_INT(got.size, sizeof(got));
	CHECK_INT(got.messages_from[3], 2);
	CHECK_INT(got.kbytes_from[3], 2);
	CHECK_INT(got.kbytes_to[4], 3);
	CHECK_INT(got.rejected[24], 1);
	CHECK_INT(got.connections[STATISTICS_CONNECTION_TO], 1);
	unlink(path);
	statistics_count(s, STATISTICS_FROM, 0, 1);
	CHECK_INT(statistics_flush(s, path), -ENOENT);
	CHECK(access(path, F_OK) < 0);
	statistics_free(s);
}
