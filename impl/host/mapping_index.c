#include "impl/host/mapping_index.h"

#include "impl/host/mmu.h"

#include <stdlib.h>
#include <sys/mman.h>

/* Entries that one program can change. */
#define MAPPING_LIMIT (UINT32_C(1) << 21)

#define BUCKET_BITS 16
#define BUCKETS     (UINT64_C(1) << BUCKET_BITS)

/* A bucket's word: the program that set it, and the first in its chain. */
#define NUMBER_BITS 24
#define NUMBER_MASK ((UINT64_C(1) << NUMBER_BITS) - 1)

/* Zeroes that cost nothing until they are used. */
static struct mapping_frame *reserve_frames(uint64_t count)
{
    void *frames =
        mmap(NULL, count * sizeof(struct mapping_frame), PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return frames == MAP_FAILED ? NULL : frames;
}

static bool create_frames(struct mapping_index *index,
                          const struct physical *memory)
{
    uint64_t first = memory->base / EL2_PAGE_SIZE;
    uint64_t last = (memory->base + memory->size - 1) / EL2_PAGE_SIZE;
    bool created = true;
    for (uint32_t level = 1; level <= 3; level++) {
        unsigned shift = mapping_shift(level);
        index->first_frame[level] = first >> shift;
        index->frame_count[level] = (last >> shift) - (first >> shift) + 1;
        index->frames[level] = reserve_frames(index->frame_count[level]);
        created = created && index->frames[level] != NULL;
    }
    return created;
}

bool mapping_index_create(struct mapping_index *index,
                          const struct physical *memory)
{
    *index = (struct mapping_index){0};
    index->mappings = calloc(MAPPING_LIMIT, sizeof *index->mappings);
    index->buckets = calloc(BUCKETS, sizeof *index->buckets);
    bool created = create_frames(index, memory);
    mapping_index_reset(index);
    return created && index->mappings != NULL && index->buckets != NULL;
}

void mapping_index_destroy(struct mapping_index *index)
{
    free(index->mappings);
    free(index->buckets);
    for (uint32_t level = 1; level <= 3; level++) {
        if (index->frames[level] != NULL) {
            munmap(index->frames[level],
                   index->frame_count[level] * sizeof(struct mapping_frame));
        }
    }
    *index = (struct mapping_index){0};
}

void mapping_index_reset(struct mapping_index *index)
{
    index->program++;
    index->mapping_count = 1;
    for (uint32_t level = 1; level <= 3; level++) {
        index->level_seen[level] = false;
    }
    for (uint32_t v = 0; v < EL2_VMID_LIMIT; v++) {
        index->first_of_vmid[v] = 0;
    }
    for (uint32_t bank = 0; bank < EL2_BANK_LIMIT; bank++) {
        index->first_of_bank[bank] = 0;
    }
}

size_t mapping_index_room(const struct mapping_index *index)
{
    return MAPPING_LIMIT - index->mapping_count;
}

/* Eight entries in a row have buckets in a row, which are a cache line. */
static uint64_t *bucket_of(const struct mapping_index *index, el2_cell cell)
{
    uint64_t line = (cell >> 3) * UINT64_C(0x9e3779b97f4a7c15);
    return &index->buckets[line >> (64 - BUCKET_BITS + 3) << 3 | (cell & 7)];
}

static uint32_t chain_in(const struct mapping_index *index, uint64_t bucket)
{
    return bucket >> NUMBER_BITS == index->program
               ? (uint32_t)(bucket & NUMBER_MASK)
               : 0;
}

static uint32_t find_mapping(const struct mapping_index *index, uint64_t bucket,
                             el2_cell cell)
{
    uint32_t n = chain_in(index, bucket);
    while (n != 0 && index->mappings[n].cell != cell) {
        n = index->mappings[n].next_in_bucket;
    }
    return n;
}

static uint32_t add_mapping(struct mapping_index *index, uint64_t *bucket,
                            el2_cell cell)
{
    uint32_t id = el2_cell_id(cell);
    uint32_t *first = el2_cell_kind(cell) == EL2_CELL_SPT
                          ? &index->first_of_bank[id]
                          : &index->first_of_vmid[id];
    uint32_t n = index->mapping_count++;
    struct mapping *mapping = &index->mappings[n];
    mapping->cell = cell;
    mapping->level = 0;
    mapping->frame = NULL;
    mapping->next_in_table = *first;
    mapping->next_in_bucket = chain_in(index, *bucket);
    *bucket = index->program << NUMBER_BITS | n;
    *first = n;
    return n;
}

/* From the frame, if any. */
static void unhang(struct mapping_index *index, struct mapping *mapping)
{
    mapping->level = 0;
    if (mapping->frame == NULL) {
        return;
    }
    if (mapping->previous_in_frame == 0) {
        mapping->frame->first = mapping->next_in_frame;
    } else {
        index->mappings[mapping->previous_in_frame].next_in_frame =
            mapping->next_in_frame;
    }
    if (mapping->next_in_frame != 0) {
        index->mappings[mapping->next_in_frame].previous_in_frame =
            mapping->previous_in_frame;
    }
    mapping->frame = NULL;
}

static void hang(struct mapping_index *index, uint32_t n, uint64_t pfn,
                 uint32_t level)
{
    struct mapping *mapping = &index->mappings[n];
    struct mapping_frame *frame = mapping_index_frame(index, pfn, level);
    mapping->pfn = pfn;
    mapping->level = level;
    mapping->frame = frame;
    index->level_seen[level] = true;
    if (frame == NULL) {
        return;
    }
    mapping->previous_in_frame = 0;
    mapping->next_in_frame = frame->first;
    if (frame->first != 0) {
        index->mappings[frame->first].previous_in_frame = n;
    }
    frame->first = n;
}

/* The name of the entry of a level that covers the page of a cell. */
static el2_cell covering(el2_cell cell, uint32_t level)
{
    if (el2_cell_kind(cell) == EL2_CELL_NPT_BLOCK) {
        cell = el2_cell_make(EL2_CELL_NPT, el2_cell_id(cell),
                             el2_cell_index(cell) * EL2_PAGES_PER_BLOCK);
    }
    return cell & ~(mapping_pages(level) - 1);
}

/* A cell that is nothing. Where there is no block there may be a table, whose
 * first entry has a cell of its own. */
static void forget(struct mapping_index *index, el2_cell cell)
{
    el2_cell name = covering(cell, 3);
    uint32_t n = find_mapping(index, *bucket_of(index, name), name);
    if (n != 0 && (el2_cell_kind(cell) != EL2_CELL_NPT_BLOCK ||
                   index->mappings[n].level < 3)) {
        unhang(index, &index->mappings[n]);
    }
}

uint32_t mapping_index_set(struct mapping_index *index, el2_cell cell,
                           struct el2_value value)
{
    uint32_t level = el2_value_level(value);
    if (el2_value_descriptor(value) == 0 ||
        el2_value_translation(value) == EL2_NO_TRANSLATION) {
        forget(index, cell);
        return 0;
    }
    el2_cell name = covering(cell, level);
    uint64_t pfn = el2_value_translation(value) & ~(mapping_pages(level) - 1);
    uint64_t *bucket = bucket_of(index, name);
    uint32_t n = find_mapping(index, *bucket, name);
    if (n == 0) {
        n = add_mapping(index, bucket, name);
    } else if (index->mappings[n].level == level &&
               index->mappings[n].pfn == pfn) {
        return n;
    }
    unhang(index, &index->mappings[n]);
    hang(index, n, pfn, level);
    return n;
}

bool mapping_is_real(const struct mapping *mapping,
                     const struct physical *memory, const struct el2 *el2)
{
    uint32_t id = el2_cell_id(mapping->cell);
    uint64_t address = el2_cell_index(mapping->cell) * EL2_PAGE_SIZE;
    struct mmu_walk walk =
        mapping_is_dma(mapping)
            ? mmu_walk_bank(memory, el2_spt_root(el2, id), address)
            : mmu_walk_stage2(memory, el2_npt_root(el2, id), address);
    return walk.valid && walk.level == mapping->level &&
           walk.output / EL2_PAGE_SIZE == mapping->pfn;
}
