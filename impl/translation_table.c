#include "impl/translation_table.h"

#include "impl/shim.h"

struct el2_pool table_pool(uint64_t *memory, uint64_t tables)
{
    struct el2_pool pool = {*memory, *memory + tables * EL2_PAGE_SIZE};

    *memory = pool.end;
    return pool;
}

/* A table is empty without being cleared: EL2's memory reads as zero at boot
 * and no table is used twice. */
static uint64_t take(struct el2_pool *pool)
{
    uint64_t table = pool->next;

    if (table == pool->end) {
        return 0;
    }
    pool->next += EL2_PAGE_SIZE;
    return table;
}

uint64_t table_below_descriptor(uint64_t entry, uint64_t descriptor,
                                struct el2_pool *pool)
{
    uint64_t table;

    if (descriptor != 0) {
        return descriptor_address(descriptor);
    }
    table = take(pool);
    if (table != 0) {
        shim_store64(entry, table | EL2_DESCRIPTOR_TABLE);
    }
    return table;
}

uint64_t table_below(uint64_t entry, struct el2_pool *pool)
{
    return table_below_descriptor(entry, shim_load64(entry), pool);
}
