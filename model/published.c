/*
 * The two page operations that the published atomic texts (Coq source 002)
 * define otherwise than semantics.md section 10 decided. They are kept to be
 * compared with the published primitives: the harness must find by itself
 * that the two disagree. The other eight are as in section 4, under
 * the published reading of an INVALID share count (E11).
 */
#include "model/page_operations.h"
#include "model/state.h"

/* E1: the host keeps its mapping of the page. */
static enum el2_outcome clear_vm_page(struct model *m, uint32_t v, uint64_t pfn)
{
    hold_page(m, pfn);
    if (page_get(m, pfn).owner != v) {
        return EL2_OUTCOME_NOT_OWNER;
    }
    page_set(m, pfn, page_of_host(m, pfn));
    memory_set(m, pfn, 0);
    return EL2_OUTCOME_CLEARED;
}

/* E2: the content of the page is decided anew. */
static enum el2_outcome assign_pfn_to_smmu(struct model *m, uint32_t v,
                                           uint64_t gfn, uint64_t pfn)
{
    enum el2_outcome outcome =
        model_atomic_operations().assign_pfn_to_smmu(m, v, gfn, pfn);
    if (outcome == EL2_OUTCOME_ASSIGNED_TO_DEVICE) {
        memory_from_oracle(m, v, pfn, EL2_DRAW_HANDED_OVER, memory_get(m, pfn));
    }
    return outcome;
}

struct model_page_operations model_published_operations(void)
{
    struct model_page_operations operations = model_atomic_operations();
    operations.clear_vm_page = clear_vm_page;
    operations.assign_pfn_to_smmu = assign_pfn_to_smmu;
    return operations;
}
