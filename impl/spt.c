#include "impl/spt.h"

#include "impl/shim.h"
#include "impl/translation_table.h"

#define ROOT_SHIFT   30
#define ROOT_ENTRIES (EL2_SPT_ROOT_SIZE / 8)
#define LEVEL2_SHIFT EL2_BLOCK_SHIFT
#define LEVEL3_SHIFT EL2_PAGE_SHIFT

uint64_t spt_memory_size(const struct el2_platform *platform)
{
    uint64_t tables =
        UINT64_C(0) + platform->spt_level2_tables + platform->spt_level3_tables;

    return EL2_BANK_LIMIT * EL2_SPT_ROOT_SIZE + tables * EL2_PAGE_SIZE;
}

void spt_boot(struct el2 *el2, const struct el2_platform *platform)
{
    uint64_t memory = el2->spt_memory + EL2_BANK_LIMIT * EL2_SPT_ROOT_SIZE;

    el2->spt_pools[0] = table_pool(&memory, platform->spt_level2_tables);
    el2->spt_pools[1] = table_pool(&memory, platform->spt_level3_tables);
}

uint64_t el2_spt_root(const struct el2 *el2, uint32_t bank)
{
    return el2->spt_memory + bank * EL2_SPT_ROOT_SIZE;
}

static uint64_t root_entry(const struct el2 *el2, uint32_t bank, uint64_t iova)
{
    return el2_spt_root(el2, bank) + ((iova >> ROOT_SHIFT) % ROOT_ENTRIES) * 8;
}

/* Make the level-3 entry at `entry` hold `descriptor`. */
static void replace(uint32_t bank, uint64_t iova, uint64_t entry,
                    uint64_t descriptor)
{
    uint64_t old = shim_load64(entry);

    if (old == descriptor) {
        return;
    }
    if (descriptor_is_valid(old)) {
        bool gone = !descriptor_is_valid(descriptor);

        shim_store64(entry, gone ? descriptor : 0);
        shim_invalidate_iova(bank, iova & ~EL2_PAGE_OFFSET);
        if (gone) {
            return;
        }
    }
    shim_store64(entry, descriptor);
}

void spt_init(const struct el2 *el2, uint32_t bank)
{
    uint64_t root = el2_spt_root(el2, bank);

    shim_lock(EL2_LOCK_SPT);
    shim_clear_page(root);
    shim_clear_page(root + EL2_PAGE_SIZE);
    shim_invalidate_bank(bank);
    shim_unlock(EL2_LOCK_SPT);
}

void spt_map(struct el2 *el2, uint32_t bank, uint64_t iova, uint64_t descriptor)
{
    uint64_t level2;
    uint64_t level3;

    shim_lock(EL2_LOCK_SPT);
    level2 = table_below(root_entry(el2, bank, iova), &el2->spt_pools[0]);
    if (level2 == 0) {
        shim_panic("spt: no level-2 table left");
    }
    level3 = table_below(table_entry(level2, iova, LEVEL2_SHIFT),
                         &el2->spt_pools[1]);
    if (level3 == 0) {
        shim_panic("spt: no level-3 table left");
    }
    replace(bank, iova, table_entry(level3, iova, LEVEL3_SHIFT), descriptor);
    shim_unlock(EL2_LOCK_SPT);
}

/* Address of the level-3 entry for `iova`, 0 when the walk ends above it. */
static uint64_t find_entry(const struct el2 *el2, uint32_t bank, uint64_t iova)
{
    uint64_t descriptor = shim_load64(root_entry(el2, bank, iova));

    if (descriptor == 0) {
        return 0;
    }
    descriptor = shim_load64(
        table_entry(descriptor_address(descriptor), iova, LEVEL2_SHIFT));
    if (descriptor == 0) {
        return 0;
    }
    return table_entry(descriptor_address(descriptor), iova, LEVEL3_SHIFT);
}

uint64_t spt_walk(const struct el2 *el2, uint32_t bank, uint64_t iova)
{
    uint64_t descriptor = 0;
    uint64_t entry;

    shim_lock(EL2_LOCK_SPT);
    entry = find_entry(el2, bank, iova);
    if (entry != 0) {
        descriptor = shim_load64(entry);
    }
    shim_unlock(EL2_LOCK_SPT);
    return descriptor;
}

uint64_t spt_unmap(const struct el2 *el2, uint32_t bank, uint64_t iova)
{
    uint64_t descriptor = 0;
    uint64_t entry;

    shim_lock(EL2_LOCK_SPT);
    entry = find_entry(el2, bank, iova);
    if (entry != 0) {
        descriptor = shim_load64(entry);
        replace(bank, iova, entry, 0);
    }
    shim_unlock(EL2_LOCK_SPT);
    return descriptor;
}

uint32_t el2_spt_tables_taken(const struct el2 *el2, unsigned level)
{
    uint64_t start = level == 2
                         ? el2->spt_memory + EL2_BANK_LIMIT * EL2_SPT_ROOT_SIZE
                         : el2->spt_pools[level - 3].end;

    return (uint32_t)((el2->spt_pools[level - 2].next - start) / EL2_PAGE_SIZE);
}
