#include "impl/vm_memory.h"

#include "impl/lifecycle.h"
#include "impl/page_operation.h"
#include "impl/shim.h"

#include <stdbool.h>

/* What is true once stays true: a VM is never powered on again. */
static bool is_powered_off(const struct el2 *el2, uint32_t vmid)
{
    bool powered_off;

    shim_lock(EL2_LOCK_VM + vmid);
    powered_off = el2->vm_state[vmid] == EL2_VM_POWEROFF;
    shim_unlock(EL2_LOCK_VM + vmid);
    return powered_off;
}

void clear_vm_s2_range(struct el2 *el2, uint32_t vmid, uint64_t start,
                       uint64_t size)
{
    if (is_powered_off(el2, vmid)) {
        clear_vm_pages(el2, vmid, start >> EL2_PAGE_SHIFT,
                       size >> EL2_PAGE_SHIFT);
    }
}

void phys_addr_ioremap(struct el2 *el2, uint32_t vmid, uint64_t ipa,
                       uint64_t address, uint64_t pages)
{
    if (pages == 0) {
        return;
    }
    shim_lock(EL2_LOCK_VM + vmid);
    vm_expect_state(el2, vmid, EL2_VM_READY);
    map_vm_io_pages(el2, vmid, ipa, address, pages);
    shim_unlock(EL2_LOCK_VM + vmid);
}
