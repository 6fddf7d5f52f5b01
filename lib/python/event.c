// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Event channels.
 */
#include <math.h>
#include <time.h>

#include "xbpy.h"

#define TAKE_MAX	4096U

/* A call of (xb, a, b, flags) that gives a port, or 0, or -1 and errno. */
typedef int (*event_fn)(xenbatch *xb, uint64_t a, uint64_t b,
			unsigned int flags);

static PyObject *call(PyObject *self, event_fn fn, const char *what, uint64_t a,
		      uint64_t b, int kernel_ack, bool gives_port)
{
	struct handle *h = (struct handle *)self;
	xenbatch *xb = xbpy_enter(h);
	int ret;

	if (!xb)
		return NULL;
	Py_BEGIN_ALLOW_THREADS
	ret = fn(xb, a, b, kernel_ack ? XENBATCH_KERNEL_ACK : 0);
	Py_END_ALLOW_THREADS
	xbpy_leave(h);
	if (ret < 0)
		return xbpy_error(errno, what);
	if (gives_port)
		return PyLong_FromLong(ret);
	Py_RETURN_NONE;
}

static int unbound(xenbatch *xb, uint64_t a, uint64_t b, unsigned int flags)
{
	(void)b;
	return xenbatch_evtchn_bind_unbound(xb, a, flags);
}

static int interdomain(xenbatch *xb, uint64_t a, uint64_t b, unsigned int flags)
{
	return xenbatch_evtchn_bind_interdomain(xb, a, b, flags);
}

static int virq(xenbatch *xb, uint64_t a, uint64_t b, unsigned int flags)
{
	(void)b;
	return xenbatch_evtchn_bind_virq(xb, a, flags);
}

static int unbind(xenbatch *xb, uint64_t a, uint64_t b, unsigned int flags)
{
	(void)b;
	(void)flags;
	return xenbatch_evtchn_unbind(xb, a);
}

static int notify(xenbatch *xb, uint64_t a, uint64_t b, unsigned int flags)
{
	(void)b;
	(void)flags;
	return xenbatch_evtchn_notify(xb, a);
}

static int ack(xenbatch *xb, uint64_t a, uint64_t b, unsigned int flags)
{
	(void)b;
	(void)flags;
	return xenbatch_evtchn_ack(xb, a);
}

PyObject *xbpy_evtchn_bind_unbound(PyObject *self, PyObject *args)
{
	PyObject *domid;
	uint64_t a;
	int k = 0;

	if (!PyArg_ParseTuple(args, "O|p", &domid, &k) ||
	    !xbpy_number(domid, "domid", UINT16_MAX, &a))
		return NULL;
	return call(self, unbound, "evtchn_bind_unbound", a, 0, k, true);
}

PyObject *xbpy_evtchn_bind_interdomain(PyObject *self, PyObject *args)
{
	PyObject *domid, *port;
	uint64_t a, b;
	int k = 0;

	if (!PyArg_ParseTuple(args, "OO|p", &domid, &port, &k) ||
	    !xbpy_number(domid, "domid", UINT16_MAX, &a) ||
	    !xbpy_number(port, "remote_port", UINT32_MAX, &b))
		return NULL;
	return call(self, interdomain, "evtchn_bind_interdomain", a, b, k,
		    true);
}

PyObject *xbpy_evtchn_bind_virq(PyObject *self, PyObject *args)
{
	PyObject *number;
	uint64_t a;
	int k = 0;

	if (!PyArg_ParseTuple(args, "O|p", &number, &k) ||
	    !xbpy_number(number, "virq", UINT32_MAX, &a))
		return NULL;
	return call(self, virq, "evtchn_bind_virq", a, 0, k, true);
}

static PyObject *about_port(PyObject *self, PyObject *port, event_fn fn,
			    const char *what)
{
	uint64_t a;

	if (!xbpy_number(port, "port", UINT32_MAX, &a))
		return NULL;
	return call(self, fn, what, a, 0, 0, false);
}

PyObject *xbpy_evtchn_unbind(PyObject *self, PyObject *port)
{
	return about_port(self, port, unbind, "evtchn_unbind");
}

PyObject *xbpy_evtchn_notify(PyObject *self, PyObject *port)
{
	return about_port(self, port, notify, "evtchn_notify");
}

PyObject *xbpy_evtchn_ack(PyObject *self, PyObject *port)
{
	return about_port(self, port, ack, "evtchn_ack");
}

static PyObject *listed(const struct xenbatch_event *e, int n)
{
	PyObject *list = PyList_New(0), *item;
	int i;

	for (i = 0; list && i < n; i++) {
		item = Py_BuildValue("IN", e[i].port, PyBool_FromLong(
			e[i].flags & XENBATCH_PEER_GONE));
		if (!item || PyList_Append(list, item))
			Py_CLEAR(list);
		Py_XDECREF(item);
	}
	return list;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/*
 * For ever is a negative timeout. It is slept a second at a time: a signal that
 * comes just before one falls asleep would be handled with the next event else.
 */
static int wait_until(xenbatch *xb, struct xenbatch_event *e,
		      unsigned int n, double timeout)
{
	double end = now() + timeout, left = timeout;
	int ms, ret, err;

	for (;;) {
		ms = timeout < 0 || left > 1 ? 1000 :
		     left <= 0 ? 0 : (int)ceil(left * 1000);
		Py_BEGIN_ALLOW_THREADS
		ret = xenbatch_evtchn_wait(xb, e, n, ms);
		err = errno;
		Py_END_ALLOW_THREADS
		left = end - now();
		if (ret < 0 && err != EINTR)
			xbpy_error(err, "evtchn_wait");
		else if (ret <= 0 && PyErr_CheckSignals())
			return -1;
		if (ret > 0 || (ret < 0 && err != EINTR))
			return ret;
		if (timeout >= 0 && left <= 0)
			return 0;
	}
}

static bool how_many(PyObject *o, uint64_t *n)
{
	*n = 64;
	if (!o)
		return true;
	if (!xbpy_number(o, "n", TAKE_MAX, n))
		return false;
	if (*n)
		return true;
	PyErr_SetString(PyExc_ValueError, "n must be 1 at least");
	return false;
}

static PyObject *take(PyObject *self, uint64_t n, double timeout, bool wait)
{
	struct handle *h = (struct handle *)self;
	struct xenbatch_event *e = PyMem_Malloc(n * sizeof(*e));
	PyObject *ret = NULL;
	xenbatch *xb;
	int got;

	if (!e)
		return PyErr_NoMemory();
	xb = xbpy_enter(h);
	if (!xb)
		goto out;
	if (wait) {
		got = wait_until(xb, e, n, timeout);
	} else {
		Py_BEGIN_ALLOW_THREADS
		got = xenbatch_evtchn_take(xb, e, n);
		Py_END_ALLOW_THREADS
		if (got < 0)
			xbpy_error(errno, "evtchn_take");
	}
	xbpy_leave(h);
	if (got >= 0)
		ret = listed(e, got);
out:
	PyMem_Free(e);
	return ret;
}

PyObject *xbpy_evtchn_take(PyObject *self, PyObject *args)
{
	PyObject *number = NULL;
	uint64_t n;

	if (!PyArg_ParseTuple(args, "|O", &number) || !how_many(number, &n))
		return NULL;
	return take(self, n, 0, false);
}

PyObject *xbpy_evtchn_wait(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "timeout", "n", NULL };
	PyObject *seconds = Py_None, *number = NULL;
	double timeout = -1;
	uint64_t n;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OO", names, &seconds,
					 &number) || !how_many(number, &n))
		return NULL;
	if (seconds != Py_None) {
		timeout = PyFloat_AsDouble(seconds);
		if (PyErr_Occurred())
			return NULL;
		if (!(timeout >= 0)) {
			PyErr_SetString(PyExc_ValueError, "timeout must be None "
					"or not negative");
			return NULL;
		}
	}
	return take(self, n, timeout, true);
}

PyObject *xbpy_fileno(PyObject *self, PyObject *unused)
{
	struct handle *h = (struct handle *)self;
	xenbatch *xb = xbpy_enter(h);
	int fd;

	(void)unused;
	if (!xb)
		return NULL;
	fd = xenbatch_evtchn_fd(xb);
	xbpy_leave(h);
	return fd < 0 ? xbpy_error(errno, "fileno") : PyLong_FromLong(fd);
}
