// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Pieces of a guest's memory, into buffers and out of them, without a copy in
 * between. The buffers are held as long as the call lasts.
 */
#include "xbpy.h"

struct pieces {
	struct xenbatch_piece *piece;
	Py_buffer *view;
	Py_ssize_t n;		/* whose views are held */
};

static void release(struct pieces *p)
{
	while (p->n)
		PyBuffer_Release(&p->view[--p->n]);
	PyMem_Free(p->view);
	PyMem_Free(p->piece);
}

static bool add(struct pieces *p, PyObject *item, bool writable)
{
	struct xenbatch_piece *piece = &p->piece[p->n];
	Py_buffer *view = &p->view[p->n];
	uint64_t offset;

	if (!PyTuple_Check(item) || PyTuple_Size(item) != 3) {
		PyErr_Format(PyExc_TypeError, "pieces[%zd] must be a tuple "
			     "(gfn, offset, buffer)", p->n);
		return false;
	}
	if (!xbpy_number(PyTuple_GetItem(item, 0), "gfn", UINT64_MAX,
			 &piece->gfn) ||
	    !xbpy_number(PyTuple_GetItem(item, 1), "offset", 4095, &offset) ||
	    !xbpy_buffer(PyTuple_GetItem(item, 2), "a piece's buffer", writable,
			 view))
		return false;
	p->n++;
	if (view->len > UINT32_MAX) {
		PyErr_SetString(PyExc_ValueError,
				"a piece must be less than 4 GiB");
		return false;
	}
	piece->offset = offset;
	piece->len = view->len;
	piece->buf = view->buf;
	piece->err = 0;
	piece->reserved = 0;
	return true;
}

static PyObject *failures(const struct pieces *p)
{
	PyObject *d = PyDict_New();
	Py_ssize_t i;

	for (i = 0; d && i < p->n; i++) {
		PyObject *key, *value;
		int bad;

		if (!p->piece[i].err)
			continue;
		key = PyLong_FromSsize_t(i);
		value = PyLong_FromLong(p->piece[i].err);
		bad = !key || !value || PyDict_SetItem(d, key, value);
		Py_XDECREF(key);
		Py_XDECREF(value);
		if (bad)
			Py_CLEAR(d);
	}
	return d;
}

static PyObject *move(PyObject *self, PyObject *args, bool read)
{
	struct handle *h = (struct handle *)self;
	struct pieces p = { NULL, NULL, 0 };
	PyObject *domid_o, *arg, *list, *ret = NULL;
	uint64_t domid;
	Py_ssize_t n;
	xenbatch *xb;
	int failed;

	if (!PyArg_ParseTuple(args, "OO", &domid_o, &arg) ||
	    !xbpy_number(domid_o, "domid", UINT16_MAX, &domid))
		return NULL;
	/* Our own: what is called below cannot change it under our hands. */
	list = PySequence_Tuple(arg);
	if (!list)
		return NULL;
	n = PyTuple_Size(list);
	p.piece = PyMem_Calloc(n + 1, sizeof(*p.piece));
	p.view = PyMem_Calloc(n + 1, sizeof(*p.view));
	if (!p.piece || !p.view) {
		PyErr_NoMemory();
		goto out;
	}
	while (p.n < n)
		if (!add(&p, PyTuple_GetItem(list, p.n), read))
			goto out;
	xb = xbpy_enter(h);
	if (!xb)
		goto out;
	Py_BEGIN_ALLOW_THREADS
	failed = read ? xenbatch_read_guest(xb, domid, p.piece, n) :
			xenbatch_write_guest(xb, domid, p.piece, n);
	Py_END_ALLOW_THREADS
	xbpy_leave(h);
	if (failed < 0)
		xbpy_error(errno, read ? "read_guest" : "write_guest");
	else
		ret = failures(&p);
out:
	release(&p);
	Py_DECREF(list);
	return ret;
}

PyObject *xbpy_read_guest(PyObject *self, PyObject *args)
{
	return move(self, args, true);
}

PyObject *xbpy_write_guest(PyObject *self, PyObject *args)
{
	return move(self, args, false);
}
