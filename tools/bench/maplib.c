// SPDX-License-Identifier: GPL-2.0-or-later
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "../tool.h"
#include "maplib.h"

#define FOREIGN "libxenforeignmemory.so.1"
#define GRANTS	"libxengnttab.so.1"
#define EVENTS	"libxenevtchn.so.1"
#define CALLS	"libxencall.so.1"
#define DEVICES	"libxendevicemodel.so.1"

static void *load(const char *file, const char *name)
{
	const char *slash = strrchr(file, '/');
	char path[PATH_MAX];
	void *handle;

	snprintf(path, sizeof(path), "%.*s%s",
		 slash ? (int)(slash + 1 - file) : 0, file, name);
	/* See libxc.c for why this keeps two of one name apart. */
	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		tool_error("%s", dlerror());
	return handle;
}

bool maplib_load(struct maplib *maps, const char *file,
		 const struct maplib *other)
{
	maps->calls = load(file, CALLS);	/* others need it: first */
	maps->devices = load(file, DEVICES);
	maps->foreign = load(file, FOREIGN);
	maps->grants = load(file, GRANTS);
	maps->events = load(file, EVENTS);
	if (!maps->foreign || !maps->grants || !maps->events || !maps->calls ||
	    !maps->devices)
		return false;
	if (other && (maps->foreign == other->foreign ||
		      maps->grants == other->grants ||
		      maps->events == other->events ||
		      maps->calls == other->calls ||
		      maps->devices == other->devices)) {
		tool_error("beside %s lie the stock libraries", file);
		return false;
	}
#define X(call)								\
	maps->call = (__typeof__(maps->call))dlsym(lib, #call);		\
	if (!maps->call) {						\
		tool_error("%s", dlerror());				\
		return false;						\
	}
	void *lib = maps->foreign;

	MAPLIB_FOREIGN_CALLS(X)
	lib = maps->grants;
	MAPLIB_GRANT_CALLS(X)
	lib = maps->events;
	MAPLIB_EVENT_CALLS(X)
	lib = maps->calls;
	MAPLIB_CALL_CALLS(X)
	lib = maps->devices;
	MAPLIB_DEVICE_CALLS(X)
#undef X
	return true;
}

void maplib_unload(struct maplib *maps)
{
	maplib_disconnect(maps);
	if (maps->foreign)
		dlclose(maps->foreign);
	if (maps->grants)
		dlclose(maps->grants);
	if (maps->events)
		dlclose(maps->events);
	if (maps->calls)
		dlclose(maps->calls);
	if (maps->devices)
		dlclose(maps->devices);
	maps->foreign = NULL;
	maps->grants = NULL;
	maps->events = NULL;
	maps->calls = NULL;
	maps->devices = NULL;
}

bool maplib_connect(struct maplib *maps)
{
	if (maps->foreign) {
		maps->fmem = maps->xenforeignmemory_open(NULL, 0);
		if (!maps->fmem) {
			tool_error("xenforeignmemory_open: %s",
				   strerror(errno));
			return false;
		}
	}
	if (maps->grants) {
		maps->xgt = maps->xengnttab_open(NULL, 0);
		if (!maps->xgt) {
			tool_error("xengnttab_open: %s: is xen-gntdev loaded?",
				   strerror(errno));
			return false;
		}
	}
	if (maps->native) {
		maps->xb = tool_open();
		if (!maps->xb)
			return false;
	}
	return true;
}

void maplib_disconnect(struct maplib *maps)
{
	if (maps->fmem)
		maps->xenforeignmemory_close(maps->fmem);
	if (maps->xgt)
		maps->xengnttab_close(maps->xgt);
	xenbatch_close(maps->xb);
	maplib_forget(maps);
}

void maplib_forget(struct maplib *maps)
{
	maps->fmem = NULL;
	maps->xgt = NULL;
	maps->xb = NULL;
}
