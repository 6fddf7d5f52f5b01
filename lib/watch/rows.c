// SPDX-License-Identifier: LGPL-2.1-or-later
/* Rows are found by kind and key, and made by whoever wants one first. */
#include <string.h>

#include "watch.h"

/* A process that is killed while it makes a row leaves it so for ever. */
#define PATIENCE	1000000

struct key {
	uint16_t kind;
	uint16_t library;
	const void *bytes;
	size_t size;
};

void watch_lost(void)
{
	watch_add(&watch_stats->lost, 1);
}

static uint32_t hash(const struct key *key)
{
	const unsigned char *p = key->bytes;
	uint32_t h = 2166136261U ^ key->kind;	/* FNV-1a */

	for (size_t i = 0; i < key->size; i++)
		h = (h ^ p[i]) * 16777619U;
	return h ^ h >> 15;
}

static bool settled(struct watch_row *row)
{
	for (int i = 0; i < PATIENCE; i++)
		if (__atomic_load_n(&row->state, __ATOMIC_ACQUIRE) ==
		    WATCH_THERE)
			return true;
	return false;
}

static bool take(struct watch_row *row, const struct key *key)
{
	uint32_t state = WATCH_FREE;

	if (!__atomic_compare_exchange_n(&row->state, &state, WATCH_MAKING,
					 false, __ATOMIC_ACQUIRE,
					 __ATOMIC_ACQUIRE))
		return false;
	row->kind = key->kind;
	row->library = key->library;
	memcpy(&row->key, key->bytes, key->size);
	__atomic_store_n(&row->state, WATCH_THERE, __ATOMIC_RELEASE);
	return true;
}

/* Names are kept with their NUL, so none is the beginning of another. */
static bool same(const struct watch_row *row, const struct key *key)
{
	return row->kind == key->kind &&
	       !memcmp(&row->key, key->bytes, key->size);
}

static struct watch_row *find(const struct key *key)
{
	uint32_t at = hash(key);

	for (int i = 0; i < WATCH_NR_ROWS; i++, at++) {
		struct watch_row *row = &watch_stats->row[at % WATCH_NR_ROWS];

		if (__atomic_load_n(&row->state, __ATOMIC_ACQUIRE) ==
		    WATCH_FREE && take(row, key))
			return row;
		if (settled(row) && same(row, key))
			return row;
	}
	watch_lost();
	return NULL;
}

struct watch_row *watch_row_name(enum watch_kind kind, const char *name,
				 enum watch_library library)
{
	struct key key = { kind, library, name, strlen(name) + 1 };

	if (key.size > WATCH_KEY_SIZE) {	/* a path: its end says more */
		key.bytes = name + key.size - WATCH_KEY_SIZE;
		key.size = WATCH_KEY_SIZE;
	}
	return find(&key);
}

struct watch_row *watch_row_number(enum watch_kind kind, uint64_t number)
{
	struct key key = { kind, WATCH_OTHER, &number, sizeof(number) };

	return find(&key);
}
