#include "impl/host/pool_limit.h"

#include <stddef.h>

/* `pools` are those of `count` levels one after another, all untouched. */
static void lay_out(struct el2_pool *pools, size_t count, size_t limited,
                    uint32_t tables)
{
    uint64_t next = pools[0].next;
    for (size_t i = 0; i < count; i++) {
        uint64_t size = i == limited ? tables * EL2_PAGE_SIZE
                                     : pools[i].end - pools[i].next;
        pools[i] = (struct el2_pool){next, next + size};
        next += size;
    }
}

void pool_limit(struct el2 *el2, const struct el2_table_pool *pool,
                uint32_t tables)
{
    if (pool->is_spt) {
        lay_out(el2->spt_pools, 2, pool->level - 2, tables);
    } else {
        lay_out(el2->npt[pool->vmid].pools, 3, pool->level - 1, tables);
    }
}
