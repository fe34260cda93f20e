/*
 * A few pages at a time. What a range operation does to many pages it does
 * batch by batch, so that each table and each lock is visited once a batch.
 */
#ifndef IMPL_PAGE_BATCH_H
#define IMPL_PAGE_BATCH_H

#include <stdint.h>

#define PAGE_BATCH_SIZE 64u

struct page_batch {
    uint32_t count;
    uint64_t pfns[PAGE_BATCH_SIZE];
};

/* Not by an initializer, which would clear the whole array. */
static inline void page_batch_start(struct page_batch *batch)
{
    batch->count = 0;
}

/* The batch must have room. */
static inline void page_batch_add(struct page_batch *batch, uint64_t pfn)
{
    batch->pfns[batch->count++] = pfn;
}

/* How many of so many pages go into the next batch. */
static inline uint32_t page_batch_share(uint64_t pages)
{
    return pages < PAGE_BATCH_SIZE ? (uint32_t)pages : PAGE_BATCH_SIZE;
}

#endif
