# SPDX-License-Identifier: GPL-2.0-or-later
# The preprocessor's view of Xen's public headers (-dD) in, rows of hypercalls and
# of their operations out: NUMBER(35, "sysctl"), OP(35, 6, "getdomaininfolist").
#
# Some headers number other things under the same prefix. What a prefix does not
# stand for is left out: before `from`, or beginning with `but`.

function kind(prefix, number, from, but)
{
	numbers[prefix] = number
	starts[prefix] = from
	others[prefix] = but
}

BEGIN {
	kind("XENVER_", 17)
	kind("XENMEM_", 12, "", "^(access_op_|paging_op_|sharing_op_|resource_)")
	kind("XENPF_", 7)
	kind("XEN_DOMCTL_", 36, "struct xen_domctl {")
	kind("XEN_SYSCTL_", 35, "struct xen_sysctl {")
	kind("XEN_DMOP_", 41)
	kind("XEN_HYPFS_OP_", 42)
	kind("EVTCHNOP_", 32)
	kind("PHYSDEVOP_", 33)
	kind("GNTTABOP_", 20)
	kind("HVMOP_", 34, "", "^altp2m_")
	kind("SCHEDOP_", 29)
	kind("VCPUOP_", 24)
	kind("CONSOLEIO_", 18)
	kind("FLASK_", 27)
	kind("KEXEC_CMD_", 37)
}

{
	for (p in starts)
		if (starts[p] != "" && index($0, starts[p]) == 1)
			starts[p] = ""
}

$1 != "#define" || $3 !~ /^[0-9]+$/ { next }

$2 ~ /^__HYPERVISOR_[a-z]/ {
	name = substr($2, 14)
	sub(/_compat$/, "", name)
	printf "NUMBER(%d, \"%s\")\n", $3, name
	next
}

{
	for (p in numbers) {
		name = tolower(substr($2, length(p) + 1))
		if (index($2, p) != 1 || starts[p] != "" || name !~ /^[a-z]/ ||
		    others[p] != "" && name ~ others[p] ||
		    (numbers[p], $3) in seen)
			continue
		seen[numbers[p], $3] = 1
		printf "OP(%d, %d, \"%s\")\n", numbers[p], $3, name
	}
}
