/*
 * scan.c - what lies in the queue directories: at start, at each interval, and for a queue run.
 */
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "queue/queue_private.h"
#include "queue/scan.h"

void scan_dir(const struct spool *s, int dir,
	      bool (*each)(void *arg, int dir, char letter, const char *id), void *arg)
{
	int fd = openat(s->dirs[dir].qf_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((e = readdir(d))) {
		const char *name = e->d_name;

		if (strchr("qhQ", name[0]) && name[0] && name[1] == 'f' &&
		    queue_id_is_valid(view_of(name + 2)) && !each(arg, dir, name[0], name + 2))
			break;
	}
	closedir(d);
}

struct run {
	struct queue *q;
	bool force;
	size_t n;
	int64_t now;
};

static bool note_file(void *arg, int dir, char letter, const char *id)
{
	struct run *run = arg;
	struct queue *q = run->q;
	struct record *r;

	if (letter == 'Q')
		return true;
	pthread_mutex_lock(&q->lock);
	r = records_find(&q->records, dir, id);
	if (!r)
		r = records_add(&q->records, dir, id, letter);
	r->seen = q->scan_number;
	r->letter = letter;
	if (letter == 'q' && (r->state == RECORD_RESTING || r->state == RECORD_WAITING) &&
	    (run->force || r->next_try_s <= run->now)) {
		r->is_forced = run->force;
		r->sort_key = r->next_try_s;
		records_set(&q->records, r, RECORD_READY);
		run->n++;
	}
	pthread_mutex_unlock(&q->lock);
	return true;
}

size_t queue_run(struct queue *q, const struct queue_select *sel, bool force)
{
	struct run run = { q, force || (sel && sel->n > 0), 0, wall_s() };

	pthread_mutex_lock(&q->lock);
	q->scan_number++;
	pthread_mutex_unlock(&q->lock);
	for (int dir = 0; dir < q->spool->n_dirs; dir++)
		scan_dir(q->spool, dir, note_file, &run);
	pthread_mutex_lock(&q->lock);
	schedule_wake(q);
	pthread_mutex_unlock(&q->lock);
	return run.n;
}
