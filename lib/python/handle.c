// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A connection to the hypervisor.
 */
#include "xbpy.h"

static void close_if_unused(struct handle *h)
{
	xenbatch *xb = h->xb;
	int err = errno;

	if (!h->closing || h->users || !xb)
		return;
	h->xb = NULL;
	xenbatch_close(xb);
	errno = err;
}

xenbatch *xbpy_enter(struct handle *h)
{
	if (!h->xb || h->closing) {
		PyErr_SetString(PyExc_ValueError, "the handle is closed");
		return NULL;
	}
	/* The parent's other threads are not here, and will not leave. */
	if (h->pid != getpid()) {
		h->pid = getpid();
		h->users = 0;
	}
	h->users++;
	return h->xb;
}

void xbpy_leave(struct handle *h)
{
	if (h->users)
		h->users--;
	close_if_unused(h);
}

static PyObject *handle_new(PyTypeObject *type, PyObject *args,
			    PyObject *kwargs)
{
	static char *names[] = { NULL };
	struct handle *h;
	PyObject *(*alloc)(PyTypeObject *, Py_ssize_t) =
		PyType_GetSlot(type, Py_tp_alloc);

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, ":Handle", names))
		return NULL;
	h = (struct handle *)alloc(type, 0);
	if (!h)
		return NULL;
	h->pid = getpid();
	Py_BEGIN_ALLOW_THREADS
	h->xb = xenbatch_open(0);
	Py_END_ALLOW_THREADS
	if (!h->xb) {
		int err = errno;

		Py_DECREF(h);
		return xbpy_error(err, "no connection to Xen");
	}
	return (PyObject *)h;
}

static void handle_dealloc(PyObject *self)
{
	struct handle *h = (struct handle *)self;
	PyTypeObject *type = Py_TYPE(self);
	freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);

	h->closing = true;
	h->users = 0;
	close_if_unused(h);
	release(self);
	Py_DECREF(type);
}

static PyObject *handle_close(PyObject *self, PyObject *unused)
{
	struct handle *h = (struct handle *)self;

	(void)unused;
	if (h->pid != getpid()) {
		h->pid = getpid();
		h->users = 0;
	}
	h->closing = true;
	close_if_unused(h);
	Py_RETURN_NONE;
}

static PyObject *handle_exit(PyObject *self, PyObject *args)
{
	(void)args;
	return handle_close(self, NULL);
}

static PyObject *handle_self(PyObject *self, PyObject *unused)
{
	struct handle *h = (struct handle *)self;

	(void)unused;
	if (!xbpy_enter(h))
		return NULL;
	xbpy_leave(h);
	Py_INCREF(self);
	return self;
}

static PyObject *handle_restrict(PyObject *self, PyObject *arg)
{
	struct handle *h = (struct handle *)self;
	uint64_t domid;
	xenbatch *xb;
	int ret;

	if (!xbpy_number(arg, "domid", UINT16_MAX, &domid))
		return NULL;
	xb = xbpy_enter(h);
	if (!xb)
		return NULL;
	Py_BEGIN_ALLOW_THREADS
	ret = xenbatch_restrict(xb, domid);
	Py_END_ALLOW_THREADS
	xbpy_leave(h);
	if (ret)
		return xbpy_error(errno, "restrict");
	Py_RETURN_NONE;
}

static PyObject *handle_limits(PyObject *self, PyObject *unused)
{
	struct handle *h = (struct handle *)self;
	struct xenbatch_limits l;
	xenbatch *xb = xbpy_enter(h);
	int ret;

	(void)unused;
	if (!xb)
		return NULL;
	ret = xenbatch_limits(xb, &l);
	xbpy_leave(h);
	if (ret)
		return xbpy_error(errno, "limits");
	return Py_BuildValue("{s:I,s:n,s:n,s:n}", "ops_max", l.ops_max,
			     "arena_max", (Py_ssize_t)l.arena_max,
			     "slots_max", (Py_ssize_t)l.slots_max,
			     "pages_max", (Py_ssize_t)l.pages_max);
}

static PyObject *handle_backend(PyObject *self, void *want_why)
{
	struct handle *h = (struct handle *)self;
	xenbatch *xb = xbpy_enter(h);
	enum xenbatch_backend_id id;
	const char *why = "";
	PyObject *ret;

	if (!xb)
		return NULL;
	id = xenbatch_backend(xb, &why);
	ret = PyUnicode_FromString(want_why ? why : xenbatch_backend_name(id));
	xbpy_leave(h);
	return ret;
}

static PyObject *handle_closed(PyObject *self, void *unused)
{
	struct handle *h = (struct handle *)self;

	(void)unused;
	return PyBool_FromLong(h->closing || !h->xb);
}

static PyGetSetDef attributes[] = {
	{ "backend", handle_backend, NULL,
	  "Which backend runs: 'module' or 'stock'.", NULL },
	{ "why", handle_backend, NULL, "A sentence that says why.", "" },
	{ "closed", handle_closed, NULL, "Whether close() was called.", NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

static PyMethodDef methods[] = {
	{ "close", handle_close, METH_NOARGS,
	  "close()\n\nClose the connection, and all ports that were bound by it."
	  "\nWhat other threads wait for in it, they go on waiting for; it ends"
	  "\nwith the last of them." },
	{ "__enter__", handle_self, METH_NOARGS, NULL },
	{ "__exit__", handle_exit, METH_VARARGS, NULL },
	{ "restrict", handle_restrict, METH_O,
	  "restrict(domid)\n\nFrom now on only what is visibly about domid is"
	  "\npossible: no hypercalls. Holds in children too." },
	{ "limits", handle_limits, METH_NOARGS,
	  "limits() -> dict\n\nops_max (operations), arena_max (bytes of buffers),"
	  "\nslots_max, pages_max." },
	{ "read_guest", xbpy_read_guest, METH_VARARGS,
	  "read_guest(domid, pieces) -> dict\n\n"
	  "Read pieces of a guest's memory, each (gfn, offset, buffer), straight\n"
	  "into the buffers, which say by their length how much. A piece may be\n"
	  "longer than its page: it goes on in gfn + 1. Of the pieces that failed\n"
	  "the answer has index and errno; it is empty if all is well." },
	{ "write_guest", xbpy_write_guest, METH_VARARGS,
	  "write_guest(domid, pieces) -> dict\n\nThe same the other way." },
	{ "evtchn_bind_unbound", xbpy_evtchn_bind_unbound, METH_VARARGS,
	  "evtchn_bind_unbound(domid, kernel_ack=False) -> port\n\n"
	  "A new port that domid may bind." },
	{ "evtchn_bind_interdomain", xbpy_evtchn_bind_interdomain, METH_VARARGS,
	  "evtchn_bind_interdomain(domid, remote_port, kernel_ack=False) -> port"
	  "\n\nBind to a port that domid has for us. It fires once at once." },
	{ "evtchn_bind_virq", xbpy_evtchn_bind_virq, METH_VARARGS,
	  "evtchn_bind_virq(virq, kernel_ack=False) -> port" },
	{ "evtchn_unbind", xbpy_evtchn_unbind, METH_O,
	  "evtchn_unbind(port)\n\nClose a port." },
	{ "evtchn_notify", xbpy_evtchn_notify, METH_O,
	  "evtchn_notify(port)\n\nSend an event to the other end." },
	{ "evtchn_ack", xbpy_evtchn_ack, METH_O,
	  "evtchn_ack(port)\n\nAcknowledge: the port does not fire again before."
	  "\nDo so before looking at what the event is about." },
	{ "evtchn_take", xbpy_evtchn_take, METH_VARARGS,
	  "evtchn_take(n=64) -> list of (port, gone)\n\n"
	  "Events that have come, without waiting; gone: nobody is at the other\n"
	  "end any more." },
	{ "evtchn_wait", (PyCFunction)(void *)xbpy_evtchn_wait,
	  METH_VARARGS | METH_KEYWORDS,
	  "evtchn_wait(timeout=None, n=64) -> list of (port, gone)\n\n"
	  "The same, but wait for the first: so many seconds, or for ever. The\n"
	  "list is empty when the time is over." },
	{ "fileno", xbpy_fileno, METH_NOARGS,
	  "fileno() -> int\n\nA descriptor that select and poll find readable "
	  "while an\nevent waits." },
	{ NULL, NULL, 0, NULL },
};

static PyType_Slot slots[] = {
	{ Py_tp_doc, "A connection to the hypervisor: see xenbatch.open()." },
	{ Py_tp_new, handle_new },
	{ Py_tp_dealloc, handle_dealloc },
	{ Py_tp_methods, methods },
	{ Py_tp_getset, attributes },
	{ 0, NULL },
};

PyType_Spec xbpy_handle_spec = {
	.name = "xenbatch._xenbatch.Handle",
	.basicsize = sizeof(struct handle),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
	.slots = slots,
};
