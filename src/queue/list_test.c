/*
 * list_test.c - mailq, selections and quarantine on files as the reference writes them.
 */
#include <limits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/test.h"
#include "queue/held_locks.h"
#include "queue/select.h"
#include "queue/spool.h"

struct shelf {
	char base[64];
	struct services services;
	struct config cf;
	struct snapshot snap;
	struct spool *spool;
	struct str out;
};

static void shelf_init(struct shelf *s)
{
	own_str struct str why = STR_MAX(300);

	memset(s, 0, sizeof(*s));
	snprintf(s->base, sizeof(s->base), "/tmp/list-test-XXXXXX");
	CHECK(mkdtemp(s->base) != NULL);
	s->services.log = log_new(LOG_TO_NOTHING, "test", NULL);
	s->cf.options.queue_directory = view_of(s->base);
	s->cf.options.trusted_uid = geteuid();
	s->cf.options.queue_la = INT_MAX;
	s->cf.options.super_safe = 't';
	s->cf.options.queue_sort_order = 'p';
	s->snap.cf = &s->cf;
	s->snap.services = &s->services;
	s->out = STR_MAX(1 << 20);
	s->spool = spool_open(&s->cf, s->services.log, true, &why);
	CHECK(s->spool != NULL);
	setenv("TZ", "UTC", 1);
	tzset();
}

static void shelf_done(struct shelf *s)
{
	char command[100];

	spool_close(s->spool);
	log_free(s->services.log);
	str_done(&s->out);
	snprintf(command, sizeof(command), "rm -rf %s", s->base);
	CHECK_INT(system(command), 0);
}

static void put(struct shelf *s, const char *id, char letter, const char *text, const char *body)
{
	CHECK_INT(spool_put_bytes(s->spool, 0, id, view_of(body), false), 0);
	CHECK_INT(spool_put_control(s->spool, 0, id, letter, view_of(text), false, true, NULL), 0);
}

static void collect(void *arg, struct view text)
{
	struct shelf *s = arg;

	str_add(&s->out, text);
}

/* The listing, with the name of the directory replaced by DIR. */
static const char *listing(struct shelf *s, const struct queue_select *sel, bool verbose)
{
	static char text[8192];
	const char *at;
	size_t n = 0;

	str_clear(&s->out);
	CHECK_INT(queue_list(&s->snap, sel, verbose, collect, s), 0);
	for (at = str_z(&s->out); *at && n + 4 < sizeof(text);) {
		if (strncmp(at, s->base, strlen(s->base)) == 0) {
			memcpy(text + n, "DIR", 3);
			n += 3;
			at += strlen(s->base);
		} else {
			text[n++] = *at++;
		}
	}
	text[n] = '\0';
	return text;
}

static const char plain[] =
	"V8\nT1795201750\nK0\nN0\nP30018\nFs\n$_root@localhost\nS<x@remote.example>\n"
	"rRFC822; bob@example.test\nRPFD:<bob@example.test>\nH?P?Return-Path: <\x81g>\n"
	"H??Received: by x\n\tid y\n.\n";
static const char deferred[] =
	"V8\nT1795202160\nK1795202200\nN1\nP120020\nB8BITMIME\n"
	"MDeferred: Connection refused by [127.0.0.1]\nFws\nS<a@bench.test>\nCalice:1000:1000:list\n"
	"MDeferred: 451 4.2.1 mailbox busy\nRPFD:<b@sink.test>\n.\n";

TEST_COVERS("mailq lists an empty queue and a queue with messages as the reference does", 102)
{
	struct shelf s;
	int lock = -1;

	shelf_init(&s);
	CHECK_STR(listing(&s, NULL, false), "DIR is empty\n\t\tTotal requests: 0\n");
	put(&s, "6AKJGhuq002851", 'q', deferred, "x\n");
	put(&s, "6AKJ9AmP007211", 'q', plain, "four\n");
	CHECK_INT(spool_lock(s.spool, 0, "6AKJGhuq002851", 'q', &lock), SPOOL_LOCKED);
	CHECK_STR(listing(&s, NULL, false),
		  "\t\tDIR (2 requests)\n"
		  "-----Q-ID----- --Size-- -----Q-Time----- "
		  "------------Sender/Recipient-----------\n"
		  "6AKJ9AmP007211        5 Fri Nov 20 19:09 <x@remote.example>\n"
		  "\t\t\t\t\t <bob@example.test>\n"
		  "6AKJGhuq002851*       2 Fri Nov 20 19:16 <a@bench.test>\n"
		  "      8BITMIME   (Deferred: Connection refused by [127.0.0.1])\n"
		  "\t\t\t\t\t <b@sink.test>\n"
		  "\t\tTotal requests: 2\n");
	close(lock);
	CHECK_STR(listing(&s, NULL, true),
		  "\t\tDIR (2 requests)\n"
		  "-----Q-ID----- --Size-- -Priority- ---Q-Time--- "
		  "--------Sender/Recipient--------\n"
		  "6AKJ9AmP007211        5      30018 Nov 20 19:09 <x@remote.example>\n"
		  "\t\t\t\t\t\t<bob@example.test>\n"
		  "6AKJGhuq002851        2     120020+Nov 20 19:16 <a@bench.test>\n"
		  "      8BITMIME   (Deferred: Connection refused by [127.0.0.1])\n"
		  "\t\t\t\t\t\t(---alice:1000:1000:list---)\n"
		  "\t\t\t\t\t\t<b@sink.test>\n"
		  "\t\t (Deferred: 451 4.2.1 mailbox busy)\n"
		  "\t\tTotal requests: 2\n");
	shelf_done(&s);
}

static const char odd[] = "V8\nT1795201750\nK0\nN0\nP1\nMfirst\nB7BIT\nMsecond\n"
			  "S<\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07@x>\n"
			  "RPFD:\xff\xe9\\b@x\nB8BITMIME\n.\n";

TEST_COVERS(
	"mailq shows odd bytes as octal numbers, never cut in two, and broken files for what they are",
	102)
{
	struct shelf s;

	shelf_init(&s);
	put(&s, "6AKJ9AmP007211", 'q', odd, "x\n");
	put(&s, "6AKJ9AmP007212", 'q', "garbage\n.\n", "x\n");
	CHECK_STR(listing(&s, NULL, false), "\t\tDIR (2 requests)\n"
					    "-----Q-ID----- --Size-- -----Q-Time----- "
					    "------------Sender/Recipient-----------\n"
					    "6AKJ9AmP007211        2 Fri Nov 20 19:09 "
					    "<\\007\\007\\007\\007\\007\\007\\007\\007\\007\n"
					    "          7BIT   (second)\n"
					    "\t\t\t\t\t \\377\\351\\\\b@x\n"
					    "6AKJ9AmP007212  (no control file)\n"
					    "\t\tTotal requests: 2\n");
	s.cf.options.max_queue_run_size = 1;
	CHECK(strstr(listing(&s, NULL, false), "(2 requests, only 1 printed)\n") != NULL);
	shelf_done(&s);
}

TEST("a line of the kernel's list of locks tells the inode of an flock lock, others tell nothing")
{
	uint64_t inode = 0;

	CHECK(held_locks_line(VIEW("1: FLOCK  ADVISORY  WRITE 1234 fe:00:5678 0 EOF"), &inode));
	CHECK_INT(inode, 5678);
	CHECK(!held_locks_line(VIEW("2: POSIX  ADVISORY  READ  99 00:1a:77 0 EOF"), &inode));
	CHECK(!held_locks_line(VIEW("1: -> FLOCK ADVISORY WRITE 1 fe:00:5 0 EOF"), &inode));
	CHECK(!held_locks_line(VIEW("garbage"), &inode));
}

TEST_COVERS(
	"selections by id, sender, recipient and their opposites, any of one letter, all of different ones",
	102, 104)
{
	struct queue_condition c[3] = {
		{'R',  false, VIEW("SINK.test")},
		{ 'R', false, VIEW("nowhere")  },
		{ 'S', true,  VIEW("bench")    }
	};
	struct queue_select sel = { .conditions = c, .n = 1 };

	CHECK(select_text(&sel, view_of(deferred)));
	CHECK(!select_text(&sel, view_of(plain)));
	sel.n = 2;
	CHECK(select_text(&sel, view_of(deferred)));
	sel.n = 3;
	CHECK(!select_text(&sel, view_of(deferred)));
	c[0] = (struct queue_condition){ 'R', true, VIEW("sink") };
	sel.n = 1;
	CHECK(!select_text(&sel, view_of(deferred)));
	CHECK(select_text(&sel, view_of(plain)));
	/* One recipient without the text is enough for the opposite. */
	CHECK(select_text(&sel, VIEW("S<a@b>\nRPFD:<b@sink.test>\nRPFD:<c@d>\n.\n")));
	c[0] = (struct queue_condition){ 'I', false, VIEW("Ghuq") };
	CHECK(select_id(&sel, VIEW("6AKJGhuq002851")));
	CHECK(!select_id(&sel, VIEW("6AKJ9AmP007211")));
}

TEST_COVERS("quarantine makes hf of qf with the reason, and back without a trace", 113, 97)
{
	struct queue_condition c = { 'R', false, VIEW("bob@") };
	struct queue_select sel = { .conditions = &c, .n = 1 }, in = { .quarantined = true };
	own_str struct str text = STR_MAX(10000);
	struct shelf s;
	int lock = -1;
	size_t n = 0;

	shelf_init(&s);
	put(&s, "6AKJ9AmP007211", 'q', plain, "four\n");
	put(&s, "6AKJGhuq002851", 'q', deferred, "x\n");
	CHECK_INT(queue_quarantine(&s.snap, &sel, "odd sender", NULL, NULL, &n), 0);
	CHECK_INT((int)n, 1);
	CHECK(strstr(listing(&s, NULL, false), "(1 request)") != NULL);
	CHECK(strstr(listing(&s, &in, false), "\n     QUARANTINE: odd sender\n") != NULL);
	CHECK_INT(spool_lock(s.spool, 0, "6AKJ9AmP007211", 'h', &lock), SPOOL_LOCKED);
	CHECK_INT(spool_read_control(lock, &text), 0);
	CHECK(strstr(str_z(&text), "$_root@localhost\nqodd sender\nS<x@") != NULL);
	close(lock);
	CHECK_INT(queue_quarantine(&s.snap, &in, NULL, NULL, NULL, &n), 0);
	CHECK_INT((int)n, 1);
	CHECK_INT(spool_lock(s.spool, 0, "6AKJ9AmP007211", 'q', &lock), SPOOL_LOCKED);
	str_clear(&text);
	CHECK_INT(spool_read_control(lock, &text), 0);
	CHECK_STR(str_z(&text), plain);
	close(lock);
	shelf_done(&s);
}
