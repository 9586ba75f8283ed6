/* tool_main.c - main() of a single tool: built once for each, with TOOL_MAIN naming its entry. */
#include "programs/editmap.h"
#include "programs/makemap.h"
#include "programs/praliases.h"

int main(int argc, char **argv)
{
	return TOOL_MAIN(argc, argv);
}
