/* library.c - see library.h. */
#include "os/library.h"

#include <dlfcn.h>

bool library_load(const char *soname, const char *const *names, size_t n, void *out_calls,
		  struct str *why)
{
	void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);

	for (size_t i = 0; library && i < n; i++) {
		void *call = dlsym(library, names[i]);

		if (!call) {
			str_addf(why, "%s has no function %s", soname, names[i]);
			return false;
		}
	}
	if (!library) {
		const char *error = dlerror();

		str_addz(why, error ? error : soname);
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		void *call = dlsym(library, names[i]);

		memcpy((char *)out_calls + i * sizeof(call), &call, sizeof(call));
	}
	return true;
}
