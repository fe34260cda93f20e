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
    uint64_t known;      /* reached from a root when above the last reset;
                            UINT64_MAX: a root */
    uint64_t first_step; /* that stored to it, when above the last reset */
    uint64_t found_step; /* in which it was unknown before */
    uint64_t first;      /* input page number that entry 0 covers */
    uint8_t id;          /* vmid or bank */
    uint8_t level;
    bool is_bank;
};

struct table_index {
    const struct physical *memory;
    struct table_page *pages; /* one for each page of EL2's memory */
    uint64_t step;            /* counts up for ever */
    uint64_t reset_step;      /* the last reset */
    bool learnt;              /* a table, since asked last */
    bool missed;              /* a store to an unknown page, since asked last */
    bool root_linked;         /* below another table, since the last reset */
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

/* Forget all but the roots; also before the first step. */
void table_index_reset(struct table_index *index);

/* The last step made these stores, which are still in memory and will be taken
 * back: the tables that they linked are forgotten. That saves going through
 * them when they are linked elsewhere; one below such a table may stay known,
 * and a store to it adds cells that are nothing. */
void table_index_go_back(struct table_index *index,
                         const struct physical_store *stores, size_t count);

/*
 * A step has ended in which these words of EL2's memory were stored to, page
 * records left out: add the cells whose walks pass there. A page that is no
 * known table adds nothing; when it is linked later, all that it holds is
 * added.
 */
void table_index_begin_step(struct table_index *index);
void table_index_store(struct table_index *index,
                       const struct physical_store *store,
                       struct cell_list *cells);

/* Whether a store went to a page that became known only after it: then give
 * all stores of the step to table_index_store() once more, as long as this
 * says so. */
bool table_index_again(struct table_index *index);

#endif
