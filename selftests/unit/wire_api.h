/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Our functions as lib/xc/api.def has them: see wire_api.c. */
#ifndef WIRE_API_H
#define WIRE_API_H

#include <stdbool.h>
#include <stdint.h>

/* Before the first process is made. */
void wire_api_share(void);

/* Our function `name` is called, is committed if that is in a batch, is over. */
void wire_api_begin(const char *name, bool in_batch);
void wire_api_commit(void);
void wire_api_end(void);

/* Xen is asked; ends the process if that is not what the table says. */
void wire_api_asked(unsigned int number, uint32_t op);

/* Whether all that the table says was asked at some time. */
bool wire_api_all_asked(const char *name);

#endif /* WIRE_API_H */
