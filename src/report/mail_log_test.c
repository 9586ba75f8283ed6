/* mail_log_test.c - the lines about one message in the log. */
#include "report/mail_log.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/test.h"

/* The whole log so far, without what stands before "ID: ". */
static void read_log(const char *path, struct str *out)
{
	FILE *f = fopen(path, "r");
	char line[4096];

	CHECK(f != NULL);
	while (fgets(line, sizeof(line), f)) {
		const char *at = strstr(line, "6AL0");

		str_addz(out, at ? at : line);
	}
	fclose(f);
	unlink(path);
}

static struct envelope sample(void)
{
	struct envelope e = { .sender = VIEW("<s@x.y>"),
			      .size = 14,
			      .n_rcpts = 2,
			      .msgid = VIEW("<1@x>"),
			      .body_type = VIEW("8BITMIME"),
			      .protocol = VIEW("ESMTP"),
			      .daemon_name = VIEW("MTA"),
			      .relay = VIEW("h.test [192.0.2.1]"),
			      .priority = 60014,
			      .created_s = wall_s() };

	memcpy(e.id, "6AL0jgoO000113", 15);
	list_init(&e.rcpts);
	return e;
}

/* The envelope stays where it is from here on. */
static void add_rcpts(struct envelope *e, struct rcpt *rcpts, size_t n)
{
	list_init(&e->rcpts);
	for (size_t i = 0; i < n; i++)
		list_append(&e->rcpts, &rcpts[i].link);
}

TEST_COVERS("the sender line has its fields in order and is written once", 144, 147)
{
	char path[] = "/tmp/mail_log_test.XXXXXX";
	own_str struct str got = STR_MAX(1 << 16);
	struct envelope e = sample();
	static const struct mailer local;
	struct rcpt rcpts[4] = {
		{.state = RCPT_NEW    },
		{ .state = RCPT_FAILED, .triple.mailer = &local },
		{ .state = RCPT_FAILED                   }, /* by the rules: it was none */
		{ .state = RCPT_EXPANDED }
	};
	struct log *l;

	close(mkstemp(path));
	l = log_new(LOG_TO_FILE, "t", path);
	log_set_level(l, 9);
	add_rcpts(&e, rcpts, 4);
	mail_log_sender(l, &e);
	mail_log_sender(l, &e);
	log_free(l);
	read_log(path, &got);
	CHECK_VIEW(str_view(&got),
		   "6AL0jgoO000113: from=<s@x.y>, size=14, class=0, nrcpts=2, msgid=<1@x>, "
		   "bodytype=8BITMIME, proto=ESMTP, daemon=MTA, relay=h.test [192.0.2.1]\n");
}

TEST_COVERS("the delivery line has its fields in order", 144, 148)
{
	char path[] = "/tmp/mail_log_test.XXXXXX";
	own_str struct str got = STR_MAX(1 << 16);
	struct envelope e = sample();
	struct mailer m = { .name = VIEW("esmtp") };
	struct rcpt a = { .env = &e, .address = VIEW("<a@b.c>") },
		    b = { .env = &e, .address = VIEW("<d@e.f>") };
	struct rcpt *both[] = { &a, &b };
	struct status st = status_make(550, "5.1.1", -1, VIEW("User unknown"));
	struct mail_log_delivery d = { .env = &e,
				       .rcpts = both,
				       .n = 2,
				       .mailer = &m,
				       .relay = VIEW("h.test [192.0.2.2]"),
				       .status = &st,
				       .stat = VIEW("User unknown"),
				       .started_s = e.created_s };
	struct log *l;

	a.user = (struct rcpt_user){
		.name = VIEW("daemon"), .uid = 1, .alias = VIEW("list"), .is_set = true
	};
	st.reply = VIEW("550-5.1.1 no such user\n550 5.1.1 last");
	close(mkstemp(path));
	l = log_new(LOG_TO_FILE, "t", path);
	log_set_level(l, 9);
	mail_log_to(l, &d);
	d.mailer = NULL;
	d.relay = VIEW_NONE;
	d.started_s = 0;
	d.n = 1;
	st.reply = VIEW_NONE;
	e.created_s -= 90061;
	mail_log_to(l, &d);
	log_free(l);
	read_log(path, &got);
	CHECK_VIEW(str_view(&got),
		   "6AL0jgoO000113: to=<a@b.c>,<d@e.f>, delay=00:00:00, "
		   "xdelay=00:00:00, mailer=esmtp, pri=60014, relay=h.test [192.0.2.2], dsn=5.1.1, "
		   "reply=550-5.1.1 no such user, stat=User unknown\n"
		   "6AL0jgoO000113: to=<a@b.c>, ctladdr=list (1/0), delay=1+01:01:01, pri=60014, "
		   "dsn=5.1.1, reply=550 5.1.1 User unknown, stat=User unknown\n");
}

TEST_COVERS("a delivery is logged at the level of its outcome", 52, 146)
{
	char path[] = "/tmp/mail_log_test.XXXXXX";
	own_str struct str got = STR_MAX(1 << 16);
	struct envelope e = sample();
	struct rcpt r = { .env = &e, .address = VIEW("x") }, *rcpts[] = { &r };
	struct status sent = status_make(250, "2.0.0", -1, VIEW("Sent"));
	struct status later = status_make(450, "4.0.0", -1, VIEW("Deferred"));
	struct status never = status_make(550, "5.0.0", -1, VIEW("No"));
	struct mail_log_delivery d = { .env = &e, .rcpts = rcpts, .n = 1, .stat = VIEW("s") };
	struct log *l;

	close(mkstemp(path));
	l = log_new(LOG_TO_FILE, "t", path);
	for (int level = 6; level <= 9; level++) {
		log_set_level(l, level);
		str_addf(&got, "%d:", level);
		for (int i = 0; i < 3; i++) {
			d.status = i == 0 ? &sent : i == 1 ? &later : &never;
			mail_log_to(l, &d);
		}
	}
	log_free(l);
	str_clear(&got);
	read_log(path, &got);
	/* failures from 7 on, successes from 8 on, delays from 9 on: 1 + 2 + 3 lines */
	int n = 0;

	for (size_t i = 0; i < got.len; i++)
		n += got.p[i] == '\n';
	CHECK_INT(n, 6);
}

TEST_COVERS("a long list of recipients is split over lines", 144, 148)
{
	char path[] = "/tmp/mail_log_test.XXXXXX";
	own_str struct str got = STR_MAX(1 << 16);
	struct envelope e = sample();
	struct rcpt r = { .env = &e, .address = VIEW("recipient.number80@good.test") }, *rcpts[80];
	struct status st = status_make(250, "2.0.0", -1, VIEW("Sent"));
	struct mail_log_delivery d = {
		.env = &e, .rcpts = rcpts, .n = 80, .status = &st, .stat = VIEW("Sent")
	};
	struct view rest, line;
	struct log *l;
	int n = 0;

	for (int i = 0; i < 80; i++)
		rcpts[i] = &r;
	close(mkstemp(path));
	l = log_new(LOG_TO_FILE, "t", path);
	log_set_level(l, 9);
	mail_log_to(l, &d);
	log_free(l);
	read_log(path, &got);
	rest = str_view(&got);
	while (view_cut(&rest, '\n', &line) && line.len) {
		CHECK(line.len < 1024);
		CHECK(n == 2 || view_search(line, VIEW("test, [more], delay=")) < line.len);
		n++;
	}
	CHECK_INT(n, 3);
}
