/* Memory that the host takes back from a VM, and devices that it gives it:
 * semantics.md section 6. */
#include "model/arguments.h"
#include "model/hypercalls.h"
#include "model/range_operations.h"

enum el2_outcome model_clear_vm_s2_range(struct model *m, uint64_t v,
                                         uint64_t start, uint64_t size)
{
    if (!clear_arguments(m, v, start, size)) {
        return EL2_OUTCOME_PANIC_ARGUMENT;
    }
    if (vm_state(m, (uint32_t)v) != EL2_VM_POWEROFF) {
        return EL2_OUTCOME_NOT_POWERED_OFF;
    }
    return model_clear_vm_range(m, (uint32_t)v, start / EL2_PAGE_SIZE,
                                size / EL2_PAGE_SIZE);
}

enum el2_outcome model_phys_addr_ioremap(struct model *m, uint64_t v,
                                         uint64_t gpa, uint64_t pa,
                                         uint64_t size)
{
    if (!ioremap_arguments(m, v, gpa, pa, size)) {
        return EL2_OUTCOME_PANIC_ARGUMENT;
    }
    uint32_t vmid = (uint32_t)v;
    uint64_t pages = pages_of(size);
    bool any_mapped = false;
    hold_lock(m, EL2_LOCK_VM + vmid);
    for (uint64_t i = 0; i < pages; i++) {
        if (vm_state(m, vmid) != EL2_VM_READY) {
            return EL2_OUTCOME_PANIC_VM_STATE;
        }
        enum el2_outcome mapped = m->operations.map_vm_io(
            m, vmid, gpa + i * EL2_PAGE_SIZE, pa + i * EL2_PAGE_SIZE);
        if (el2_outcome_is_panic(mapped)) {
            return mapped;
        }
        any_mapped |= mapped != EL2_OUTCOME_NOT_A_DEVICE;
    }
    return model_range_outcome(pages, any_mapped);
}
