/*
 * Stage-2 tables of the host, the VMs and EL2 itself (semantics.md section 3):
 * four levels, 4 KiB granule, pages at level 3 and 2 MiB blocks at level 2.
 *
 * Each function takes npt[vmid] and releases it; what panics leaves it held.
 * A vmid is at most core_vmid, an IPA below 2^48.
 */
#ifndef IMPL_NPT_H
#define IMPL_NPT_H

#include "impl/el2.h"
#include "impl/page_batch.h"

#include <stdint.h>

/* Bytes for root and pools of one vmid. */
uint64_t npt_memory_size(const struct el2_platform *platform);

/* Empty tables for all vmids, in the memory from el2->npt_memory on. */
void npt_boot(struct el2 *el2, const struct el2_platform *platform);

/*
 * Map the page, or with level 2 the 2 MiB block, at `ipa`. A block's descriptor
 * is not zero, does not look like a table and its address is 2 MiB aligned. A
 * block takes the place of a table of pages. Panics when a page is to be mapped
 * inside a block, and when a pool is empty.
 */
void npt_map(struct el2 *el2, uint32_t vmid, uint64_t ipa, uint64_t level,
             uint64_t descriptor);

/* Map `count` pages that follow each other on both sides, in order, under one
 * npt[vmid]; of those before one that panics all are mapped. `descriptor` is
 * that of the first. */
void npt_map_pages(struct el2 *el2, uint32_t vmid, uint64_t ipa,
                   uint64_t descriptor, uint64_t count);

/* The descriptor at which the walk ends, 0 when there is none. */
uint64_t npt_walk(const struct el2 *el2, uint32_t vmid, uint64_t ipa);

/* The level at which it ends, 0 when the descriptor has no address. */
uint64_t npt_level(const struct el2 *el2, uint32_t vmid, uint64_t ipa);

/*
 * Make *batch the pages to which `count` gfns from `gfn` on are mapped, in
 * order; count is at most PAGE_BATCH_SIZE. Where nothing is mapped there is
 * page 0, which has no owner.
 */
void npt_read_pages(const struct el2 *el2, uint32_t vmid, uint64_t gfn,
                    uint32_t count, struct page_batch *batch);

/* Take a page from the host: what it has mapped there becomes EL2_S2_TAKEN.
 * Panics when that is a block. */
void clear_pfn_host(const struct el2 *el2, uint64_t pfn);

/* The same for each page of a batch, under one npt[0]. */
void clear_pfns_host(const struct el2 *el2, const struct page_batch *batch);

#endif
