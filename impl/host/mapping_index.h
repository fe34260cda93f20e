/*
 * Which pages the entries of the translation tables map, and which entries map
 * a page: what the MMU said of each entry when a step changed it.
 *
 * An entry may go without being told: a table above it is unlinked, or a block
 * takes the table's place. So the index may remember mappings that are gone;
 * mapping_is_real() asks the MMU. It never forgets one that was told.
 */
#ifndef IMPL_HOST_MAPPING_INDEX_H
#define IMPL_HOST_MAPPING_INDEX_H

#include "el2/cell.h"
#include "impl/el2.h"
#include "impl/host/physical.h"

/* A page of the board, or a block of the size that an entry can cover. */
struct mapping_frame {
    uint64_t program;         /* of the last use; older is as new */
    struct el2_record record; /* of a page, kept by the caller */
    uint32_t first;           /* mapping that covers it */
    bool has_record;
};

/*
 * A valid entry: an EL2_CELL_NPT or EL2_CELL_SPT, named by the first page that
 * it covers, and the page to which that one is translated. Level 3 covers one
 * page, level 2 a block, level 1 512 blocks.
 */
struct mapping {
    el2_cell cell;
    uint64_t pfn;
    struct mapping_frame *frame; /* NULL: outside the board's memory */
    uint32_t level;              /* 0: maps nothing */
    uint32_t next_in_frame;
    uint32_t previous_in_frame;
    uint32_t next_in_table; /* of the same vmid or bank */
    uint32_t next_in_bucket;
};

/* Mappings are named by their place in the array; 0 is none. */
struct mapping_index {
    uint64_t program; /* counts resets */
    struct mapping *mappings;
    uint32_t mapping_count; /* with number 0 */
    uint64_t *buckets;
    /* By level: frames of the board's span, and which is the first. */
    struct mapping_frame *frames[4];
    uint64_t first_frame[4];
    uint64_t frame_count[4];
    bool level_seen[4]; /* since the last reset */
    uint32_t first_of_vmid[EL2_VMID_LIMIT];
    uint32_t first_of_bank[EL2_BANK_LIMIT];
};

/* For the board of that memory. False when the system refuses. */
bool mapping_index_create(struct mapping_index *index,
                          const struct physical *memory);
void mapping_index_destroy(struct mapping_index *index);

/* No entry maps anything; also before the first use. */
void mapping_index_reset(struct mapping_index *index);

/* For how many more cells there is room. */
size_t mapping_index_room(const struct mapping_index *index);

/*
 * A cell of kind EL2_CELL_NPT, EL2_CELL_NPT_BLOCK or EL2_CELL_SPT holds `value`
 * from now on. The mapping that it is, 0 when it maps nothing. There must be
 * room.
 */
uint32_t mapping_index_set(struct mapping_index *index, el2_cell cell,
                           struct el2_value value);

/* Pages that an entry of `level`, 1 to 3, covers, as a shift. */
static inline unsigned mapping_shift(uint32_t level)
{
    return 9 * (3 - level);
}

static inline uint64_t mapping_pages(uint32_t level)
{
    return UINT64_C(1) << mapping_shift(level);
}

/* The frame of that level's size that page pfn is in; NULL when it is outside
 * the board's memory, where no page has a record. */
static inline struct mapping_frame *
mapping_index_frame(const struct mapping_index *index, uint64_t pfn,
                    uint32_t level)
{
    uint64_t n = (pfn >> mapping_shift(level)) - index->first_frame[level];
    if (n >= index->frame_count[level]) {
        return NULL;
    }
    struct mapping_frame *frame = &index->frames[level][n];
    if (frame->program != index->program) {
        frame->program = index->program;
        frame->first = 0;
        frame->has_record = false;
    }
    return frame;
}

/* The first of those that map pfn, of the board, with an entry of `level`. */
static inline uint32_t mapping_index_first(const struct mapping_index *index,
                                           uint64_t pfn, uint32_t level)
{
    return index->level_seen[level]
               ? mapping_index_frame(index, pfn, level)->first
               : 0;
}

static inline bool mapping_is_dma(const struct mapping *mapping)
{
    return el2_cell_kind(mapping->cell) == EL2_CELL_SPT;
}

/* Whether the tables in memory have this entry now. */
bool mapping_is_real(const struct mapping *mapping,
                     const struct physical *memory, const struct el2 *el2);

#endif
