/*
 * Which entry of which translation table a store went to. EL2 code is not
 * asked: the index learns tables from the descriptors that link them, as they
 * are stored, starting from the roots.
 */
#ifndef IMPL_HOST_TABLE_INDEX_H
#define IMPL_HOST_TABLE_INDEX_H

#include "el2/cell.h"
#include "impl/host/physical.h"

struct table_page {
    uint64_t generation; /* known when equal to the index's */
    uint64_t first;      /* input page number that entry 0 covers */
    uint8_t id;          /* vmid or bank */
    uint8_t level;
    bool is_bank;
};

struct table_index {
    const struct physical *memory;
    struct table_page *pages; /* one for each page of EL2's memory */
    uint64_t generation;
    size_t root_count;
    struct {
        uint64_t address;
        struct table_page page;
    } roots[EL2_VMID_LIMIT + 2 * EL2_BANK_LIMIT];
};

/* A growing list of cells; the caller provides the room. */
struct cell_list {
    el2_cell *cells;
    size_t count;
    size_t limit; /* more are left out: *overflow */
    bool overflow;
};

/* False when there is not enough memory. */
bool table_index_create(struct table_index *index,
                        const struct physical *memory);
void table_index_destroy(struct table_index *index);

void table_index_add_npt_root(struct table_index *index, uint32_t vmid,
                              uint64_t address);
void table_index_add_bank_root(struct table_index *index, uint32_t bank,
                               uint64_t address);

/* Forget all but the roots. */
void table_index_reset(struct table_index *index);

/*
 * The word at `address` of EL2's memory was stored to during the step that has
 * now ended: add the cells whose walk passes there. A page that is no known
 * table adds nothing; when it is linked later, all that it holds is added.
 */
void table_index_store(struct table_index *index, uint64_t address,
                       struct cell_list *cells);

#endif
