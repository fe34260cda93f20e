/* Stage-2 faults, and pages that a VM shares: semantics.md section 6. */
#include "model/arguments.h"
#include "model/hypercalls.h"
#include "model/range_operations.h"

/* A fault does not say how wide the access was: section 6.1 is entered as by
 * a load of a word. */
#define FAULT_ACCESS_SIZE 4

enum el2_outcome model_host_fault(struct model *m, uint64_t addr)
{
    if (!is_paddr(addr)) {
        return EL2_OUTCOME_PANIC_ARGUMENT;
    }
    for (uint32_t i = 0; i < m->platform.smmu_count; i++) {
        const struct el2_smmu *smmu = &m->platform.smmus[i];
        if (addr >= smmu->base && addr - smmu->base < smmu->size) {
            return model_smmu_read(m, i, addr - smmu->base, FAULT_ACCESS_SIZE);
        }
    }
    return m->operations.map_page_host(m, addr);
}

enum el2_outcome model_vm_fault(struct model *m, uint32_t v, uint64_t addr,
                                uint64_t descriptor, uint64_t level)
{
    if (descriptor == 0 || addr < EL2_PAGE_SIZE || !is_addr(addr)) {
        return EL2_OUTCOME_FAULT_IGNORED;
    }
    return model_prot_and_map_vm_s2pt(m, v, addr, descriptor, level);
}

enum el2_outcome model_vm_share(struct model *m, uint32_t v, uint64_t addr,
                                uint64_t size)
{
    if (!range_fits(addr, size, EL2_ADDRESS_SPACE)) {
        return EL2_OUTCOME_RANGE_PAST_END;
    }
    return model_grant_stage2_sg_gpa(m, v, addr, size);
}

enum el2_outcome model_vm_unshare(struct model *m, uint32_t v, uint64_t addr,
                                  uint64_t size)
{
    if (!range_fits(addr, size, EL2_ADDRESS_SPACE)) {
        return EL2_OUTCOME_RANGE_PAST_END;
    }
    return model_revoke_stage2_sg_gpa(m, v, addr, size);
}
