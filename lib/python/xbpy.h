/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The module xenbatch._xenbatch: what has to be C of the Python package. It
 * speaks Python's stable ABI of 3.11, so one build serves what comes after.
 *
 * All counters and states below are guarded by the GIL. It is released around
 * what reaches the hypervisor or sleeps, and nowhere else.
 */
#ifndef XBPY_H
#define XBPY_H

#define Py_LIMITED_API 0x030b0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#include "xenbatch.h"

/*
 * A connection. It is closed when it was told to and nobody is in it any more:
 * another thread may be asleep in there.
 */
struct handle {
	PyObject_HEAD
	xenbatch *xb;		/* NULL: it is closed */
	unsigned int users;	/* calls that released the GIL */
	pid_t pid;		/* whose calls these are */
	bool closing;
};

/* The types; set once, when the module is loaded. */
extern PyTypeObject *xbpy_handle_type;
extern PyType_Spec xbpy_handle_spec, xbpy_batch_spec;

/*
 * To be in the connection: NULL and ValueError if it is closed. Each enter ends
 * in one leave, which keeps errno.
 */
xenbatch *xbpy_enter(struct handle *h);
void xbpy_leave(struct handle *h);

/* OSError of that errno, with what was tried. Returns NULL. */
PyObject *xbpy_error(int err, const char *what);

/* A number up to max; false and an exception that names it. */
bool xbpy_number(PyObject *o, const char *name, uint64_t max, uint64_t *out);

/*
 * A buffer, writable if it can be, or, where that is asked for, in any case.
 * False and an exception that names it.
 */
bool xbpy_buffer(PyObject *o, const char *name, bool writable, Py_buffer *view);

/* Methods of the handle that are not in handle.c. */
PyObject *xbpy_read_guest(PyObject *self, PyObject *args);
PyObject *xbpy_write_guest(PyObject *self, PyObject *args);
PyObject *xbpy_evtchn_bind_unbound(PyObject *self, PyObject *args);
PyObject *xbpy_evtchn_bind_interdomain(PyObject *self, PyObject *args);
PyObject *xbpy_evtchn_bind_virq(PyObject *self, PyObject *args);
PyObject *xbpy_evtchn_unbind(PyObject *self, PyObject *port);
PyObject *xbpy_evtchn_notify(PyObject *self, PyObject *port);
PyObject *xbpy_evtchn_ack(PyObject *self, PyObject *port);
PyObject *xbpy_evtchn_take(PyObject *self, PyObject *args);
PyObject *xbpy_evtchn_wait(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *xbpy_fileno(PyObject *self, PyObject *unused);

/* Adds the constants and layouts of Xen's interface to the module. */
int xbpy_add_interface(PyObject *module);

#endif /* XBPY_H */
