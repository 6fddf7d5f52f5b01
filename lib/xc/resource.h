/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One list of register accesses, for what is made of them.
 */
#ifndef XC_RESOURCE_H
#define XC_RESOURCE_H

#include "engine.h"

/*
 * Queue or run op, whose entries are copied. fn has the last word, as in
 * struct xe_done: there block is the entries as Xen left them, num how many,
 * and to[0] and to[1] are these. If user is not NULL the entries go back to it.
 */
int xe_resource_list(xc_interface *xch, const xc_resource_op_t *op,
		     xc_resource_entry_t *user,
		     long (*fn)(struct xe_done *, long), void *to, void *to2);

#endif /* XC_RESOURCE_H */
