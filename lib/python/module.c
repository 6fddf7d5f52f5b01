// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The module itself, and what its parts share.
 */
#include <stdio.h>
#include <string.h>

#include "xbpy.h"

PyTypeObject *xbpy_handle_type;

PyObject *xbpy_error(int err, const char *what)
{
	char text[256];
	PyObject *e;

	snprintf(text, sizeof(text), "%s: %s", what, strerror(err));
	e = PyObject_CallFunction(PyExc_OSError, "is", err, text);
	if (e) {
		/* OSError's own subclass for that errno, if it has one */
		PyErr_SetObject((PyObject *)Py_TYPE(e), e);
		Py_DECREF(e);
	}
	return NULL;
}

bool xbpy_number(PyObject *o, const char *name, uint64_t max, uint64_t *out)
{
	PyObject *i = PyNumber_Index(o);

	if (!i) {
		if (PyErr_ExceptionMatches(PyExc_TypeError))
			PyErr_Format(PyExc_TypeError, "%s must be a number, "
				     "not %R", name, Py_TYPE(o));
		return false;
	}
	*out = PyLong_AsUnsignedLongLong(i);
	Py_DECREF(i);
	if (*out == (uint64_t)-1 && PyErr_Occurred() &&
	    !PyErr_ExceptionMatches(PyExc_OverflowError))
		return false;
	if (PyErr_Occurred() || *out > max) {
		PyErr_Clear();
		PyErr_Format(PyExc_ValueError, "%s must be between 0 and %llu",
			     name, (unsigned long long)max);
		return false;
	}
	return true;
}

bool xbpy_buffer(PyObject *o, const char *name, bool writable, Py_buffer *view)
{
	if (!PyObject_CheckBuffer(o)) {
		PyErr_Format(PyExc_TypeError, "%s must be a buffer (bytearray, "
			     "memoryview, array ...), not %R", name,
			     Py_TYPE(o));
		return false;
	}
	if (!PyObject_GetBuffer(o, view, PyBUF_WRITABLE))
		return true;
	if (!writable) {
		PyErr_Clear();
		if (!PyObject_GetBuffer(o, view, PyBUF_SIMPLE))
			return true;
	}
	PyErr_Clear();
	PyErr_Format(PyExc_ValueError, "%s must be %sone stretch of memory", name,
		     writable ? "writable, and " : "");
	return false;
}

static struct PyModuleDef definition = {
	PyModuleDef_HEAD_INIT,
	.m_name = "xenbatch._xenbatch",
	.m_doc = "libxenbatch.so.0, as far as it has to be C. Use xenbatch.",
	.m_size = -1,
};

static int add_type(PyObject *module, PyType_Spec *spec, PyTypeObject **type)
{
	PyObject *o = PyType_FromSpec(spec);
	int ret = o ? PyModule_AddType(module, (PyTypeObject *)o) : -1;

	if (ret || !type)
		Py_XDECREF(o);
	else
		*type = (PyTypeObject *)o;
	return ret;
}

PyMODINIT_FUNC PyInit__xenbatch(void);
__attribute__((visibility("default"))) PyMODINIT_FUNC PyInit__xenbatch(void)
{
	PyObject *m = PyModule_Create(&definition);

	if (m && (add_type(m, &xbpy_handle_spec, &xbpy_handle_type) ||
		  add_type(m, &xbpy_batch_spec, NULL) ||
		  xbpy_add_interface(m))) {
		Py_DECREF(m);
		return NULL;
	}
	return m;
}
