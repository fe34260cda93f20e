/*
 * Page-table maps and their bump pools (semantics.md section 3). The cases
 * that section 3 leaves undefined are the caller's to keep away from.
 *
 * A map that panics leaves the map as it was and the lock of its table held.
 */
#ifndef MODEL_TABLES_H
#define MODEL_TABLES_H

#include "model/state.h"

enum el2_outcome model_npt_map(struct model *m, uint32_t v, uint64_t addr,
                               uint64_t level, uint64_t descriptor);
uint64_t model_npt_walk(const struct model *m, uint32_t v, uint64_t addr);
uint32_t model_npt_level(const struct model *m, uint32_t v, uint64_t addr);

/* Take the page from the host's table, if it is there. */
enum el2_outcome model_clear_pfn_host(struct model *m, uint64_t pfn);

enum el2_outcome model_spt_map(struct model *m, uint32_t bank, uint64_t iova,
                               uint64_t descriptor);
uint64_t model_spt_walk(const struct model *m, uint32_t bank, uint64_t iova);
/* *removed is the descriptor that was there, 0 when none. */
enum el2_outcome model_spt_unmap(struct model *m, uint32_t bank, uint64_t iova,
                                 uint64_t *removed);
void model_spt_init(struct model *m, uint32_t bank);

#endif
