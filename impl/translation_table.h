/*
 * What stage-2 and SMMU tables have in common: a page of 512 descriptors, and
 * a bump pool from which tables are taken and to which none goes back.
 *
 * A table and its pool are touched only under the lock of the tables that they
 * belong to.
 */
#ifndef IMPL_TRANSLATION_TABLE_H
#define IMPL_TRANSLATION_TABLE_H

#include "impl/el2.h"

#include <stdbool.h>
#include <stdint.h>

/* A valid descriptor may be cached, so it is not replaced by another valid one
 * without an invalid one in between (Arm ARM D8.14, break-before-make). */
static inline bool descriptor_is_valid(uint64_t descriptor)
{
    return (descriptor & 1) != 0;
}

/* Of an upper-level entry: whether it points to a table. */
static inline bool descriptor_is_table(uint64_t descriptor)
{
    return (descriptor & EL2_DESCRIPTOR_TYPE) == EL2_DESCRIPTOR_TABLE;
}

/* phys_page() of semantics.md section 1. */
static inline uint64_t descriptor_address(uint64_t descriptor)
{
    return descriptor & EL2_DESCRIPTOR_ADDRESS;
}

/* Address of the entry for `address` in a table whose entries each cover
 * 2^shift bytes. */
static inline uint64_t table_entry(uint64_t table, uint64_t address,
                                   unsigned shift)
{
    return table + ((address >> shift) & 511) * 8;
}

/* The next `tables` pages from *memory on; *memory moves past them. */
struct el2_pool table_pool(uint64_t *memory, uint64_t tables);

/*
 * Address of the table to which the upper-level entry at `entry` points. When
 * it is empty, a table is taken from the pool and linked. 0 when the pool has
 * none.
 */
uint64_t table_below(uint64_t entry, struct el2_pool *pool);

/* The same when the caller knows what `entry` holds. */
uint64_t table_below_descriptor(uint64_t entry, uint64_t descriptor,
                                struct el2_pool *pool);

#endif
