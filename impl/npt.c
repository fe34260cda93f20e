#include "impl/npt.h"

#include "impl/shim.h"
#include "impl/translation_table.h"

#define LEVEL0_SHIFT 39
#define LEVEL1_SHIFT 30
#define LEVEL2_SHIFT EL2_BLOCK_SHIFT
#define LEVEL3_SHIFT EL2_PAGE_SHIFT
#define BLOCK_LEVEL  2
#define PAGE_LEVEL   3

uint64_t npt_memory_size(const struct el2_platform *platform)
{
    uint64_t tables = UINT64_C(1) + platform->npt_level1_tables +
                      platform->npt_level2_tables + platform->npt_level3_tables;

    return tables * EL2_PAGE_SIZE;
}

void npt_boot(struct el2 *el2, const struct el2_platform *platform)
{
    uint64_t memory = el2->npt_memory;

    for (uint32_t vmid = 0; vmid <= el2->core_vmid; vmid++) {
        struct el2_npt *npt = &el2->npt[vmid];

        npt->root = memory;
        memory += EL2_PAGE_SIZE;
        npt->pools[0] = table_pool(&memory, platform->npt_level1_tables);
        npt->pools[1] = table_pool(&memory, platform->npt_level2_tables);
        npt->pools[2] = table_pool(&memory, platform->npt_level3_tables);
    }
}

static void lock(uint32_t vmid)
{
    shim_lock(EL2_LOCK_NPT + vmid);
}

static void unlock(uint32_t vmid)
{
    shim_unlock(EL2_LOCK_NPT + vmid);
}

/* A block, or an entry of that shape that is not valid. */
static bool is_block(uint64_t level2_descriptor)
{
    return level2_descriptor != 0 && !descriptor_is_table(level2_descriptor);
}

/* Address of the level-2 entry for `ipa`, with the tables above it. */
static uint64_t level2_entry(struct el2_npt *npt, uint64_t ipa)
{
    uint64_t level1;
    uint64_t level2;

    level1 =
        table_below(table_entry(npt->root, ipa, LEVEL0_SHIFT), &npt->pools[0]);
    if (level1 == 0) {
        shim_panic("npt: no level-1 table left");
    }
    level2 =
        table_below(table_entry(level1, ipa, LEVEL1_SHIFT), &npt->pools[1]);
    if (level2 == 0) {
        shim_panic("npt: no level-2 table left");
    }
    return table_entry(level2, ipa, LEVEL2_SHIFT);
}

/* Make the level-3 entry at `entry` hold `descriptor` instead of `old`. */
static void replace_page(uint32_t vmid, uint64_t ipa, uint64_t entry,
                         uint64_t old, uint64_t descriptor)
{
    if (old == descriptor) {
        return;
    }
    if (descriptor_is_valid(old)) {
        bool gone = !descriptor_is_valid(descriptor);

        shim_store64(entry, gone ? descriptor : 0);
        shim_invalidate_ipa(vmid, ipa & ~EL2_PAGE_OFFSET);
        if (gone) {
            return;
        }
    }
    shim_store64(entry, descriptor);
}

/* The table of pages for `ipa`, with the tables above it. */
static uint64_t level3_table(struct el2_npt *npt, uint64_t ipa)
{
    uint64_t above = level2_entry(npt, ipa);
    uint64_t level2 = shim_load64(above);
    uint64_t level3;

    if (is_block(level2)) {
        shim_panic("npt: a page inside a block");
    }
    level3 = table_below_descriptor(above, level2, &npt->pools[2]);
    if (level3 == 0) {
        shim_panic("npt: no level-3 table left");
    }
    return level3;
}

static void map_page(uint64_t level3, uint32_t vmid, uint64_t ipa,
                     uint64_t descriptor)
{
    uint64_t entry = table_entry(level3, ipa, LEVEL3_SHIFT);

    replace_page(vmid, ipa, entry, shim_load64(entry), descriptor);
}

/*
 * Drop what may be cached of the 2 MiB at `ipa`, which `old` translated. An
 * invalidation reaches one page when a table of pages was there; the one of
 * the first page also drops the cached walk to that table.
 */
static void invalidate_block(uint32_t vmid, uint64_t ipa, uint64_t old)
{
    shim_invalidate_ipa(vmid, ipa);
    if (!descriptor_is_table(old)) {
        return;
    }
    for (uint64_t page = ipa + EL2_PAGE_SIZE; page < ipa + EL2_BLOCK_SIZE;
         page += EL2_PAGE_SIZE) {
        uint64_t entry =
            table_entry(descriptor_address(old), page, LEVEL3_SHIFT);

        if (descriptor_is_valid(shim_load64(entry))) {
            shim_invalidate_ipa(vmid, page);
        }
    }
}

static void map_block(struct el2_npt *npt, uint32_t vmid, uint64_t ipa,
                      uint64_t descriptor)
{
    uint64_t entry = level2_entry(npt, ipa);
    uint64_t old = shim_load64(entry);

    if (old == descriptor) {
        return;
    }
    if (descriptor_is_valid(old)) {
        shim_store64(entry, 0);
        invalidate_block(vmid, ipa & ~(EL2_BLOCK_SIZE - 1), old);
    }
    shim_store64(entry, descriptor);
}

void npt_map(struct el2 *el2, uint32_t vmid, uint64_t ipa, uint64_t level,
             uint64_t descriptor)
{
    struct el2_npt *npt = &el2->npt[vmid];

    lock(vmid);
    if (level == BLOCK_LEVEL) {
        map_block(npt, vmid, ipa, descriptor);
    } else {
        map_page(level3_table(npt, ipa), vmid, ipa, descriptor);
    }
    unlock(vmid);
}

void npt_map_pages(struct el2 *el2, uint32_t vmid, uint64_t ipa,
                   uint64_t descriptor, uint64_t count)
{
    struct el2_npt *npt = &el2->npt[vmid];
    uint64_t level3 = 0;

    lock(vmid);
    for (uint64_t i = 0; i < count; i++) {
        if (i == 0 || ipa % EL2_BLOCK_SIZE < EL2_PAGE_SIZE) {
            level3 = level3_table(npt, ipa);
        }
        map_page(level3, vmid, ipa, descriptor);
        ipa += EL2_PAGE_SIZE;
        descriptor += EL2_PAGE_SIZE;
    }
    unlock(vmid);
}

/* The level-2 descriptor on the way to `ipa`, 0 when the walk ends above. */
static uint64_t level2_descriptor(const struct el2_npt *npt, uint64_t ipa)
{
    uint64_t descriptor;

    descriptor = shim_load64(table_entry(npt->root, ipa, LEVEL0_SHIFT));
    if (descriptor == 0) {
        return 0;
    }
    descriptor = shim_load64(
        table_entry(descriptor_address(descriptor), ipa, LEVEL1_SHIFT));
    if (descriptor == 0) {
        return 0;
    }
    return shim_load64(
        table_entry(descriptor_address(descriptor), ipa, LEVEL2_SHIFT));
}

/* Where the walk ends that has come to `level2`. */
static uint64_t last_descriptor(uint64_t level2, uint64_t ipa)
{
    if (!descriptor_is_table(level2)) {
        return level2;
    }
    return shim_load64(
        table_entry(descriptor_address(level2), ipa, LEVEL3_SHIFT));
}

uint64_t npt_walk(const struct el2 *el2, uint32_t vmid, uint64_t ipa)
{
    uint64_t descriptor;

    lock(vmid);
    descriptor = last_descriptor(level2_descriptor(&el2->npt[vmid], ipa), ipa);
    unlock(vmid);
    return descriptor;
}

uint64_t npt_level(const struct el2 *el2, uint32_t vmid, uint64_t ipa)
{
    uint64_t level2;
    uint64_t last;

    lock(vmid);
    level2 = level2_descriptor(&el2->npt[vmid], ipa);
    last = last_descriptor(level2, ipa);
    unlock(vmid);
    if (descriptor_address(last) == 0) {
        return 0;
    }
    return is_block(level2) ? BLOCK_LEVEL : PAGE_LEVEL;
}

/* The page to which `gfn` is mapped below `level2`, or 0. */
static uint64_t mapped_pfn(uint64_t level2, uint64_t gfn)
{
    uint64_t last = last_descriptor(level2, gfn << EL2_PAGE_SHIFT);
    uint64_t address = descriptor_address(last);

    if (address == 0) {
        return 0;
    }
    return (address >> EL2_PAGE_SHIFT) +
           (is_block(level2) ? gfn % EL2_PAGES_PER_BLOCK : 0);
}

void npt_read_pages(const struct el2 *el2, uint32_t vmid, uint64_t gfn,
                    uint32_t count, struct page_batch *batch)
{
    uint64_t level2 = 0;

    page_batch_start(batch);
    lock(vmid);
    for (uint32_t i = 0; i < count; i++, gfn++) {
        if (i == 0 || gfn % EL2_PAGES_PER_BLOCK == 0) {
            level2 = level2_descriptor(&el2->npt[vmid], gfn << EL2_PAGE_SHIFT);
        }
        page_batch_add(batch, mapped_pfn(level2, gfn));
    }
    unlock(vmid);
}

/* clear_pfn_host of a page below `level2` in the host's tables. */
static void take_from_host(uint64_t level2, uint64_t pfn)
{
    uint64_t ipa = pfn << EL2_PAGE_SHIFT;
    uint64_t entry;
    uint64_t old;

    if (descriptor_address(level2) == 0) {
        return;
    }
    if (is_block(level2)) {
        shim_panic("npt: a page to take from the host lies inside a block");
    }
    entry = table_entry(descriptor_address(level2), ipa, LEVEL3_SHIFT);
    old = shim_load64(entry);
    if (descriptor_address(old) != 0) {
        replace_page(EL2_HOSTVISOR, ipa, entry, old, EL2_S2_TAKEN);
    }
}

void clear_pfn_host(const struct el2 *el2, uint64_t pfn)
{
    const struct el2_npt *npt = &el2->npt[EL2_HOSTVISOR];

    lock(EL2_HOSTVISOR);
    take_from_host(level2_descriptor(npt, pfn << EL2_PAGE_SHIFT), pfn);
    unlock(EL2_HOSTVISOR);
}

void clear_pfns_host(const struct el2 *el2, const struct page_batch *batch)
{
    const struct el2_npt *npt = &el2->npt[EL2_HOSTVISOR];
    const uint64_t *pfns = batch->pfns;
    uint64_t level2 = 0;

    if (batch->count == 0) {
        return;
    }
    lock(EL2_HOSTVISOR);
    for (uint32_t i = 0; i < batch->count; i++) {
        if (i == 0 || (pfns[i] ^ pfns[i - 1]) >= EL2_PAGES_PER_BLOCK) {
            level2 = level2_descriptor(npt, pfns[i] << EL2_PAGE_SHIFT);
        }
        take_from_host(level2, pfns[i]);
    }
    unlock(EL2_HOSTVISOR);
}

uint64_t el2_npt_root(const struct el2 *el2, uint32_t vmid)
{
    return el2->npt[vmid].root;
}

uint32_t el2_npt_tables_taken(const struct el2 *el2, uint32_t vmid,
                              unsigned level)
{
    const struct el2_npt *npt = &el2->npt[vmid];
    uint64_t start =
        level == 1 ? npt->root + EL2_PAGE_SIZE : npt->pools[level - 2].end;

    return (uint32_t)((npt->pools[level - 1].next - start) / EL2_PAGE_SIZE);
}
