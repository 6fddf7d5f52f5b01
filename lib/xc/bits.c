// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Bits: the lowest one, and maps of them.
 */
#include <strings.h>

#include "handle.h"
#include "guest_abi.h"

XC_API int xc_ffs8(uint8_t x)
{
	return __builtin_ffs(x);
}

XC_API int xc_ffs16(uint16_t x)
{
	return __builtin_ffs(x);
}

XC_API int xc_ffs32(uint32_t x)
{
	return __builtin_ffs((int)x);
}

XC_API int xc_ffs64(uint64_t x)
{
	return __builtin_ffsll((long long)x);
}

/* Only bytes that hold one of the nbits are read or written. */
XC_API void bitmap_64_to_byte(uint8_t *bp, const uint64_t *lp, int nbits)
{
	int i, bytes = (nbits + 7) / 8;

	for (i = 0; i < bytes; i++)
		bp[i] = (uint8_t)(lp[i / 8] >> i % 8 * 8);
}

/* The rest of the last word is 0. */
XC_API void bitmap_byte_to_64(uint64_t *lp, const uint8_t *bp, int nbits)
{
	int i, bytes = (nbits + 7) / 8;

	for (i = 0; i < bytes; i++) {
		if (i % 8 == 0)
			lp[i / 8] = 0;
		lp[i / 8] |= (uint64_t)bp[i] << i % 8 * 8;
	}
}
