/*
 * The page operations of semantics.md section 4. There are three readings of
 * them, which share the state: atomic, as sequences of primitives, and atomic
 * as they were published. Range operations and dispatch go through the table,
 * so that each machine runs its own reading throughout.
 *
 * Each returns its outcome; on a panic model.held is what stays locked.
 */
#ifndef MODEL_PAGE_OPERATIONS_H
#define MODEL_PAGE_OPERATIONS_H

#include "el2/outcome.h"

#include <stdint.h>

struct model;

struct model_page_operations {
    enum el2_outcome (*map_page_host)(struct model *m, uint64_t addr);
    enum el2_outcome (*clear_vm_page)(struct model *m, uint32_t v,
                                      uint64_t pfn);
    enum el2_outcome (*assign_pfn_to_vm)(struct model *m, uint32_t v,
                                         uint64_t gfn, uint64_t pfn);
    enum el2_outcome (*map_pfn_vm)(struct model *m, uint32_t v, uint64_t addr,
                                   uint64_t descriptor, uint64_t level);
    enum el2_outcome (*map_vm_io)(struct model *m, uint32_t v, uint64_t gpa,
                                  uint64_t pa);
    enum el2_outcome (*grant_vm_page)(struct model *m, uint32_t v,
                                      uint64_t pfn);
    enum el2_outcome (*revoke_vm_page)(struct model *m, uint32_t v,
                                       uint64_t pfn);
    enum el2_outcome (*assign_pfn_to_smmu)(struct model *m, uint32_t v,
                                           uint64_t gfn, uint64_t pfn);
    enum el2_outcome (*update_smmu_page)(struct model *m, uint32_t v,
                                         uint32_t bank, uint64_t iova,
                                         uint64_t descriptor);
    enum el2_outcome (*unmap_smmu_page)(struct model *m, uint32_t bank,
                                        uint64_t iova);
};

struct model_page_operations model_atomic_operations(void);
struct model_page_operations model_primitive_operations(void);
/* The atomic operations as published, where that differs. */
struct model_page_operations model_published_operations(void);

#endif
