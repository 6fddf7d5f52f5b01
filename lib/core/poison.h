/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In a build with AddressSanitizer, tell it which bytes of the arena are in
 * use. In others, nothing.
 */
#ifndef XB_POISON_H
#define XB_POISON_H

#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__)
#define XB_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define XB_ASAN 1
#endif
#endif

#ifdef XB_ASAN
#include <sanitizer/asan_interface.h>
#endif

static inline void xb_poison(const void *p, size_t size)
{
#ifdef XB_ASAN
	__asan_poison_memory_region(p, size);
#else
	(void)p;
	(void)size;
#endif
}

static inline void xb_unpoison(const void *p, size_t size)
{
#ifdef XB_ASAN
	__asan_unpoison_memory_region(p, size);
#else
	(void)p;
	(void)size;
#endif
}

#endif /* XB_POISON_H */
