// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * FLASK, Xen's mandatory access control: one hypercall, one structure.
 */
#include "call1.h"

#define XSM __HYPERVISOR_xsm_op

#define FLASK(name, ...) (&(const xen_flask_op_t){ \
	.cmd = FLASK_##name, \
	.interface_version = XEN_FLASK_INTERFACE_VERSION, \
	__VA_ARGS__ })

static int flask(xc_interface *xch, const xen_flask_op_t *op)
{
	return xe_call1(xch, XSM, op, sizeof(*op));
}

XC_API int xc_flask_op(xc_interface *xch, xen_flask_op_t *op)
{
	struct xe_cursor *k = xe_open(xch, 0);

	op->interface_version = XEN_FLASK_INTERFACE_VERSION;
	if (!k)
		return -1;
	return xe_end_back(k, XSM, xe_block(k, op), op, sizeof(*op));
}

/* The answer is in the return value. */
XC_API int xc_flask_getenforce(xc_interface *xch)
{
	return flask(xch, FLASK(GETENFORCE));
}

XC_API int xc_flask_policyvers(xc_interface *xch)
{
	return flask(xch, FLASK(POLICYVERS));
}

XC_API int xc_flask_getavc_threshold(xc_interface *xch)
{
	return flask(xch, FLASK(GETAVC_THRESHOLD));
}

XC_API int xc_flask_setenforce(xc_interface *xch, int mode)
{
	return flask(xch, FLASK(SETENFORCE, .u.enforce.enforcing = mode));
}

XC_API int xc_flask_setavc_threshold(xc_interface *xch, int threshold)
{
	return flask(xch, FLASK(SETAVC_THRESHOLD,
				.u.setavc_threshold.threshold = threshold));
}

XC_API int xc_flask_relabel_domain(xc_interface *xch, uint32_t domid,
				   uint32_t sid)
{
	return flask(xch, FLASK(RELABEL_DOMAIN, .u.relabel = {
		.domid = domid,
		.sid = sid,
	}));
}

/*
 * With a text that Xen reads, or writes (into all of its size, whatever the
 * answer is). `at` is where its handle is: they differ in what is said of it.
 */
struct text {
	size_t at;
	char *user;
	size_t size;
	bool out;
};

#define AT(member) offsetof(xen_flask_op_t, u.member)

static int with_text(xc_interface *xch, const struct text *text,
		     const xen_flask_op_t *ask,
		     long (*fn)(struct xe_done *, long), void *to, void *to2)
{
	struct xe_cursor *k = xe_open(xch, XE_DONE_SIZE +
				      xe_need(text->user, text->size));
	XEN_GUEST_HANDLE(char) handle;
	struct xe_done *done;
	xen_flask_op_t *op;

	if (!k) {
		xc_perr(xch, "Could not bounce memory for flask op hypercall");
		return -1;
	}
	op = xe_block(k, ask);
	done = xe_done_new(k, fn);
	done->block = op;
	done->to[0] = to;
	done->to[1] = to2;
	set_xen_guest_handle_raw(handle, text->out ?
		xe_out(k, done, text->user, text->size) :
		xe_in(k, text->user, text->size));
	memcpy((char *)op + text->at, &handle, sizeof(handle));
	return xe_end1_done(k, XSM, op, done);
}

XC_API int xc_flask_load(xc_interface *xch, char *buf, uint32_t size)
{
	struct text text = { AT(load.buffer), buf, size, false };

	return with_text(xch, &text, FLASK(LOAD, .u.load.size = size), NULL,
			 NULL, NULL);
}

static long sid_done(struct xe_done *done, long ret)
{
	const xen_flask_op_t *op = done->block;

	if (!ret)
		*(uint32_t *)done->to[0] = op->u.sid_context.sid;
	return ret;
}

XC_API int xc_flask_context_to_sid(xc_interface *xch, char *buf, uint32_t size,
				   uint32_t *sid)
{
	struct text text = { AT(sid_context.context), buf, size, false };

	return with_text(xch, &text, FLASK(CONTEXT_TO_SID,
					   .u.sid_context.size = size),
			 sid_done, sid, NULL);
}

XC_API int xc_flask_sid_to_context(xc_interface *xch, int sid, char *buf,
				   uint32_t size)
{
	struct text text = { AT(sid_context.context), buf, size, true };

	return with_text(xch, &text, FLASK(SID_TO_CONTEXT, .u.sid_context = {
		.sid = sid,
		.size = size,
	}), NULL, NULL, NULL);
}

static long bool_done(struct xe_done *done, long ret)
{
	const xen_flask_op_t *op = done->block;

	if (!ret && done->to[0])
		*(int *)done->to[0] = op->u.boolean.enforcing;
	if (!ret && done->to[1])
		*(int *)done->to[1] = op->u.boolean.pending;
	return ret;
}

XC_API int xc_flask_getbool_byid(xc_interface *xch, int id, char *name,
				 uint32_t size, int *curr, int *pend)
{
	struct text text = { AT(boolean.name), name, size, true };

	return with_text(xch, &text, FLASK(GETBOOL, .u.boolean = {
		.bool_id = id,
		.size = size,
	}), bool_done, curr, pend);
}

/* No number: it is looked for by its name. */
#define BY_NAME ((uint32_t)-1)

XC_API int xc_flask_getbool_byname(xc_interface *xch, char *name, int *curr,
				   int *pend)
{
	size_t size = strlen(name);
	struct text text = { AT(boolean.name), name, size, false };

	return with_text(xch, &text, FLASK(GETBOOL, .u.boolean = {
		.bool_id = BY_NAME,
		.size = size,
	}), bool_done, curr, pend);
}

/* Stock commits, whatever the caller says of it. */
XC_API int xc_flask_setbool(xc_interface *xch, char *name, int value,
			    int commit)
{
	size_t size = strlen(name);
	struct text text = { AT(boolean.name), name, size, false };

	(void)commit;
	return with_text(xch, &text, FLASK(SETBOOL, .u.boolean = {
		.bool_id = BY_NAME,
		.new_value = value,
		.commit = 1,
		.size = size,
	}), NULL, NULL, NULL);
}

/*
 * Labels of the machine's resources. The kinds are FLASK's (OCON_* in
 * xsm/flask/ss/policydb.h of Xen).
 */
enum { PIRQ = 1, IOPORT, IOMEM, DEVICE };

/* Two questions: which number the label has comes first. */
static int add(xc_interface *xch, uint32_t kind, uint64_t low, uint64_t high,
	       char *label)
{
	struct xe_batch *b = xe_pause(xch);
	uint32_t sid;
	int rc;

	rc = xc_flask_context_to_sid(xch, label, strlen(label), &sid);
	if (!rc)
		rc = flask(xch, FLASK(ADD_OCONTEXT, .u.ocontext = {
			.ocon = kind,
			.sid = sid,
			.low = low,
			.high = high,
		}));
	return xe_resume(b, xch, rc);
}

static int del(xc_interface *xch, uint32_t kind, uint64_t low, uint64_t high)
{
	return flask(xch, FLASK(DEL_OCONTEXT, .u.ocontext = {
		.ocon = kind,
		.low = low,
		.high = high,
	}));
}

XC_API int xc_flask_add_pirq(xc_interface *xch, unsigned int pirq,
			     char *scontext)
{
	return add(xch, PIRQ, pirq, pirq, scontext);
}

XC_API int xc_flask_add_ioport(xc_interface *xch, unsigned long low,
			       unsigned long high, char *scontext)
{
	return add(xch, IOPORT, low, high, scontext);
}

XC_API int xc_flask_add_iomem(xc_interface *xch, unsigned long low,
			      unsigned long high, char *scontext)
{
	return add(xch, IOMEM, low, high, scontext);
}

XC_API int xc_flask_add_device(xc_interface *xch, unsigned long device,
			       char *scontext)
{
	return add(xch, DEVICE, device, device, scontext);
}

XC_API int xc_flask_del_pirq(xc_interface *xch, unsigned int pirq)
{
	return del(xch, PIRQ, pirq, pirq);
}

XC_API int xc_flask_del_ioport(xc_interface *xch, unsigned long low,
			       unsigned long high)
{
	return del(xch, IOPORT, low, high);
}

XC_API int xc_flask_del_iomem(xc_interface *xch, unsigned long low,
			      unsigned long high)
{
	return del(xch, IOMEM, low, high);
}

XC_API int xc_flask_del_device(xc_interface *xch, unsigned long device)
{
	return del(xch, DEVICE, device, device);
}

/* A right that is not there is -EPERM, without an errno of its own. */
static int access_done(const xen_flask_op_t *op, uint32_t req,
		       uint32_t *allowed, uint32_t *decided,
		       uint32_t *auditallow, uint32_t *auditdeny,
		       uint32_t *seqno)
{
	if (allowed)
		*allowed = op->u.access.allowed;
	if (decided)
		*decided = 0xffffffff;
	if (auditallow)
		*auditallow = op->u.access.audit_allow;
	if (auditdeny)
		*auditdeny = op->u.access.audit_deny;
	if (seqno)
		*seqno = op->u.access.seqno;
	if ((op->u.access.allowed & req) == req)
		return 0;
	errno = EPERM;
	return -EPERM;
}

XC_API int xc_flask_access(xc_interface *xch, const char *scon,
			   const char *tcon, uint16_t tclass, uint32_t req,
			   uint32_t *allowed, uint32_t *decided,
			   uint32_t *auditallow, uint32_t *auditdeny,
			   uint32_t *seqno)
{
	struct xe_batch *b = xe_pause(xch);
	xen_flask_op_t op = *FLASK(ACCESS);
	int rc;

	op.u.access.tclass = tclass;
	op.u.access.req = req;
	rc = xc_flask_context_to_sid(xch, (char *)scon, strlen(scon),
				     &op.u.access.ssid);
	if (!rc)
		rc = xc_flask_context_to_sid(xch, (char *)tcon, strlen(tcon),
					     &op.u.access.tsid);
	if (!rc)
		rc = xc_flask_op(xch, &op);
	if (!rc)
		rc = access_done(&op, req, allowed, decided, auditallow,
				 auditdeny, seqno);
	return xe_resume(b, xch, rc);
}

/* The text is written if Xen refused, too. */
static long hashstats_done(struct xe_done *done, long ret)
{
	const xen_flask_op_t *op = done->block;
	int size = (int)done->num;

	snprintf(done->to[0], size,
		 "entries: %d\nbuckets used: %d/%d\nlongest chain: %d\n",
		 op->u.hash_stats.entries, op->u.hash_stats.buckets_used,
		 op->u.hash_stats.buckets_total,
		 op->u.hash_stats.max_chain_len);
	return ret;
}

XC_API int xc_flask_avc_hashstats(xc_interface *xch, char *buf, int size)
{
	struct xe_cursor *k = xe_open(xch, XE_DONE_SIZE);
	struct xe_done *done;
	xen_flask_op_t *op;

	if (!k)
		return -1;
	op = xe_block(k, FLASK(AVC_HASHSTATS));
	done = xe_done_new(k, hashstats_done);
	done->block = op;
	done->to[0] = buf;
	done->num = size;
	return xe_end1_done(k, XSM, op, done);
}

/* Cpu by cpu, as long as there is room: ENOENT is the end. */
static int cachestats(xc_interface *xch, char *buf, int size)
{
	int n, rc;
	uint32_t cpu;

	n = snprintf(buf, size, "lookups hits misses allocations reclaims frees"
		     "\n");
	for (cpu = 0; size - n > 0; cpu++) {
		xen_flask_op_t op = *FLASK(AVC_CACHESTATS,
					   .u.cache_stats.cpu = cpu);
		const __typeof__(op.u.cache_stats) *s = &op.u.cache_stats;

		buf += n;
		size -= n;
		rc = xc_flask_op(xch, &op);
		if (rc)
			return errno == ENOENT ? 0 : rc;
		n = snprintf(buf, size, "%u %u %u %u %u %u\n", s->lookups,
			     s->hits, s->misses, s->allocations, s->reclaims,
			     s->frees);
	}
	return 0;
}

XC_API int xc_flask_avc_cachestats(xc_interface *xch, char *buf, int size)
{
	struct xe_batch *b = xe_pause(xch);

	return xe_resume(b, xch, cachestats(xch, buf, size));
}
