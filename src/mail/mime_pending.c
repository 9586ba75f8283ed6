/* mime_pending.c - bodies pass as they are until the conversions of mime.h are built. */
#include <errno.h>

#include "mail/mime.h"

bool mime_wants_conversion(const struct header *h, const struct mime_params *p)
{
	(void)h;
	(void)p;
	return false;
}

int mime_convert(struct header *h, struct arena *a, const struct mime_params *p, struct mime_io *io,
		 int (*rewind)(void *arg), struct view *out_reason)
{
	(void)h;
	(void)a;
	(void)p;
	(void)io;
	(void)rewind;
	(void)out_reason;
	return -ENOSYS;
}
