/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM xenbatch

#if !defined(XB_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define XB_TRACE_H

#include <linux/tracepoint.h>

#include "ops.h"

/* A SUBMIT whose arguments are good begins. */
TRACE_EVENT(xenbatch_submit,
	    TP_PROTO(const void *ctx, u32 first, u32 count),
	    TP_ARGS(ctx, first, count),
	    TP_STRUCT__entry(__field(const void *, ctx)
			     __field(u32, first)
			     __field(u32, count)),
	    TP_fast_assign(__entry->ctx = ctx;
			   __entry->first = first;
			   __entry->count = count;),
	    TP_printk("ctx=%p first=%u count=%u", __entry->ctx,
		      __entry->first, __entry->count)
);

/* It ends: how many operations are done, and how they went to Xen. */
TRACE_EVENT(xenbatch_complete,
	    TP_PROTO(const void *ctx, u32 done, const struct xb_run *run),
	    TP_ARGS(ctx, done, run),
	    TP_STRUCT__entry(__field(const void *, ctx)
			     __field(u32, done)
			     __field(u32, direct)
			     __field(u32, multicalls)
			     __field(u32, batched)
			     __field(u32, refused)
			     __field(u32, canceled)),
	    TP_fast_assign(__entry->ctx = ctx;
			   __entry->done = done;
			   __entry->direct = run->direct;
			   __entry->multicalls = run->multicalls;
			   __entry->batched = run->batched;
			   __entry->refused = run->refused;
			   __entry->canceled = run->canceled;),
	    TP_printk("ctx=%p done=%u direct=%u multicalls=%u batched=%u refused=%u canceled=%u",
		      __entry->ctx, __entry->done, __entry->direct,
		      __entry->multicalls, __entry->batched,
		      __entry->refused, __entry->canceled)
);

#endif /* XB_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
