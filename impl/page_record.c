#include "impl/page_record.h"

#include "impl/shim.h"

#define GFN_WORD    UINT64_C(8) /* offset within the record */
#define COUNT_SHIFT 32

uint64_t page_records_size(const struct el2_platform *platform)
{
    uint64_t page_count = 0;

    for (uint32_t i = 0; i < platform->region_count; i++) {
        page_count += platform->regions[i].page_count;
    }
    return page_count * PAGE_RECORD_SIZE;
}

void page_records_boot(struct el2 *el2, const struct el2_platform *platform)
{
    uint64_t first_record = 0;

    el2->region_count = platform->region_count;
    for (uint32_t i = 0; i < platform->region_count; i++) {
        const struct el2_region *region = &platform->regions[i];

        el2->regions[i].base = region->base;
        el2->regions[i].page_count = region->page_count;
        el2->regions[i].first_record = first_record;
        el2->regions[i].boot_owner = region->owner;
        first_record += region->page_count;
    }
}

/* How many regions start at or below pfn. */
static uint32_t regions_up_to(const struct el2 *el2, uint64_t pfn)
{
    uint32_t low = 0;
    uint32_t high = el2->region_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (el2->regions[middle].base <= pfn) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* A page without record, and how far the pages without record go. */
static struct page_position hole(const struct el2 *el2, uint64_t pfn,
                                 uint32_t next_region)
{
    uint64_t end = UINT64_MAX;

    if (pfn == 0) {
        end = 1;
    } else if (next_region < el2->region_count) {
        end = el2->regions[next_region].base;
    }
    return (struct page_position){
        .pfn = pfn, .pages_left = end - pfn, .boot_owner = EL2_INVALID};
}

struct page_position page_locate(const struct el2 *el2, uint64_t pfn)
{
    const struct el2_memory_region *region;
    uint32_t next = regions_up_to(el2, pfn);
    uint64_t index;

    if (pfn == 0 || next == 0) {
        return hole(el2, pfn, next);
    }
    region = &el2->regions[next - 1];
    index = pfn - region->base;
    if (index >= region->page_count) {
        return hole(el2, pfn, next);
    }
    return (struct page_position){
        .pfn = pfn,
        .pages_left = region->page_count - index,
        .record =
            el2->records + (region->first_record + index) * PAGE_RECORD_SIZE,
        .boot_owner = region->boot_owner,
        .has_record = true,
    };
}

void page_move(const struct el2 *el2, struct page_position *page, uint64_t pfn)
{
    uint64_t distance = pfn - page->pfn;

    if (distance >= page->pages_left) {
        *page = page_locate(el2, pfn);
        return;
    }
    page->pfn = pfn;
    page->pages_left -= distance;
    page->record += distance * PAGE_RECORD_SIZE;
}

struct page_owner page_read_owner(const struct page_position *page)
{
    uint64_t word;

    if (!page->has_record) {
        return (struct page_owner){EL2_INVALID, EL2_INVALID};
    }
    word = shim_load64(page->record);
    return (struct page_owner){(uint32_t)word ^ page->boot_owner,
                               (uint32_t)(word >> COUNT_SHIFT)};
}

void page_write_owner(const struct page_position *page, struct page_owner owner)
{
    if (page->has_record) {
        shim_store64(page->record, (owner.owner ^ page->boot_owner) |
                                       ((uint64_t)owner.count << COUNT_SHIFT));
    }
}

uint64_t page_host_gfn(const struct el2 *el2, uint64_t pfn)
{
    return pfn + el2->smmu_host_offset;
}

uint64_t page_read_gfn(const struct el2 *el2, const struct page_position *page)
{
    if (!page->has_record) {
        return EL2_INVALID64;
    }
    return shim_load64(page->record + GFN_WORD) + page_host_gfn(el2, page->pfn);
}

void page_write_gfn(const struct el2 *el2, const struct page_position *page,
                    uint64_t gfn)
{
    if (page->has_record) {
        shim_store64(page->record + GFN_WORD,
                     gfn - page_host_gfn(el2, page->pfn));
    }
}

/* What the record of a page says. */
static void read_record(const struct el2 *el2, const struct page_position *page,
                        struct el2_record *record)
{
    struct page_owner read = page_read_owner(page);

    record->pfn = page->pfn;
    record->owner = read.owner;
    record->count = read.count;
    record->gfn = page_read_gfn(el2, page);
}

struct el2_record el2_record_of_page(const struct el2 *el2, uint64_t pfn)
{
    struct page_position page = page_locate(el2, pfn);
    struct el2_record record;

    read_record(el2, &page, &record);
    return record;
}

/* The region that holds record number `index`, which exists. */
static const struct el2_memory_region *region_of_record(const struct el2 *el2,
                                                        uint64_t index)
{
    uint32_t low = 0;
    uint32_t high = el2->region_count;

    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (el2->regions[middle].first_record <= index) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return &el2->regions[low];
}

bool el2_record_at(const struct el2 *el2, uint64_t address,
                   struct el2_record *record)
{
    const struct el2_memory_region *last;
    const struct el2_memory_region *region;
    struct page_position page;
    uint64_t index = (address - el2->records) / PAGE_RECORD_SIZE;

    if (el2->region_count == 0 || address < el2->records) {
        return false;
    }
    last = &el2->regions[el2->region_count - 1];
    if (index >= last->first_record + last->page_count) {
        return false;
    }
    region = region_of_record(el2, index);
    page = (struct page_position){
        .pfn = region->base + (index - region->first_record),
        .record = el2->records + index * PAGE_RECORD_SIZE,
        .boot_owner = region->boot_owner,
        .has_record = true,
    };
    if (page.pfn == 0) {
        return false;
    }
    read_record(el2, &page, record);
    return true;
}
