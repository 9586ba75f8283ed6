/* load_average_test.c - the load is what the system says. */
#include "os/load_average.h"

#include <stdlib.h>

#include "base/test.h"

TEST_COVERS("the load average is about what the system call says", 108)
{
	double system[1], ours = load_average();

	CHECK(ours >= 0);
	CHECK(getloadavg(system, 1) == 1);
	CHECK(ours <= system[0] + 50 && ours >= system[0] - 50);
}
