/*
 * The page operations (semantics.md section 4), which alone change who owns a
 * page. Each takes the page lock and, inside, the locks of the tables that it
 * changes; what panics leaves them held.
 *
 * Those that come in the plural do the same to several pages, in order, and
 * stop at the first panic; what came before it is then done. They hold the
 * page lock throughout.
 */
#ifndef IMPL_PAGE_OPERATION_H
#define IMPL_PAGE_OPERATION_H

#include "impl/el2.h"
#include "impl/page_batch.h"

#include <stdint.h>

/* The host touched the physical address: map that page, unless it is private
 * to a VM (panic). */
void map_page_host(struct el2 *el2, uint64_t address);

/* Give the VM's pages among pfn .. pfn + count - 1 back to the host, empty. */
void clear_vm_pages(const struct el2 *el2, uint32_t vmid, uint64_t pfn,
                    uint64_t count);

/* Give pages pfn + i to the VM as its gfn + i, or find that it has them.
 * Panics at a page that is another's, that a host device uses, or that the VM
 * has elsewhere. */
void assign_pfns_to_vm(const struct el2 *el2, uint32_t vmid, uint64_t gfn,
                       uint64_t pfn, uint64_t count);

/* Map a page, or with level 2 a 2 MiB block, as normal memory. Of `descriptor`
 * only the address counts. Takes npt[vmid] and no page lock. */
void map_pfn_vm(struct el2 *el2, uint32_t vmid, uint64_t ipa,
                uint64_t descriptor, uint64_t level);

/* Map pages of devices, from `address` on, for the VM from `ipa` on; those
 * that have an owner are left out. */
void map_vm_io_pages(struct el2 *el2, uint32_t vmid, uint64_t ipa,
                     uint64_t address, uint64_t count);

/* The VM shares a page with the host once more, or once less; nothing when the
 * page is not its own. */
void grant_vm_page(const struct el2 *el2, uint32_t vmid, uint64_t pfn);
void revoke_vm_page(const struct el2 *el2, uint32_t vmid, uint64_t pfn);
void grant_vm_pages(const struct el2 *el2, uint32_t vmid,
                    const struct page_batch *batch);
void revoke_vm_pages(const struct el2 *el2, uint32_t vmid,
                     const struct page_batch *batch);

/* Give a page to the VM for its DMA. Panics when it is another's or a host
 * device uses it. */
void assign_pfn_to_smmu(const struct el2 *el2, uint32_t vmid, uint64_t gfn,
                        uint64_t pfn);

/* Map a page that `vmid` (a VM or the host) has at that gfn for a device of
 * its; panics when it has not. */
void update_smmu_page(struct el2 *el2, uint32_t vmid, uint32_t bank,
                      uint64_t iova, uint64_t descriptor);

/* Undo that; nothing when the bank has nothing at `iova`. */
void unmap_smmu_page(const struct el2 *el2, uint32_t bank, uint64_t iova);

#endif
