/* The page operations, atomic: semantics.md section 4, in its order. */
#include "model/page_operations.h"

#include "model/state.h"
#include "model/tables.h"

static enum el2_outcome map_page_host(struct model *m, uint64_t addr)
{
    uint64_t pfn = addr / EL2_PAGE_SIZE;
    hold_page(m, pfn);
    struct page page = page_get(m, pfn);
    enum el2_outcome outcome = EL2_OUTCOME_PANIC_PRIVATE_PAGE;
    uint64_t attributes = EL2_S2_KERNEL;
    if (page.owner == EL2_INVALID) {
        outcome = EL2_OUTCOME_HOST_MAPPED_DEVICE;
        attributes = EL2_S2_DEVICE;
    } else if (page.owner == EL2_HOSTVISOR) {
        outcome = EL2_OUTCOME_HOST_MAPPED_OWN;
    } else if (page_is_shared(m, &page)) {
        outcome = EL2_OUTCOME_HOST_MAPPED_SHARED;
    } else {
        return outcome;
    }
    enum el2_outcome mapped = model_npt_map(m, EL2_HOSTVISOR, addr, 3,
                                            pfn * EL2_PAGE_SIZE | attributes);
    return el2_outcome_is_panic(mapped) ? mapped : outcome;
}

static enum el2_outcome clear_vm_page(struct model *m, uint32_t v, uint64_t pfn)
{
    hold_page(m, pfn);
    if (page_get(m, pfn).owner != v) {
        return EL2_OUTCOME_NOT_OWNER;
    }
    enum el2_outcome unmapped = model_clear_pfn_host(m, pfn);
    if (el2_outcome_is_panic(unmapped)) {
        return unmapped;
    }
    page_set(m, pfn, page_of_host(m, pfn));
    memory_set(m, pfn, 0);
    return EL2_OUTCOME_CLEARED;
}

static enum el2_outcome assign_host_page(struct model *m, uint32_t v,
                                         uint64_t gfn, uint64_t pfn)
{
    if (page_get(m, pfn).count != 0) {
        return EL2_OUTCOME_PANIC_HOST_DMA_IN_USE;
    }
    enum el2_outcome unmapped = model_clear_pfn_host(m, pfn);
    if (el2_outcome_is_panic(unmapped)) {
        return unmapped;
    }
    page_set(m, pfn, (struct page){v, 0, gfn});
    memory_from_oracle(m, v, pfn, EL2_DRAW_HANDED_OVER, memory_get(m, pfn));
    return EL2_OUTCOME_ASSIGNED;
}

static enum el2_outcome assign_pfn_to_vm(struct model *m, uint32_t v,
                                         uint64_t gfn, uint64_t pfn)
{
    hold_page(m, pfn);
    struct page page = page_get(m, pfn);
    if (page.owner == EL2_HOSTVISOR) {
        return assign_host_page(m, v, gfn, pfn);
    }
    if (page.owner != v) {
        return EL2_OUTCOME_PANIC_OTHER_OWNER;
    }
    if (page.gfn != EL2_INVALID64 && page.gfn != gfn) {
        return EL2_OUTCOME_PANIC_OTHER_GFN;
    }
    enum el2_outcome outcome = page.gfn == EL2_INVALID64
                                   ? EL2_OUTCOME_GFN_LEARNT
                                   : EL2_OUTCOME_ALREADY_OWN;
    if (page.count == EL2_INVALID) {
        page.count = 0;
    }
    page.gfn = gfn;
    page_set(m, pfn, page);
    return outcome;
}

static enum el2_outcome map_pfn_vm(struct model *m, uint32_t v, uint64_t addr,
                                   uint64_t descriptor, uint64_t level)
{
    uint64_t d = phys_page(descriptor) | EL2_S2_KERNEL;
    if (level == 2) {
        return model_npt_map(m, v, addr, 2, d & ~EL2_PAGE_NOT_BLOCK);
    }
    return model_npt_map(m, v, addr, 3, d);
}

static enum el2_outcome map_vm_io(struct model *m, uint32_t v, uint64_t gpa,
                                  uint64_t pa)
{
    hold_page(m, pa / EL2_PAGE_SIZE);
    if (page_get(m, pa / EL2_PAGE_SIZE).owner != EL2_INVALID) {
        return EL2_OUTCOME_NOT_A_DEVICE;
    }
    enum el2_outcome mapped =
        model_npt_map(m, v, gpa, 3, phys_page(pa) | EL2_S2_DEVICE);
    return el2_outcome_is_panic(mapped) ? mapped : EL2_OUTCOME_DEVICE_MAPPED;
}

static enum el2_outcome grant_vm_page(struct model *m, uint32_t v, uint64_t pfn)
{
    struct page page = page_get(m, pfn);
    if (page.owner != v) {
        return EL2_OUTCOME_NOT_OWNER;
    }
    if (page.count >= m->platform.max_share_count) {
        return EL2_OUTCOME_SHARE_LIMIT;
    }
    page.count++;
    page_set(m, pfn, page);
    return EL2_OUTCOME_GRANTED;
}

static enum el2_outcome revoke_vm_page(struct model *m, uint32_t v,
                                       uint64_t pfn)
{
    hold_page(m, pfn);
    struct page page = page_get(m, pfn);
    if (page.owner != v) {
        return EL2_OUTCOME_NOT_OWNER;
    }
    if (!page_is_shared(m, &page)) {
        return EL2_OUTCOME_NOT_SHARED;
    }
    page.count--;
    page_set(m, pfn, page);
    if (page.count > 0) {
        return EL2_OUTCOME_REVOKED;
    }
    enum el2_outcome unmapped = model_clear_pfn_host(m, pfn);
    if (el2_outcome_is_panic(unmapped)) {
        return unmapped;
    }
    memory_from_oracle(m, v, pfn, EL2_DRAW_UNSHARED, memory_get(m, pfn));
    return EL2_OUTCOME_REVOKED_LAST;
}

static enum el2_outcome assign_pfn_to_smmu(struct model *m, uint32_t v,
                                           uint64_t gfn, uint64_t pfn)
{
    hold_page(m, pfn);
    struct page page = page_get(m, pfn);
    if (page.owner == EL2_HOSTVISOR) {
        if (page.count != 0) {
            return EL2_OUTCOME_PANIC_HOST_DMA_IN_USE;
        }
        enum el2_outcome unmapped = model_clear_pfn_host(m, pfn);
        if (el2_outcome_is_panic(unmapped)) {
            return unmapped;
        }
        page_set(m, pfn, (struct page){v, EL2_INVALID, gfn});
        return EL2_OUTCOME_ASSIGNED_TO_DEVICE;
    }
    return page.owner == v ? EL2_OUTCOME_ALREADY_OWN
                           : EL2_OUTCOME_PANIC_OTHER_OWNER;
}

static enum el2_outcome update_smmu_page(struct model *m, uint32_t v,
                                         uint32_t bank, uint64_t iova,
                                         uint64_t descriptor)
{
    uint64_t pfn = phys_page(descriptor) / EL2_PAGE_SIZE;
    hold_page(m, pfn);
    struct page page = page_get(m, pfn);
    if (page.owner != v) {
        return EL2_OUTCOME_PANIC_OTHER_OWNER;
    }
    if (page.gfn != iova / EL2_PAGE_SIZE) {
        return EL2_OUTCOME_PANIC_OTHER_GFN;
    }
    enum el2_outcome mapped = model_spt_map(m, bank, iova, descriptor);
    if (el2_outcome_is_panic(mapped) || page.owner != EL2_HOSTVISOR) {
        return mapped;
    }
    if (page.count >= m->platform.max_dma_count) {
        return EL2_OUTCOME_DMA_COUNT_LIMIT;
    }
    page.count++;
    page_set(m, pfn, page);
    return EL2_OUTCOME_DMA_MAPPED_AND_COUNTED;
}

static enum el2_outcome unmap_smmu_page(struct model *m, uint32_t bank,
                                        uint64_t iova)
{
    hold_page(m, phys_page(model_spt_walk(m, bank, iova)) / EL2_PAGE_SIZE);
    uint64_t removed;
    enum el2_outcome unmapped = model_spt_unmap(m, bank, iova, &removed);
    if (el2_outcome_is_panic(unmapped)) {
        return unmapped;
    }
    uint64_t pfn = phys_page(removed) / EL2_PAGE_SIZE;
    struct page page = page_get(m, pfn);
    if (page.owner != EL2_HOSTVISOR || page.count == 0) {
        return unmapped;
    }
    page.count--;
    page_set(m, pfn, page);
    return EL2_OUTCOME_DMA_UNMAPPED_AND_COUNTED;
}

struct model_page_operations model_atomic_operations(void)
{
    return (struct model_page_operations){
        .map_page_host = map_page_host,
        .clear_vm_page = clear_vm_page,
        .assign_pfn_to_vm = assign_pfn_to_vm,
        .map_pfn_vm = map_pfn_vm,
        .map_vm_io = map_vm_io,
        .grant_vm_page = grant_vm_page,
        .revoke_vm_page = revoke_vm_page,
        .assign_pfn_to_smmu = assign_pfn_to_smmu,
        .update_smmu_page = update_smmu_page,
        .unmap_smmu_page = unmap_smmu_page,
    };
}
