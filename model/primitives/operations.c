/*
 * The page operations, and those of buffers, as the sequences of primitives
 * that the code runs (Coq source 002, `*_spec0`). They write owner, count and
 * gfn one by one; the question that the harness asks is whether anyone can tell
 * from sections 4 and 6.
 *
 * They do not name how they end: their outcome is EL2_OUTCOME_NONE. A range
 * must still know that it ended, so a halted machine says so with a panic.
 */
#include "model/buffers.h"
#include "model/page_operations.h"
#include "model/primitives/primitives.h"

static enum el2_outcome finish(struct model *m)
{
    release_lock_s2page(m);
    return m->halted ? EL2_OUTCOME_PANIC_UNNAMED : EL2_OUTCOME_NONE;
}

/* E11 for the reading that holds; the published texts test `count > 0`. */
static bool count_is_share(const struct model *m, uint32_t count)
{
    if (m->reading == MODEL_READING_PUBLISHED) {
        return count > 0;
    }
    return count > 0 && count != EL2_INVALID;
}

static enum el2_outcome map_page_host(struct model *m, uint64_t addr)
{
    uint64_t pfn = addr / EL2_PAGE_SIZE;
    acquire_lock_s2page(m);
    uint32_t owner = get_pfn_owner(m, pfn);
    uint32_t count = get_pfn_count(m, pfn);
    if (owner == EL2_INVALID) {
        map_s2pt(m, EL2_HOSTVISOR, addr, 3,
                 pfn * EL2_PAGE_SIZE | EL2_S2_DEVICE);
    } else if (owner == EL2_HOSTVISOR || count_is_share(m, count)) {
        map_s2pt(m, EL2_HOSTVISOR, addr, 3,
                 pfn * EL2_PAGE_SIZE | EL2_S2_KERNEL);
    } else {
        panic_machine(m);
    }
    return finish(m);
}

static enum el2_outcome clear_vm_page(struct model *m, uint32_t v, uint64_t pfn)
{
    acquire_lock_s2page(m);
    if (get_pfn_owner(m, pfn) == v) {
        clear_pfn_host_s2pt(m, pfn);
        set_pfn_owner(m, pfn, EL2_HOSTVISOR);
        set_pfn_count(m, pfn, 0);
        set_pfn_map(m, pfn, pfn + m->platform.smmu_host_offset);
        clear_phys_page(m, pfn);
    }
    return finish(m);
}

static enum el2_outcome assign_pfn_to_vm(struct model *m, uint32_t v,
                                         uint64_t gfn, uint64_t pfn)
{
    acquire_lock_s2page(m);
    uint32_t owner = get_pfn_owner(m, pfn);
    uint32_t count = get_pfn_count(m, pfn);
    uint64_t map = get_pfn_map(m, pfn);
    if (owner == EL2_HOSTVISOR && count == 0) {
        clear_pfn_host_s2pt(m, pfn);
        set_pfn_owner(m, pfn, v);
        set_pfn_map(m, pfn, gfn);
        fetch_from_doracle(m, v, pfn, EL2_DRAW_HANDED_OVER);
    } else if (owner == v && owner != EL2_HOSTVISOR &&
               (map == EL2_INVALID64 || map == gfn)) {
        if (map == EL2_INVALID64) {
            set_pfn_map(m, pfn, gfn);
        }
        if (count == EL2_INVALID) {
            set_pfn_count(m, pfn, 0);
        }
    } else {
        panic_machine(m);
    }
    return finish(m);
}

static enum el2_outcome map_pfn_vm(struct model *m, uint32_t v, uint64_t addr,
                                   uint64_t descriptor, uint64_t level)
{
    uint64_t page = descriptor & EL2_DESCRIPTOR_ADDRESS;
    if (level == 2) {
        map_s2pt(m, v, addr, 2, (page | EL2_S2_KERNEL) & ~EL2_PAGE_NOT_BLOCK);
    } else {
        map_s2pt(m, v, addr, 3, page | EL2_S2_KERNEL);
    }
    return m->halted ? EL2_OUTCOME_PANIC_UNNAMED : EL2_OUTCOME_NONE;
}

static enum el2_outcome map_vm_io(struct model *m, uint32_t v, uint64_t gpa,
                                  uint64_t pa)
{
    acquire_lock_s2page(m);
    if (get_pfn_owner(m, pa / EL2_PAGE_SIZE) == EL2_INVALID) {
        map_s2pt(m, v, gpa, 3, (pa & EL2_DESCRIPTOR_ADDRESS) | EL2_S2_DEVICE);
    }
    return finish(m);
}

static enum el2_outcome grant_vm_page(struct model *m, uint32_t v, uint64_t pfn)
{
    acquire_lock_s2page(m);
    uint32_t owner = get_pfn_owner(m, pfn);
    uint32_t count = get_pfn_count(m, pfn);
    if (owner == v && count < m->platform.max_share_count) {
        set_pfn_count(m, pfn, count + 1);
    }
    return finish(m);
}

static enum el2_outcome revoke_vm_page(struct model *m, uint32_t v,
                                       uint64_t pfn)
{
    acquire_lock_s2page(m);
    uint32_t owner = get_pfn_owner(m, pfn);
    uint32_t count = get_pfn_count(m, pfn);
    if (owner == v && count_is_share(m, count)) {
        set_pfn_count(m, pfn, count - 1);
        if (count == 1) {
            clear_pfn_host_s2pt(m, pfn);
            fetch_from_doracle(m, v, pfn, EL2_DRAW_UNSHARED);
        }
    }
    return finish(m);
}

static enum el2_outcome assign_pfn_to_smmu(struct model *m, uint32_t v,
                                           uint64_t gfn, uint64_t pfn)
{
    acquire_lock_s2page(m);
    uint32_t owner = get_pfn_owner(m, pfn);
    uint32_t count = get_pfn_count(m, pfn);
    if (owner == EL2_HOSTVISOR && count == 0) {
        clear_pfn_host_s2pt(m, pfn);
        set_pfn_owner(m, pfn, v);
        set_pfn_map(m, pfn, gfn);
        set_pfn_count(m, pfn, EL2_INVALID);
    } else if (owner == EL2_HOSTVISOR || owner != v) {
        panic_machine(m);
    }
    return finish(m);
}

static enum el2_outcome update_smmu_page(struct model *m, uint32_t v,
                                         uint32_t bank, uint64_t iova,
                                         uint64_t descriptor)
{
    uint64_t pfn = (descriptor & EL2_DESCRIPTOR_ADDRESS) / EL2_PAGE_SIZE;
    acquire_lock_s2page(m);
    uint32_t owner = get_pfn_owner(m, pfn);
    uint64_t map = get_pfn_map(m, pfn);
    if (owner == v && map == iova / EL2_PAGE_SIZE) {
        map_spt(m, bank, iova, descriptor);
        if (owner == EL2_HOSTVISOR) {
            uint32_t count = get_pfn_count(m, pfn);
            if (count < m->platform.max_dma_count) {
                set_pfn_count(m, pfn, count + 1);
            }
        }
    } else {
        panic_machine(m);
    }
    return finish(m);
}

static enum el2_outcome unmap_smmu_page(struct model *m, uint32_t bank,
                                        uint64_t iova)
{
    acquire_lock_s2page(m);
    uint64_t removed = unmap_spt(m, bank, iova);
    uint64_t pfn = (removed & EL2_DESCRIPTOR_ADDRESS) / EL2_PAGE_SIZE;
    if (get_pfn_owner(m, pfn) == EL2_HOSTVISOR) {
        uint32_t count = get_pfn_count(m, pfn);
        if (count > 0) {
            set_pfn_count(m, pfn, count - 1);
        }
    }
    return finish(m);
}

static enum el2_outcome encrypt_page(struct model *m, uint32_t v, uint64_t in,
                                     uint64_t out)
{
    acquire_lock_s2page(m);
    if (get_pfn_owner(m, in) == v && get_pfn_owner(m, out) == EL2_HOSTVISOR) {
        encrypt_phys_page(m, in, out);
    } else {
        panic_machine(m);
    }
    return finish(m);
}

static enum el2_outcome decrypt_page(struct model *m, uint32_t v, uint64_t pfn)
{
    acquire_lock_s2page(m);
    uint32_t owner = get_pfn_owner(m, pfn);
    uint32_t count = get_pfn_count(m, pfn);
    if (owner == EL2_HOSTVISOR && count == 0) {
        clear_pfn_host_s2pt(m, pfn);
        set_pfn_owner(m, pfn, v);
        set_pfn_count(m, pfn, 0);
        set_pfn_map(m, pfn, EL2_INVALID64);
        fetch_from_doracle(m, EL2_HOSTVISOR, pfn, EL2_DRAW_DECRYPTED);
    } else {
        panic_machine(m);
    }
    return finish(m);
}

struct model_page_operations model_primitive_operations(void)
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

struct model_buffer_operations model_primitive_buffers(void)
{
    return (struct model_buffer_operations){
        .encrypt_page = encrypt_page,
        .decrypt_page = decrypt_page,
    };
}
