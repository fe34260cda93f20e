/*
 * Hypercalls and events (semantics.md section 6): VMs and SMMU banks. An
 * argument out of range is a panic, before anything else is looked at.
 */
#ifndef MODEL_HYPERCALLS_H
#define MODEL_HYPERCALLS_H

#include "model/state.h"

/* *v is the new VM. */
enum el2_outcome model_register_kvm(struct model *m, uint64_t *v);
enum el2_outcome model_vm_poweroff(struct model *m, uint32_t v);
enum el2_outcome model_smmu_alloc_pgd(struct model *m, uint64_t bank,
                                      uint64_t v, uint64_t smmu);
enum el2_outcome model_smmu_free_pgd(struct model *m, uint64_t bank,
                                     uint64_t smmu);

#endif
