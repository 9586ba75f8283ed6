/* fault_states.c - see fault_states.h. */
#include "queue/fault_states.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "queue/journal_scan.h"

enum in_journal { J_NO, J_LIVE, J_DONE };

/* No row is owed where nothing keeps the message: rows with keeps false. */
static const struct row {
	const char *name;
	unsigned journal; /* bits of enum in_journal */
	bool df, tf, qf;
	bool keeps; /* the message is safe there */
} rows[] = {
	{"nothing",             1 << J_NO | 1 << J_DONE, false, false, false, false},
	{ "body only",          1 << J_NO | 1 << J_DONE, true,  false, false, false},
	{ "body and tf",        1 << J_NO,               true,  true,  false, false},
	{ "in the journal",     1 << J_LIVE,             false, false, false, true },
	{ "journal, body",      1 << J_LIVE,             true,  false, false, true },
	{ "journal, body, tf",  1 << J_LIVE,             true,  true,  false, true },
	{ "journal and files",  1 << J_LIVE,             true,  false, true,  true },
	{ "journal, files, tf", 1 << J_LIVE,             true,  true,  true,  true },
	{ "in its files",       1 << J_NO | 1 << J_DONE, true,  false, true,  true },
	{ "being rewritten",    1 << J_NO | 1 << J_DONE, true,  true,  true,  true },
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static bool exists(const char *base, char letter, const char *id)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%cf%s", base, letter, id);
	return access(path, F_OK) == 0;
}

/* A control file with its name is whole: its last line is a dot. */
static bool is_whole(const char *base, char letter, const char *id)
{
	char path[160], end[3] = "";
	int fd;

	snprintf(path, sizeof(path), "%s/%cf%s", base, letter, id);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || lseek(fd, -3, SEEK_END) < 0 || read(fd, end, 3) != 3)
		end[0] = '\0';
	if (fd >= 0)
		close(fd);
	return memcmp(end, "\n.\n", 3) == 0;
}

static enum in_journal in_journal(const char *base, const char *id)
{
	enum in_journal found = J_NO;

	for (int i = 0; i < 4; i++) {
		struct journal_image image;
		char path[160];
		int fd;

		snprintf(path, sizeof(path), "%s/.journal/%d", base, i);
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (journal_scan(fd, NULL, &image) == 0) {
			for (size_t m = 0; m < image.n_messages; m++)
				if (view_eq(image.messages[m].message.id, view_of(id)))
					found = image.messages[m].is_done ? J_DONE : J_LIVE;
			journal_image_free(&image);
		}
		close(fd);
	}
	return found;
}

void states_observe(struct states *s, const char *base, const char *id, bool is_owed)
{
	bool df = exists(base, 'd', id), tf = exists(base, 't', id), hf = exists(base, 'h', id);
	bool qf = exists(base, 'q', id) || hf; /* held or not: one of them, never both */
	enum in_journal journal = in_journal(base, id);

	for (size_t i = 0; i < N_ROWS; i++) {
		if (!(rows[i].journal & 1u << journal) || rows[i].df != df || rows[i].tf != tf ||
		    rows[i].qf != qf || (is_owed && !rows[i].keeps) ||
		    (qf && !is_whole(base, hf ? 'h' : 'q', id)) || (hf && exists(base, 'q', id)))
			continue;
		s->seen[i]++;
		return;
	}
	printf("no such state: %s journal %d df %d tf %d qf %d owed %d\n", id, journal, df, tf, qf,
	       is_owed);
	s->broken++;
}

int states_report(const struct states *s)
{
	int unseen = 0;

	printf("%-20s%14s\n", "state on disk", "observed");
	for (size_t i = 0; i < N_ROWS; i++) {
		printf("%-20s%14ld\n", rows[i].name, s->seen[i]);
		unseen += s->seen[i] == 0;
	}
	return unseen;
}

/* A row as the document has it, up to the columns in words. */
static void add_row(struct str *out, const struct row *r)
{
	str_addf(out, "| %s | %s | %s| %s| %s|", r->name,
		 r->journal == 1u << J_LIVE ? "live"
		 : r->journal == 1u << J_NO ? "no"
					    : "no, done",
		 r->df ? "yes " : "", r->tf ? "yes " : "", r->qf ? "yes " : "");
}

int states_compare(const char *path)
{
	FILE *f = fopen(path, "re");
	char line[1000];
	size_t n = 0;
	int differ = 0;
	bool is_in_table = false;

	while (f && fgets(line, sizeof(line), f)) {
		own_str struct str want = STR_MAX(200);

		if (strncmp(line, "| --- |", 7) == 0)
			is_in_table = true;
		else if (line[0] != '|')
			is_in_table = false;
		else if (is_in_table) {
			if (n < N_ROWS)
				add_row(&want, &rows[n]);
			if (n++ >= N_ROWS || strncmp(line, str_z(&want), want.len) != 0) {
				printf("the code has %s\nthe table %s", str_z(&want), line);
				differ++;
			}
		}
	}
	if (f)
		fclose(f);
	return differ + (n != N_ROWS);
}
