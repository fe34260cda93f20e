/*
 * Range operations (semantics.md section 5): each page is its own critical
 * section, and the first panic ends the range. A section's outcome says
 * whether any page of it changed.
 */
#ifndef MODEL_RANGE_OPERATIONS_H
#define MODEL_RANGE_OPERATIONS_H

#include "model/state.h"

/* How a range of so many pages ended. */
enum el2_outcome model_range_outcome(uint64_t pages, bool any_changed);

enum el2_outcome model_clear_vm_range(struct model *m, uint32_t v, uint64_t pfn,
                                      uint64_t n);
enum el2_outcome model_prot_and_map_vm_s2pt(struct model *m, uint32_t v,
                                            uint64_t addr, uint64_t descriptor,
                                            uint64_t level);
enum el2_outcome model_grant_stage2_sg_gpa(struct model *m, uint32_t v,
                                           uint64_t addr, uint64_t size);
enum el2_outcome model_revoke_stage2_sg_gpa(struct model *m, uint32_t v,
                                            uint64_t addr, uint64_t size);

#endif
