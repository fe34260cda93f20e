/*
 * Tables of the SMMU context banks (semantics.md section 3): a root of two
 * pages, then two levels, 4 KiB pages only. All banks share the pools.
 *
 * Each function takes the spt lock and releases it; what panics leaves it held.
 * `bank` is a bank id, SMMU index * 8 + bank index; an iova is below 2^40.
 */
#ifndef IMPL_SPT_H
#define IMPL_SPT_H

#include "impl/el2.h"

#include <stdint.h>

/* Bytes for all roots and the pools. */
uint64_t spt_memory_size(const struct el2_platform *platform);

/* Empty tables for all banks, in the memory from el2->spt_memory on. */
void spt_boot(struct el2 *el2, const struct el2_platform *platform);

/* Forget all entries of the bank. Its lower tables are lost. */
void spt_init(const struct el2 *el2, uint32_t bank);

/* Make the entry for `iova` hold `descriptor`, also 0; panics when a table is
 * needed and its pool is empty. */
void spt_map(struct el2 *el2, uint32_t bank, uint64_t iova,
             uint64_t descriptor);

/* The descriptor at which the walk ends, 0 when there is none. */
uint64_t spt_walk(const struct el2 *el2, uint32_t bank, uint64_t iova);

/* Make the entry for `iova` empty; the descriptor that was there. */
uint64_t spt_unmap(const struct el2 *el2, uint32_t bank, uint64_t iova);

#endif
