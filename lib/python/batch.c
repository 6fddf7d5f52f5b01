// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A batch: what was queued, and the buffers that belong to it, which are held
 * until it was committed. Only then a batch of the library's is begun, filled
 * and run in one go, by whatever thread; so that its being a thread's own, and
 * what fork does to it, is nothing that a program in Python meets.
 *
 * Python's buffers are not where Xen may write. They are copied into the
 * handle's arena, with the addresses that others of them contain, and back.
 */
#include <string.h>

#include "xbpy.h"

#define HEAD_MAX	16U
#define NR_ARGS		5U
#define ALIGN		16U

/* Where a buffer's address goes. */
enum where { IN_ARGS, IN_BLOCK };

struct buf {
	Py_buffer view;		/* .obj is NULL: only zeroes */
	size_t op;
	size_t block;		/* IN_BLOCK: the buffer that points to this */
	size_t size;		/* with the head before, and zeroes behind */
	size_t at;		/* in the arena's piece */
	enum where where;
	uint32_t slot;		/* which argument, or offset in that view */
	uint32_t head_len;
	char head[HEAD_MAX];
};

enum op_kind { HYPERCALL, NOTIFY, ACK };

struct op {
	enum op_kind kind;
	uint32_t number;	/* the hypercall's, or a port */
	uint32_t nr_args;
	uint64_t args[NR_ARGS];
};

enum state { OPEN, RUNNING, DONE };

struct batch {
	PyObject_HEAD
	struct handle *handle;
	struct op *ops;
	struct buf *bufs;
	struct xenbatch_result *results;	/* as many as ran */
	size_t nr_ops, nr_bufs, cap_ops, cap_bufs, nr_results;
	enum state state;
};

static bool is_open(const struct batch *b)
{
	static const char *const why[] = {
		[RUNNING] = "the batch is being committed by another thread",
		[DONE] = "the batch is over: it was committed or cancelled",
	};

	if (b->state == OPEN)
		return true;
	PyErr_SetString(PyExc_RuntimeError, why[b->state]);
	return false;
}

/* Buffers from nr on are given back. */
static void drop_bufs(struct batch *b, size_t nr)
{
	while (b->nr_bufs > nr) {
		struct buf *buf = &b->bufs[--b->nr_bufs];

		if (buf->view.obj)
			PyBuffer_Release(&buf->view);
	}
}

static bool grow(void **array, size_t *cap, size_t nr, size_t size)
{
	size_t want = *cap ? *cap * 2 : 16;
	void *p;

	if (nr < *cap)
		return true;
	p = PyMem_Realloc(*array, want * size);
	if (!p) {
		PyErr_NoMemory();
		return false;
	}
	*array = p;
	*cap = want;
	return true;
}

static struct op *new_op(struct batch *b)
{
	struct op *op;

	if (b->nr_ops >= INT32_MAX / 2) {
		PyErr_SetString(PyExc_ValueError, "the batch is full");
		return NULL;
	}
	if (!grow((void **)&b->ops, &b->cap_ops, b->nr_ops, sizeof(*op)))
		return NULL;
	op = &b->ops[b->nr_ops];
	memset(op, 0, sizeof(*op));
	return op;
}

/* A buffer of the operation that comes next; o may be NULL. */
static struct buf *new_buf(struct batch *b, PyObject *o, const char *name)
{
	struct buf *buf;

	if (!grow((void **)&b->bufs, &b->cap_bufs, b->nr_bufs, sizeof(*buf)))
		return NULL;
	buf = &b->bufs[b->nr_bufs];
	memset(buf, 0, sizeof(*buf));
	if (o && !xbpy_buffer(o, name, false, &buf->view))
		return NULL;
	buf->op = b->nr_ops;
	buf->size = buf->view.len;
	b->nr_bufs++;
	return buf;
}

static bool add_arg(struct batch *b, struct op *op, PyObject *o)
{
	struct buf *buf;

	if (op->nr_args == NR_ARGS) {
		PyErr_SetString(PyExc_ValueError,
				"a hypercall has 5 arguments at most");
		return false;
	}
	if (o == Py_None) {
		op->args[op->nr_args++] = 0;
	} else if (PyIndex_Check(o)) {
		if (!xbpy_number(o, "an argument", UINT64_MAX,
				 &op->args[op->nr_args]))
			return false;
		op->nr_args++;
	} else {
		buf = new_buf(b, o, "an argument that is no number");
		if (!buf)
			return false;
		buf->where = IN_ARGS;
		buf->slot = op->nr_args++;
	}
	return true;
}

/* Buffers whose addresses the block contains: { offset in its view: buffer }. */
static bool add_pointers(struct batch *b, size_t block, PyObject *pointers)
{
	Py_ssize_t i, n;
	PyObject *items;
	bool good;

	if (!PyDict_Check(pointers)) {
		PyErr_SetString(PyExc_TypeError,
				"pointers must be a dict {offset: buffer}");
		return false;
	}
	items = PyDict_Items(pointers);
	n = items ? PyList_Size(items) : 0;
	good = items;

	for (i = 0; good && i < n; i++) {
		PyObject *item = PyList_GetItem(items, i);
		size_t room = b->bufs[block].view.len;
		struct buf *buf;
		uint64_t at;

		good = xbpy_number(PyTuple_GetItem(item, 0),
				   "a pointer's offset", UINT32_MAX, &at);
		if (good && at + 8 > room) {
			PyErr_Format(PyExc_ValueError, "a pointer at %llu does "
				     "not lie in the %zu bytes of the payload",
				     (unsigned long long)at, room);
			good = false;
		}
		if (!good)
			break;
		buf = new_buf(b, PyTuple_GetItem(item, 1),
			      "what a pointer points to");
		good = buf;
		if (!buf)
			break;
		buf->where = IN_BLOCK;
		buf->block = block;
		buf->slot = at;
	}
	Py_XDECREF(items);
	return good;
}

static bool add_block(struct batch *b, struct op *op, const char *head,
		      Py_ssize_t head_len, PyObject *payload, Py_ssize_t size,
		      PyObject *pointers)
{
	struct buf *buf;

	if (op->nr_args == NR_ARGS) {
		PyErr_SetString(PyExc_ValueError,
				"a hypercall has 5 arguments at most");
		return false;
	}
	if (head_len > (Py_ssize_t)HEAD_MAX) {
		PyErr_SetString(PyExc_ValueError, "head is 16 bytes at most");
		return false;
	}
	buf = new_buf(b, payload, "payload");
	if (!buf)
		return false;
	buf->where = IN_ARGS;
	buf->slot = op->nr_args++;
	buf->head_len = head_len;
	if (head)
		memcpy(buf->head, head, head_len);
	if (size && (size < head_len || size - head_len < buf->view.len)) {
		PyErr_Format(PyExc_ValueError, "the payload is %zd bytes, and "
			     "the structure has room for %zd", buf->view.len,
			     size < head_len ? 0 : size - head_len);
		return false;
	}
	buf->size = size ? (size_t)size : head_len + (size_t)buf->view.len;
	return !pointers ||
	       add_pointers(b, (size_t)(buf - b->bufs), pointers);
}

static PyObject *queued(struct batch *b)
{
	return PyLong_FromSize_t(b->nr_ops++);
}

static PyObject *batch_queue(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "number", "args", "head", "payload", "size",
				 "pointers", NULL };
	PyObject *number, *list, *payload = NULL, *pointers = NULL;
	struct batch *b = (struct batch *)self;
	size_t had = b->nr_bufs;
	const char *head = NULL;
	Py_ssize_t head_len = 0, size = 0, i, n;
	struct op *op;
	uint64_t nr;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO|y#OnO", names,
					 &number, &list, &head, &head_len,
					 &payload, &size, &pointers) ||
	    !xbpy_number(number, "number", UINT16_MAX, &nr) || !is_open(b))
		return NULL;
	if (!PyTuple_Check(list)) {
		PyErr_SetString(PyExc_TypeError, "args must be a tuple");
		return NULL;
	}
	if (size < 0 || size > 1 << 30) {
		PyErr_SetString(PyExc_ValueError,
				"size must be between 0 and 1 GiB");
		return NULL;
	}
	if (payload == Py_None)
		payload = NULL;
	if (pointers == Py_None)
		pointers = NULL;
	/*
	 * __index__ and a buffer's owner are code of the program's, which may
	 * queue or commit here: what is made must be in one piece before.
	 */
	b->state = RUNNING;
	op = new_op(b);
	if (!op)
		goto fail;
	op->kind = HYPERCALL;
	op->number = nr;
	n = PyTuple_Size(list);
	for (i = 0; i < n; i++)
		if (!add_arg(b, op, PyTuple_GetItem(list, i)))
			goto fail;
	if ((head || payload || size) &&
	    !add_block(b, op, head, head_len, payload, size, pointers))
		goto fail;
	b->state = OPEN;
	return queued(b);
fail:
	drop_bufs(b, had);
	b->state = OPEN;
	return NULL;
}

static PyObject *queue_port(PyObject *self, PyObject *arg, enum op_kind kind)
{
	struct batch *b = (struct batch *)self;
	struct op *op;
	uint64_t port;

	if (!xbpy_number(arg, "port", UINT32_MAX, &port) || !is_open(b))
		return NULL;
	op = new_op(b);
	if (!op)
		return NULL;
	op->kind = kind;
	op->number = port;
	return queued(b);
}

static PyObject *batch_notify(PyObject *self, PyObject *port)
{
	return queue_port(self, port, NOTIFY);
}

static PyObject *batch_ack(PyObject *self, PyObject *port)
{
	return queue_port(self, port, ACK);
}

/*
 * Committing. From here to the end of run() the GIL is not held: what is used
 * is this batch's, which nobody else may use now, and the held buffers.
 */

static size_t place_bufs(struct batch *b)
{
	size_t total = 0, i;

	for (i = 0; i < b->nr_bufs; i++) {
		b->bufs[i].at = total;
		total += (b->bufs[i].size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	}
	return total;
}

static void copy_in(struct batch *b, char *arena)
{
	size_t i;

	for (i = 0; i < b->nr_bufs; i++) {
		const struct buf *buf = &b->bufs[i];
		char *p = arena + buf->at, *data = p + buf->head_len;

		memcpy(p, buf->head, buf->head_len);
		if (buf->view.len)
			memcpy(data, buf->view.buf, buf->view.len);
		memset(data + buf->view.len, 0,
		       buf->size - buf->head_len - buf->view.len);
	}
	/* A block comes before what it points to: it is there by now. */
	for (i = 0; i < b->nr_bufs; i++) {
		const struct buf *buf = &b->bufs[i], *block;
		uint64_t address = (uintptr_t)(arena + buf->at);

		if (buf->where == IN_ARGS) {
			b->ops[buf->op].args[buf->slot] = address;
			continue;
		}
		block = &b->bufs[buf->block];
		memcpy(arena + block->at + block->head_len + buf->slot,
		       &address, sizeof(address));
	}
}

/* Of the operations that ran. Pointers in blocks stay what they were. */
static void copy_out(struct batch *b, char *arena)
{
	size_t i;

	for (i = 0; i < b->nr_bufs; i++) {
		const struct buf *buf = &b->bufs[i], *block;

		if (buf->where != IN_BLOCK)
			continue;
		block = &b->bufs[buf->block];
		memcpy(arena + block->at + block->head_len + buf->slot,
		       (char *)block->view.buf + buf->slot, 8);
	}
	for (i = 0; i < b->nr_bufs; i++) {
		const struct buf *buf = &b->bufs[i];

		if (buf->op < b->nr_results && buf->view.len &&
		    !buf->view.readonly)
			memcpy(buf->view.buf, arena + buf->at + buf->head_len,
			       buf->view.len);
	}
}

static int queue_one(struct xenbatch_batch *xbb, const struct op *op)
{
	switch (op->kind) {
	case NOTIFY:
		return xenbatch_queue_evtchn_notify(xbb, op->number, 0, 0);
	case ACK:
		return xenbatch_queue_evtchn_ack(xbb, op->number, 0, 0);
	default:
		return xenbatch_queue(xbb, op->number, op->args, op->nr_args, 0,
				      0);
	}
}

/* As many as there is room for, in one batch of the library's. 0, or an errno. */
static int run_some(struct batch *b, xenbatch *xb)
{
	struct xenbatch_batch *xbb = xenbatch_batch_begin(xb);
	size_t i = b->nr_results;

	if (!xbb)
		return errno;
	while (i < b->nr_ops && queue_one(xbb, &b->ops[i]) >= 0)
		i++;
	if (i < b->nr_ops && (errno != ENOSPC || i == b->nr_results)) {
		int err = errno;

		xenbatch_cancel(xbb);
		return err;
	}
	if (xenbatch_commit(xbb, b->results + b->nr_results,
			    i - b->nr_results) < 0)
		return errno;
	b->nr_results = i;
	return 0;
}

static int run(struct batch *b, xenbatch *xb)
{
	size_t total = place_bufs(b);
	char *arena = NULL;
	int err = 0;

	if (total) {
		arena = xenbatch_alloc(xb, total);
		if (!arena)
			return errno;
		copy_in(b, arena);
	}
	while (!err && b->nr_results < b->nr_ops)
		err = run_some(b, xb);
	if (total) {
		copy_out(b, arena);
		xenbatch_free(xb, arena);
	}
	return err;
}

static PyObject *batch_commit(PyObject *self, PyObject *unused)
{
	struct batch *b = (struct batch *)self;
	size_t i, failed = 0;
	xenbatch *xb;
	int err;

	(void)unused;
	if (!is_open(b))
		return NULL;
	b->results = PyMem_Calloc(b->nr_ops + 1, sizeof(*b->results));
	if (!b->results)
		return PyErr_NoMemory();
	xb = xbpy_enter(b->handle);
	if (!xb) {
		PyMem_Free(b->results);
		b->results = NULL;
		return NULL;
	}
	b->state = RUNNING;
	Py_BEGIN_ALLOW_THREADS
	err = run(b, xb);
	Py_END_ALLOW_THREADS
	b->state = DONE;
	drop_bufs(b, 0);
	xbpy_leave(b->handle);
	if (err)
		return xbpy_error(err, "the batch could not be run");
	for (i = 0; i < b->nr_results; i++)
		failed += b->results[i].err != 0;
	return PyLong_FromSize_t(failed);
}

static PyObject *batch_cancel(PyObject *self, PyObject *unused)
{
	struct batch *b = (struct batch *)self;

	(void)unused;
	if (!is_open(b))
		return NULL;
	b->state = DONE;
	drop_bufs(b, 0);
	b->nr_ops = 0;
	Py_RETURN_NONE;
}

static PyObject *batch_result(PyObject *self, PyObject *arg)
{
	struct batch *b = (struct batch *)self;
	uint64_t i;

	if (!xbpy_number(arg, "index", INT32_MAX, &i))
		return NULL;
	if (b->state != DONE) {
		PyErr_SetString(PyExc_RuntimeError,
				"the batch is not committed yet");
		return NULL;
	}
	if (i >= b->nr_results) {
		PyErr_SetString(PyExc_IndexError, "nothing of that index ran");
		return NULL;
	}
	return Py_BuildValue("Li", (long long)b->results[i].ret,
			     b->results[i].err);
}

static Py_ssize_t batch_len(PyObject *self)
{
	return ((struct batch *)self)->nr_ops;
}

static PyObject *batch_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "handle", NULL };
	PyObject *(*alloc)(PyTypeObject *, Py_ssize_t) =
		PyType_GetSlot(type, Py_tp_alloc);
	struct batch *b;
	PyObject *h;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:Batch", names, &h))
		return NULL;
	if (!PyObject_TypeCheck(h, xbpy_handle_type)) {
		PyErr_Format(PyExc_TypeError,
			     "a batch is of a handle, not of %R", Py_TYPE(h));
		return NULL;
	}
	b = (struct batch *)alloc(type, 0);
	if (!b)
		return NULL;
	Py_INCREF(h);
	b->handle = (struct handle *)h;
	return (PyObject *)b;
}

static void batch_dealloc(PyObject *self)
{
	struct batch *b = (struct batch *)self;
	PyTypeObject *type = Py_TYPE(self);
	freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);

	drop_bufs(b, 0);
	PyMem_Free(b->ops);
	PyMem_Free(b->bufs);
	PyMem_Free(b->results);
	Py_XDECREF((PyObject *)b->handle);
	release(self);
	Py_DECREF(type);
}

static PyMethodDef methods[] = {
	{ "queue", (PyCFunction)(void *)batch_queue,
	  METH_VARARGS | METH_KEYWORDS,
	  "queue(number, args, head=b'', payload=None, size=0, pointers=None)\n"
	  "-> index\n\n"
	  "Queue a hypercall. Arguments are numbers, None (0) and buffers, whose\n"
	  "address Xen gets. One more follows if there is a structure: head (16\n"
	  "bytes at most), then the payload, then zeroes up to size. pointers are\n"
	  "{offset in the payload: buffer}. Buffers are read in commit and, where\n"
	  "they can be written, written; until then they are held, and a\n"
	  "bytearray cannot be resized." },
	{ "evtchn_notify", batch_notify, METH_O,
	  "evtchn_notify(port) -> index" },
	{ "evtchn_ack", batch_ack, METH_O, "evtchn_ack(port) -> index" },
	{ "commit", batch_commit, METH_NOARGS,
	  "commit() -> int\n\nRun all, in order, with one system call if the\n"
	  "module is there. How many calls failed: see result()." },
	{ "cancel", batch_cancel, METH_NOARGS,
	  "cancel()\n\nForget what is queued, and give the buffers back." },
	{ "result", batch_result, METH_O,
	  "result(index) -> (ret, errno)\n\nWhat Xen said: ret, or -1 and errno."
	},
	{ NULL, NULL, 0, NULL },
};

static PyType_Slot slots[] = {
	{ Py_tp_doc, "Hypercalls that go to Xen together: see xenbatch.Batch." },
	{ Py_tp_new, batch_new },
	{ Py_tp_dealloc, batch_dealloc },
	{ Py_tp_methods, methods },
	{ Py_sq_length, batch_len },
	{ 0, NULL },
};

PyType_Spec xbpy_batch_spec = {
	.name = "xenbatch._xenbatch.Batch",
	.basicsize = sizeof(struct batch),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
	.slots = slots,
};
