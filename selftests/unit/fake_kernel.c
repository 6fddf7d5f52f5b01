// SPDX-License-Identifier: GPL-2.0-or-later
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <xen/xen.h>
#include <xen/sys/privcmd.h>

#include "backend.h"
#include "fake.h"
#include "os.h"
#include "soft.h"

#include "fake_evtchn.h"
#include "fake_kernel.h"
#include "fake_mappings.h"

#define MAX_FDS		1024
#define MAX_PIECES	256

enum fake_file_kind {
	FILE_NONE, FILE_BATCH, FILE_PRIVCMD, FILE_HYPERCALL, FILE_GNTDEV,
	FILE_EVTCHN, FILE_NULL,
};

struct fake_piece {
	uint64_t start, end;	/* in bytes of the region */
	char *base;
};

struct fake_file {
	enum fake_file_kind kind;
	pid_t pid;
	int domid;		/* restricted to, or -1 */
	struct xb_fake_windows windows;
	struct xb_fake_events events;
	unsigned int nr[2];
	struct fake_piece pieces[2][MAX_PIECES];	/* ops, arena */
};

struct fake_kernel fake_kernel;

static struct fake_file *files[MAX_FDS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void lock_files(void)
{
	pthread_mutex_lock(&lock);
}

static void unlock_files(void)
{
	pthread_mutex_unlock(&lock);
}

/* A real kernel's locks are not held in a child for ever. */
static void __attribute__((constructor)) fake_kernel_init(void)
{
	pthread_atfork(lock_files, unlock_files, unlock_files);
	fake_kernel_reset();
}

static void count(unsigned int *counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

void fake_kernel_reset(void)
{
	memset(&fake_kernel, 0, sizeof(fake_kernel));
	fake_kernel.abi = XENBATCH_ABI;
	fake_kernel.opcodes = 0x7f | 1 << XENBATCH_OP_RESOURCE_MAP |
			      1 << XENBATCH_OP_GRANT_NOTIFY |
			      FAKE_EVENT_OPCODES;
}

static void *arena_at(void *owner, uint64_t offset, size_t len)
{
	struct fake_file *file = owner;
	const struct fake_piece *p = file->pieces[1];
	unsigned int i;

	for (i = 0; i < file->nr[1]; i++, p++)
		if (offset >= p->start && offset + len <= p->end)
			return p->base + offset - p->start;
	return NULL;
}

static int fake_open(const char *path)
{
	static const struct {
		const char *path;
		enum fake_file_kind kind;
		int *err;
	} devices[] = {
		{ "/dev/xen/batch", FILE_BATCH, &fake_kernel.no_batch },
		{ "/dev/xen/privcmd", FILE_PRIVCMD, &fake_kernel.no_privcmd },
		{ "/proc/xen/privcmd", FILE_PRIVCMD,
		  &fake_kernel.no_proc_privcmd },
		{ "/dev/xen/hypercall", FILE_HYPERCALL,
		  &fake_kernel.no_hypercall },
		{ "/dev/xen/gntdev", FILE_GNTDEV, &fake_kernel.no_gntdev },
		{ "/dev/xen/evtchn", FILE_EVTCHN, &fake_kernel.no_evtchn },
	};
	struct fake_file *file;
	size_t i;
	int fd;

	for (i = 0; strcmp(path, devices[i].path); i++)
		;
	if (*devices[i].err)
		return -*devices[i].err;
	fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fd >= MAX_FDS)
		abort();
	file = calloc(1, sizeof(*file));
	file->kind = devices[i].kind;
	file->pid = getpid();
	file->domid = -1;
	file->windows.domid = -1;
	file->windows.owner = file;
	file->windows.arena = arena_at;
	xb_fake_events_init(&file->events, fd, file->kind == FILE_EVTCHN);
	files[fd] = file;
	count(&fake_kernel.opens);
	return fd;
}

static int fake_close(int fd)
{
	if (close(fd))
		abort(); /* closed twice */
	if (!files[fd])
		return 0; /* of the backend fake */
	xb_fake_events_end(&files[fd]->events);
	xb_fake_windows_free(&files[fd]->windows);
	free(files[fd]);
	files[fd] = NULL;
	count(&fake_kernel.closes);
	return 0;
}

static int batch_info(struct xenbatch_info *info)
{
	size_t i;

	if (fake_kernel.info_err)
		return -fake_kernel.info_err;
	if (info->flags)
		return -EINVAL;
	for (i = 0; i < sizeof(info->reserved) / sizeof(info->reserved[0]); i++)
		if (info->reserved[i])
			return -EINVAL;
	info->abi = fake_kernel.abi;
	info->opcodes = fake_kernel.opcodes;
	info->ops_max = xb_fake_knobs.ops_max;
	info->arena_max = xb_fake_knobs.arena_max;
	info->slots_max = xb_fake_knobs.slots_max;
	info->pages_max = 1024;
	info->ports_max = XB_FAKE_PORTS;
	strcpy(info->version, "0.1.0");
	return 0;
}

/* The operation at index as the kernel sees it: its own mapping of the page. */
static struct xenbatch_op *batch_op(struct fake_file *file, uint32_t index)
{
	uint64_t at = index * sizeof(struct xenbatch_op);
	struct xenbatch_op *op = NULL;
	unsigned int i;

	lock_files();
	for (i = 0; i < file->nr[0] && !op; i++)
		if (at >= file->pieces[0][i].start &&
		    at < file->pieces[0][i].end)
			op = (void *)(file->pieces[0][i].base + at -
				      file->pieces[0][i].start);
	unlock_files();
	return op;
}

static long batch_call(struct xb_device *dev, const struct xenbatch_op *op)
{
	struct fake_file *file = dev->private;
	uint64_t args[5];

	if (!(fake_kernel.opcodes >> op->opcode & 1))
		return -EINVAL;
	if (xb_soft_is_event(op->opcode))
		return xb_fake_event_op(&file->events, op);
	if (op->opcode != XENBATCH_OP_HYPERCALL)
		return xb_fake_window_op(&file->windows, op);
	memcpy(args, op->arg, sizeof(args));
	if (file->domid >= 0)
		return -EPERM;
	return xb_fake_hypercall(op->number, args);
}

static long batch_submit(struct fake_file *file,
			 const struct xenbatch_submit *submit)
{
	struct xb_device dev = { .private = file };
	uint32_t stop = xb_fake_knobs.interrupt_after;
	bool cancel = false;
	uint32_t done, i;

	if (fake_kernel.submit_err)
		return -fake_kernel.submit_err;
	if (submit->flags || submit->reserved || submit->reserved2[0] ||
	    submit->reserved2[1])
		return -EINVAL;
	for (i = 0; i < submit->count; i += 64)
		if (!batch_op(file, submit->first + i))
			return -EINVAL;
	if (submit->count && !batch_op(file, submit->first + submit->count - 1))
		return -EINVAL;
	__atomic_add_fetch(&xb_fake_counts.submits, 1, __ATOMIC_RELAXED);
	for (done = 0; done < submit->count;) {
		xb_soft_run(&dev, batch_op(file, submit->first + done), 1,
			    batch_call, &cancel);
		done++;
		if (stop && done >= stop && !cancel)
			break;
	}
	return done;
}

static int restrict_to(struct fake_file *file, uint16_t domid)
{
	if (file->domid >= 0 && file->domid != domid)
		return -EINVAL;
	file->domid = domid;
	file->windows.domid = domid;
	file->events.domid = domid;
	return 0;
}

static long batch_ioctl(struct fake_file *file, unsigned long request,
			void *arg)
{
	if (request == XENBATCH_IOC_INFO)
		return batch_info(arg);
	if (file->pid != getpid())
		return -EXDEV;
	if (request == XENBATCH_IOC_SUBMIT)
		return batch_submit(file, arg);
	if (request == XENBATCH_IOC_RESTRICT) {
		struct xenbatch_restrict *r = arg;

		if (r->flags != XENBATCH_RESTRICT_DOMID || r->reserved ||
		    r->opcodes || r->reserved2[0] || r->reserved2[1])
			return -EINVAL;
		return restrict_to(file, r->domid);
	}
	if (request == XENBATCH_IOC_EVENTFD) {
		struct xenbatch_eventfd *e = arg;

		if (e->flags || e->reserved[0] || e->reserved[1])
			return -EINVAL;
		return xb_fake_events_eventfd(&file->events, e->fd);
	}
	return -ENOTTY;
}

static long fake_ioctl(int fd, unsigned long request, void *arg)
{
	struct fake_file *file = fd >= 0 && fd < MAX_FDS ? files[fd] : NULL;
	privcmd_hypercall_t *call = arg;
	uint64_t args[5];

	if (!file)
		return -EBADF;
	count(&fake_kernel.ioctls);
	if (file->kind == FILE_BATCH)
		return batch_ioctl(file, request, arg);
	if (file->kind == FILE_GNTDEV)
		return fake_gntdev_ioctl(file, request, arg);
	if (file->kind == FILE_EVTCHN)
		return fake_evtchn_ioctl(&file->events, request, arg);
	if (file->kind != FILE_PRIVCMD)
		return -ENOTTY;
	if (request == IOCTL_PRIVCMD_RESTRICT)
		return restrict_to(file, *(domid_t *)arg);
	if (request != IOCTL_PRIVCMD_HYPERCALL)
		return fake_privcmd_ioctl(file->domid, request, arg);
	if (file->domid >= 0)
		return -EPERM;
	memcpy(args, call->arg, sizeof(args));
	return xb_fake_hypercall(call->op, args);
}

/* What dup2 of /dev/null does to a descriptor. */
static int fake_null(int fd)
{
	struct fake_file *file = fd >= 0 && fd < MAX_FDS ? files[fd] : NULL;

	if (!file)
		return -EBADF;
	file->kind = FILE_NULL;
	return 0;
}

static int batch_mmap(struct fake_file *file, uint64_t offset, size_t size,
		      void **out)
{
	unsigned int region = offset >> XENBATCH_REGION_SHIFT;
	uint64_t start = offset & ((1ULL << XENBATCH_REGION_SHIFT) - 1);
	uint64_t max = region == XENBATCH_REGION_OPS ?
		xb_fake_knobs.ops_max * sizeof(struct xenbatch_op) :
		xb_fake_knobs.arena_max;
	struct fake_piece *pieces;
	unsigned int i, nr;
	int err = 0;

	if (file->pid != getpid())
		return -EXDEV;
	if (region == XENBATCH_REGION_FOREIGN ||
	    region == XENBATCH_REGION_GRANT ||
	    region == XENBATCH_REGION_GRANT_PAGES)
		return start ? -EINVAL :
			xb_fake_window_add(&file->windows, region, size, out);
	if (region == XENBATCH_REGION_EVENTS)
		return start ? -EINVAL :
			xb_fake_events_map(&file->events, size, out);
	if (region != XENBATCH_REGION_OPS && region != XENBATCH_REGION_ARENA)
		return -EINVAL;
	if (start % 4096 || !size || size % 4096 || start > max ||
	    size > max - start)
		return -EINVAL;
	pieces = file->pieces[region - 1];
	lock_files();
	nr = file->nr[region - 1];
	for (i = 0; i < nr; i++)
		if (start < pieces[i].end && pieces[i].start < start + size)
			err = -EBUSY;
	if (!err && nr == MAX_PIECES)
		abort();
	if (!err) {
		*out = xb_fake_memory_add(size);
		pieces[nr].base = *out;
		pieces[nr].start = start;
		pieces[nr].end = start + size;
		file->nr[region - 1]++;
	}
	unlock_files();
	return err;
}

static int fake_mmap(int fd, uint64_t offset, size_t size, void **out)
{
	struct fake_file *file = files[fd];

	count(&fake_kernel.mmaps);
	if (file->kind == FILE_BATCH)
		return batch_mmap(file, offset, size, out);
	if (file->kind != FILE_HYPERCALL || offset)
		return -EINVAL;
	*out = xb_fake_memory_add(size);
	return *out ? 0 : -ENOMEM;
}

static int fake_mmap_at(int fd, uint64_t offset, void *addr, size_t size,
			int prot)
{
	struct fake_file *file = files[fd];

	count(&fake_kernel.mmaps);
	if (file->kind == FILE_PRIVCMD && !offset)
		return fake_privcmd_mmap(file, addr, size, prot);
	if (file->kind == FILE_GNTDEV)
		return fake_gntdev_mmap(file, offset, addr, size, prot);
	return -EINVAL;
}

/* A window of some open file. */
static bool window_remove(void *p, size_t size)
{
	int fd;

	for (fd = 0; fd < MAX_FDS; fd++)
		if (files[fd] && files[fd]->pid == getpid() &&
		    xb_fake_window_remove(&files[fd]->windows, p, size))
			return true;
	return false;
}

static int fake_munmap(void *p, size_t size)
{
	if (fake_unreserve(p, size) || window_remove(p, size))
		return 0;
	/* Memory of stock without a buffer device is not ours. */
	if (fake_kernel.no_hypercall)
		return munmap(p, size);
	xb_fake_events_unmap(p);
	xb_fake_memory_remove(p, size);
	return 0;
}

static long fake_read(int fd, void *buf, size_t size)
{
	struct fake_file *file = fd >= 0 && fd < MAX_FDS ? files[fd] : NULL;

	if (!file || file->kind != FILE_EVTCHN)
		return -EBADF;
	return xb_fake_events_read(&file->events, buf, size / 4);
}

/* What is written to evtchn is acknowledged. */
static long fake_write(int fd, const void *buf, size_t size)
{
	struct fake_file *file = fd >= 0 && fd < MAX_FDS ? files[fd] : NULL;

	if (!file || file->kind != FILE_EVTCHN || size != 4)
		return -EBADF;
	fake_evtchn_ack(&file->events, *(const uint32_t *)buf);
	return size;
}

/* Looks every now and then. */
static int fake_poll(int fd, int timeout_ms)
{
	int i;

	count(&fake_kernel.polls);
	for (i = 0; !xb_fake_events_ready(fd); i++) {
		if (timeout_ms >= 0 && i >= timeout_ms * 5)
			return 0;
		if (fake_kernel.poll_err)
			return -fake_kernel.poll_err;
		usleep(200);
	}
	return 1;
}

static const struct xb_os fake_os = {
	.open = fake_open,
	.close = fake_close,
	.ioctl = fake_ioctl,
	.mmap = fake_mmap,
	.munmap = fake_munmap,
	.null = fake_null,
	.mmap_at = fake_mmap_at,
	.reserve = fake_reserve,
	.read = fake_read,
	.write = fake_write,
	.poll = fake_poll,
};

const struct xb_os *xb_os = &fake_os;
