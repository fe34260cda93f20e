/*
 * The range operations (semantics.md section 5): what the hypercalls do to
 * many pages. What panics leaves held what its page operation holds.
 */
#ifndef IMPL_RANGE_OPERATION_H
#define IMPL_RANGE_OPERATION_H

#include "impl/el2.h"

#include <stdint.h>

/*
 * Assign what `descriptor` points to, a page or with level 2 a 2 MiB block, to
 * the VM and map it. Panics, with nothing held or assigned, when it reaches
 * beyond physical memory or a block is not aligned.
 */
void prot_and_map_vm_s2pt(struct el2 *el2, uint32_t vmid, uint64_t ipa,
                          uint64_t descriptor, uint64_t level);

/* The VM shares with the host, or stops sharing, what it has mapped in `size`
 * bytes, rounded up to pages, from the page of `ipa` on. */
void grant_stage2_sg_gpa(const struct el2 *el2, uint32_t vmid, uint64_t ipa,
                         uint64_t size);
void revoke_stage2_sg_gpa(const struct el2 *el2, uint32_t vmid, uint64_t ipa,
                          uint64_t size);

#endif
