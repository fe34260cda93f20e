#include "model/range_operations.h"

#include "model/page_operations.h"
#include "model/tables.h"

/* Every page is its own critical section: the last one's locks are free. */
static void begin_section(struct model *m, el2_lock_set outer)
{
    m->held = outer;
}

static bool changed(enum el2_outcome outcome)
{
    return outcome != EL2_OUTCOME_NOT_OWNER &&
           outcome != EL2_OUTCOME_SHARE_LIMIT &&
           outcome != EL2_OUTCOME_NOT_SHARED;
}

enum el2_outcome model_range_outcome(uint64_t pages, bool any_changed)
{
    if (pages == 0) {
        return EL2_OUTCOME_RANGE_EMPTY;
    }
    return any_changed ? EL2_OUTCOME_RANGE_CHANGED
                       : EL2_OUTCOME_RANGE_UNCHANGED;
}

enum el2_outcome model_clear_vm_range(struct model *m, uint32_t v, uint64_t pfn,
                                      uint64_t n)
{
    el2_lock_set outer = m->held;
    bool any = false;
    for (uint64_t i = 0; i < n; i++) {
        begin_section(m, outer);
        enum el2_outcome outcome = m->operations.clear_vm_page(m, v, pfn + i);
        if (el2_outcome_is_panic(outcome)) {
            return outcome;
        }
        any |= changed(outcome);
    }
    return model_range_outcome(n, any);
}

/* The pages of one mapping, 1 or 512 of them. */
static enum el2_outcome assign_pages(struct model *m, uint32_t v, uint64_t gfn,
                                     uint64_t pfn, uint64_t n)
{
    el2_lock_set outer = m->held;
    enum el2_outcome outcome = EL2_OUTCOME_NONE;
    for (uint64_t i = 0; i < n; i++) {
        begin_section(m, outer);
        outcome = m->operations.assign_pfn_to_vm(m, v, gfn + i, pfn + i);
        if (el2_outcome_is_panic(outcome)) {
            return outcome;
        }
    }
    begin_section(m, outer);
    return outcome;
}

enum el2_outcome model_prot_and_map_vm_s2pt(struct model *m, uint32_t v,
                                            uint64_t addr, uint64_t descriptor,
                                            uint64_t level)
{
    uint64_t gfn = addr / EL2_PAGE_SIZE;
    uint64_t pfn = phys_page(descriptor) / EL2_PAGE_SIZE;
    uint64_t n = 1;
    if (level == 2) {
        gfn -= gfn % EL2_PAGES_PER_BLOCK;
        n = EL2_PAGES_PER_BLOCK;
    }
    if (pfn + n > EL2_PFN_SPACE) {
        return EL2_OUTCOME_PANIC_PFN_RANGE;
    }
    if (level == 2 && pfn % EL2_PAGES_PER_BLOCK != 0) {
        return EL2_OUTCOME_PANIC_BLOCK_UNALIGNED; /* section 10, E10 */
    }
    enum el2_outcome assigned = assign_pages(m, v, gfn, pfn, n);
    if (el2_outcome_is_panic(assigned)) {
        return assigned;
    }
    enum el2_outcome mapped =
        m->operations.map_pfn_vm(m, v, addr, descriptor, level == 2 ? 2 : 3);
    if (el2_outcome_is_panic(mapped)) {
        return mapped;
    }
    return level == 2 ? EL2_OUTCOME_FAULTED_IN_BLOCK
                      : EL2_OUTCOME_FAULTED_IN_PAGE;
}

typedef enum el2_outcome (*one_page)(struct model *m, uint32_t v, uint64_t pfn);

/* Share or unshare what v has mapped at each page of the range. */
static enum el2_outcome for_each_mapped_page(struct model *m, uint32_t v,
                                             uint64_t addr, uint64_t size,
                                             one_page operation)
{
    el2_lock_set outer = m->held;
    uint64_t n = (size + EL2_PAGE_SIZE - 1) / EL2_PAGE_SIZE;
    bool any = false;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t a = addr + i * EL2_PAGE_SIZE;
        uint64_t page = phys_page(model_npt_walk(m, v, a));
        if (page == 0) {
            continue;
        }
        uint64_t pfn = page / EL2_PAGE_SIZE;
        if (model_npt_level(m, v, a) == 2) {
            pfn += a / EL2_PAGE_SIZE % EL2_PAGES_PER_BLOCK; /* E5 */
        }
        begin_section(m, outer);
        enum el2_outcome outcome = operation(m, v, pfn);
        if (el2_outcome_is_panic(outcome)) {
            return outcome;
        }
        any |= changed(outcome);
    }
    return model_range_outcome(n, any);
}

enum el2_outcome model_grant_stage2_sg_gpa(struct model *m, uint32_t v,
                                           uint64_t addr, uint64_t size)
{
    return for_each_mapped_page(m, v, addr, size, m->operations.grant_vm_page);
}

enum el2_outcome model_revoke_stage2_sg_gpa(struct model *m, uint32_t v,
                                            uint64_t addr, uint64_t size)
{
    return for_each_mapped_page(m, v, addr, size, m->operations.revoke_vm_page);
}
