/*
 * Who owns each page of memory: one 16-byte record a page, packed in EL2's own
 * memory, region after region.
 *
 * Everything here needs the page lock.
 *
 * A record is relative to what its page is at boot, so that memory that reads
 * as zero holds the boot state of every page:
 *
 *   word 0  bits 31:0 owner, exclusive-or the region's boot owner
 *           bits 63:32 count
 *   word 1  gfn - (pfn + smmu_host_offset), modulo 2^64
 *
 * Pages outside the regions, and page 0 always, have no record: they read as
 * { EL2_INVALID, EL2_INVALID, EL2_INVALID64 } and writing them does nothing.
 */
#ifndef IMPL_PAGE_RECORD_H
#define IMPL_PAGE_RECORD_H

#include "impl/el2.h"

#include <stdbool.h>
#include <stdint.h>

#define PAGE_RECORD_SIZE UINT64_C(16)

/* A page whose record, or whose lack of one, has been found. */
struct page_position {
    uint64_t pfn;
    /* So many pages from this one lie in the same region, or in the same hole
     * between regions; at least 1. */
    uint64_t pages_left;
    uint64_t record; /* address; meaningless without a region */
    uint32_t boot_owner;
    bool has_record;
};

struct page_owner {
    uint32_t owner; /* vmid or EL2_INVALID */
    uint32_t count; /* of shares or DMA mappings, or EL2_INVALID */
};

/* Records for all pages of all regions, in bytes. */
uint64_t page_records_size(const struct el2_platform *platform);

/* Copy the platform's regions. el2->records is set by the caller. */
void page_records_boot(struct el2 *el2, const struct el2_platform *platform);

struct page_position page_locate(const struct el2 *el2, uint64_t pfn);

/* Make `page` the position of pfn: cheap when pfn is a little above it. */
void page_move(const struct el2 *el2, struct page_position *page, uint64_t pfn);

struct page_owner page_read_owner(const struct page_position *page);
uint64_t page_read_gfn(const struct el2 *el2, const struct page_position *page);

/* Owner and count change together, in one store. */
void page_write_owner(const struct page_position *page,
                      struct page_owner owner);
void page_write_gfn(const struct el2 *el2, const struct page_position *page,
                    uint64_t gfn);

/* The gfn of a page while it is the host's. */
uint64_t page_host_gfn(const struct el2 *el2, uint64_t pfn);

#endif
