// SPDX-License-Identifier: GPL-2.0-or-later
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../tool.h"
#include "libxc.h"

/* The same file name for both: that is what a drop-in is. */
#define SONAME XENCTRL_SONAME

static bool lookup(struct libxc *lib, bool ours)
{
	Dl_info info;
	void *sym;

#define X(call)								\
	lib->call = (__typeof__(lib->call))dlsym(lib->handle, #call);	\
	if (!lib->call) {						\
		tool_error("%s has no %s", lib->path, #call);		\
		return false;						\
	}
	LIBXC_CALLS(X)
	if (ours) {
		LIBXC_BATCH_CALLS(X)
	} else {
		LIBXC_STOCK_CALLS(X)
	}
#undef X
	/* dladdr of a function says what the loader really took. */
	if (dladdr((void *)lib->xc_version, &info) && info.dli_fname)
		snprintf(lib->path, sizeof(lib->path), "%s", info.dli_fname);
	sym = dlsym(lib->handle, "xencall1");
	if (sym && dladdr(sym, &info) && info.dli_fname)
		snprintf(lib->call_path, sizeof(lib->call_path), "%s",
			 info.dli_fname);
	return true;
}

/*
 * RTLD_LOCAL keeps the two apart: each finds its own symbols in itself, the
 * program has none of those names, and a library opened by path is not taken
 * for another one of the same soname.
 */
static bool try(struct libxc *lib, const char *file, bool ours)
{
	lib->handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	if (!lib->handle)
		return false;
	if (!!dlsym(lib->handle, "xc_batch_begin") == ours) {
		snprintf(lib->path, sizeof(lib->path), "%s", file);
		return true;
	}
	dlclose(lib->handle);
	lib->handle = NULL;
	return false;
}

bool libxc_load_stock(struct libxc *lib, const char *file)
{
	static const char *const places[] = {
		XENCTRL_STOCK_DIR "/" SONAME, SONAME, NULL
	};

	lib->name = "stock";
	if (file && !try(lib, file, false)) {
		const char *why = dlerror();

		tool_error("--stock %s: %s", file,
			   why ? why : "this is not a stock libxenctrl");
		return false;
	}
	for (int i = 0; !lib->handle && places[i]; i++)
		try(lib, places[i], false);
	if (!lib->handle) {
		tool_error("no stock %s: install Xen's libraries (libxenmisc4.17 or later), or say --stock FILE",
			   SONAME);
		return false;
	}
	return lookup(lib, false);
}

bool libxc_load_ours(struct libxc *lib, const char *file)
{
	static const char *const places[] = {
		XENBATCH_DROPIN_BESIDE, "../lib/xenbatch/", "../lib/", NULL
	};
	char self[PATH_MAX], path[PATH_MAX + 64];
	ssize_t len;

	lib->name = "xenbatch";
	if (file && !try(lib, file, true)) {
		const char *why = dlerror();

		tool_error("--ours %s: %s", file,
			   why ? why : "this libxenctrl is not xenbatch's");
		return false;
	}
	/* Beside this program, installed or just built, then as configured. */
	len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[len > 0 ? len : 0] = '\0';
	if (strrchr(self, '/'))
		strrchr(self, '/')[1] = '\0';
	for (int i = 0; !lib->handle && places[i]; i++) {
		snprintf(path, sizeof(path), "%s%s%s", self, places[i],
			 SONAME);
		try(lib, path, true);
	}
	if (!lib->handle)
		try(lib, XENBATCH_DROPIN_DIR "/" SONAME, true);
	if (!lib->handle) {
		tool_error("xenbatch's %s is neither beside this program nor in %s: 'make install' it, or say --ours FILE",
			   SONAME, XENBATCH_DROPIN_DIR);
		return false;
	}
	return lookup(lib, true);
}

void libxc_unload(struct libxc *lib)
{
	libxc_disconnect(lib);
	maplib_unload(&lib->maps);
	if (lib->handle)
		dlclose(lib->handle);
	lib->handle = NULL;
}

bool libxc_connect(struct libxc *lib)
{
	lib->xch = lib->xc_interface_open(NULL, NULL, 0);
	if (!lib->xch) {
		tool_error("%s: xc_interface_open: %s", lib->path,
			   strerror(errno));
		return false;
	}
	return maplib_connect(&lib->maps);
}

void libxc_disconnect(struct libxc *lib)
{
	maplib_disconnect(&lib->maps);
	if (lib->xch)
		lib->xc_interface_close(lib->xch);
	lib->xch = NULL;
}

void libxc_forget(struct libxc *lib)
{
	maplib_forget(&lib->maps);
	lib->xch = NULL;
}
