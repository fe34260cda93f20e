#include "fuzz/page_state.h"

/* A page, and the owner for whom the call is made. */
struct named_page {
    bool is_named;
    uint64_t pfn;
    uint32_t actor; /* vmid; EL2_INVALID: nobody's pages are own */
};

static const struct named_page no_page = {false, 0, EL2_INVALID};

static struct named_page page_at(uint64_t address, uint64_t actor)
{
    return (struct named_page){true, address / EL2_PAGE_SIZE,
                               actor < EL2_VMID_LIMIT ? (uint32_t)actor
                                                      : EL2_INVALID};
}

static uint64_t page_address(uint64_t descriptor)
{
    return descriptor & EL2_DESCRIPTOR_ADDRESS;
}

static struct el2_value observe(struct el2_machine *machine,
                                enum el2_cell_kind kind, uint64_t id,
                                uint64_t index)
{
    return machine->operations->observe(machine,
                                        el2_cell_make(kind, id, index));
}

struct bank {
    uint32_t id;
    uint32_t owner; /* EL2_INVALID: nobody, or there is no such bank */
};

static struct bank bank_of(struct el2_machine *machine,
                           const struct el2_platform *platform, uint64_t cbndx,
                           uint64_t smmu)
{
    if (cbndx >= EL2_BANKS_PER_SMMU || smmu >= platform->smmu_count) {
        return (struct bank){0, EL2_INVALID};
    }
    uint32_t id = (uint32_t)(smmu * EL2_BANKS_PER_SMMU + cbndx);
    struct el2_value owner = observe(machine, EL2_CELL_BANK, id, 0);
    return (struct bank){id, (uint32_t)owner.words[0]};
}

/* What the bank maps at iova. */
static struct named_page page_of_entry(struct el2_machine *machine,
                                       struct bank bank, uint64_t iova)
{
    if (bank.owner == EL2_INVALID || iova >= EL2_IOVA_SPACE) {
        return no_page;
    }
    struct el2_value entry =
        observe(machine, EL2_CELL_SPT, bank.id, iova / EL2_PAGE_SIZE);
    uint64_t address = page_address(el2_value_descriptor(entry));
    return address == 0 ? no_page : page_at(address, bank.owner);
}

static struct named_page page_of_fault(const struct el2_platform *platform,
                                       uint64_t address)
{
    for (uint32_t i = 0; i < platform->smmu_count; i++) {
        const struct el2_smmu *smmu = &platform->smmus[i];
        if (address >= smmu->base && address - smmu->base < smmu->size) {
            return no_page;
        }
    }
    return address < EL2_PHYSICAL_SPACE ? page_at(address, EL2_INVALID)
                                        : no_page;
}

static struct named_page page_of_descriptor(uint64_t descriptor, uint64_t level,
                                            uint64_t v)
{
    return level == 2 || descriptor == 0 ? no_page
                                         : page_at(page_address(descriptor), v);
}

static struct named_page within_memory(struct named_page page)
{
    return page.pfn < EL2_PFN_SPACE ? page : no_page;
}

/* Of a page operation of section 4. */
static struct named_page page_of_operation(struct el2_machine *machine,
                                           const struct el2_platform *platform,
                                           const struct el2_call *call)
{
    const uint64_t *a = call->arguments;
    switch (call->number) {
    case EL2_CALL_map_page_host:
        return page_at(a[0], EL2_INVALID);
    case EL2_CALL_clear_vm_page:
    case EL2_CALL_grant_vm_page:
    case EL2_CALL_revoke_vm_page:
        return page_at(a[1] * EL2_PAGE_SIZE, a[0]);
    case EL2_CALL_assign_pfn_to_vm:
    case EL2_CALL_assign_pfn_to_smmu:
        return page_at(a[2] * EL2_PAGE_SIZE, a[0]);
    case EL2_CALL_map_pfn_vm:
        return page_of_descriptor(a[2], a[3], a[0]);
    case EL2_CALL_map_vm_io:
        return page_at(a[2], a[0]);
    case EL2_CALL_update_smmu_page:
        return page_at(page_address(a[4]), a[0]);
    case EL2_CALL_unmap_smmu_page:
        return page_of_entry(machine, bank_of(machine, platform, a[0], a[1]),
                             a[2]);
    default:
        return no_page;
    }
}

/* Of a hypercall or an event, or else of a page operation. */
static struct named_page page_of(struct el2_machine *machine,
                                 const struct el2_platform *platform,
                                 const struct el2_call *call)
{
    const uint64_t *a = call->arguments;
    struct bank bank;
    switch (call->number) {
    case EL2_CALL_host_fault:
        return page_of_fault(platform, a[0]);
    case EL2_CALL_decrypt_buf:
        return el2_platform_is_vm(platform, a[0])
                   ? within_memory(page_at(a[1], a[0]))
                   : no_page;
    case EL2_CALL_smmu_map:
        bank = bank_of(machine, platform, a[3], a[4]);
        return bank.owner != EL2_INVALID
                   ? within_memory(page_at(a[1], bank.owner))
                   : no_page;
    case EL2_CALL_smmu_clear:
        return page_of_entry(machine, bank_of(machine, platform, a[1], a[2]),
                             a[0]);
    case EL2_CALL_vm_fault:
        return within_memory(page_of_descriptor(a[2], a[3], a[0]));
    default:
        return page_of_operation(machine, platform, call);
    }
}

bool page_state_is_of(uint32_t call_number)
{
    switch (call_number) {
    case EL2_CALL_host_fault:
    case EL2_CALL_decrypt_buf:
    case EL2_CALL_smmu_map:
    case EL2_CALL_smmu_clear:
    case EL2_CALL_vm_fault:
        return true;
    default:
        return call_number >= EL2_CALL_map_page_host &&
               call_number <= EL2_CALL_unmap_smmu_page;
    }
}

/* Where the count of a VM's page stands, from PRIVATE on. */
static unsigned share_of(uint32_t count, const struct el2_platform *platform)
{
    if (count == EL2_INVALID) {
        return PAGE_OWN_DEVICE - PAGE_OWN_PRIVATE;
    }
    if (count >= platform->max_share_count) {
        return PAGE_OWN_FULL - PAGE_OWN_PRIVATE;
    }
    return count > 0 ? PAGE_OWN_SHARED - PAGE_OWN_PRIVATE : 0;
}

static enum page_standing standing_of(const struct el2_platform *platform,
                                      struct el2_value page, uint32_t actor)
{
    uint32_t owner = el2_value_owner(page);
    uint32_t count = el2_value_count(page);
    if (owner == EL2_INVALID) {
        return PAGE_NO_OWNER;
    }
    if (owner == platform->core_vmid) {
        return PAGE_OF_EL2;
    }
    if (owner == EL2_HOSTVISOR) {
        if (count >= platform->max_dma_count) {
            return PAGE_HOST_DMA_FULL;
        }
        return count > 0 ? PAGE_HOST_DMA : PAGE_HOST_FREE;
    }
    return (enum page_standing)(
        (owner == actor ? PAGE_OWN_PRIVATE : PAGE_OTHER_PRIVATE) +
        share_of(count, platform));
}

struct page_state page_state_before(struct el2_machine *specification,
                                    const struct el2_platform *platform,
                                    const struct el2_call *call)
{
    struct named_page page = page_of(specification, platform, call);
    if (!page.is_named) {
        return (struct page_state){PAGE_NONE, false};
    }
    struct el2_value record =
        observe(specification, EL2_CELL_PAGE, 0, page.pfn);
    struct el2_value entry =
        observe(specification, EL2_CELL_NPT, EL2_HOSTVISOR, page.pfn);
    return (struct page_state){
        standing_of(platform, record, page.actor),
        page_address(el2_value_descriptor(entry)) != 0,
    };
}

const char *page_standing_name(enum page_standing standing)
{
    static const char *const names[PAGE_STANDING_COUNT] = {
        [PAGE_NONE] = "none",
        [PAGE_NO_OWNER] = "no_owner",
        [PAGE_OF_EL2] = "el2",
        [PAGE_HOST_FREE] = "host",
        [PAGE_HOST_DMA] = "host_dma",
        [PAGE_HOST_DMA_FULL] = "host_dma_full",
        [PAGE_OWN_PRIVATE] = "own",
        [PAGE_OWN_SHARED] = "own_shared",
        [PAGE_OWN_FULL] = "own_full",
        [PAGE_OWN_DEVICE] = "own_device",
        [PAGE_OTHER_PRIVATE] = "other",
        [PAGE_OTHER_SHARED] = "other_shared",
        [PAGE_OTHER_FULL] = "other_full",
        [PAGE_OTHER_DEVICE] = "other_device",
    };
    return names[standing];
}
