/*
 * driver.c - runs a fuzz target once on each file named on the command line, or in a directory named there.
 *
 * So that the inputs that once broke something are tried with any compiler and sanitizer. The exit status is 1 when there was
 * nothing to run.
 */
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/str.h"

#define INPUT_MAX (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
	FILE *f = fopen(path, "re");
	char *data, *exact;
	size_t n;

	if (!f) {
		perror(path);
		return 0;
	}
	data = mem_alloc(INPUT_MAX);
	n = fread(data, 1, INPUT_MAX, f);
	fclose(f);
	exact = mem_dup(data, n); /* of its own size, so that reading past it is seen */
	free(data);
	LLVMFuzzerTestOneInput((const uint8_t *)exact, n);
	free(exact);
	return 1;
}

static int run_directory(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	int n = 0;

	while (d && (e = readdir(d))) {
		own_str struct str name = STR_MAX(4096);

		if (e->d_name[0] == '.')
			continue;
		str_addf(&name, "%s/%s", path, e->d_name);
		n += run_file(str_z(&name));
	}
	if (d)
		closedir(d);
	return n;
}

int main(int argc, char **argv)
{
	int n = 0;

	for (int i = 1; i < argc; i++) {
		struct stat st;

		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			n += run_directory(argv[i]);
		else
			n += run_file(argv[i]);
	}
	printf("%d inputs\n", n);
	return n == 0;
}
