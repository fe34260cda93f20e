#include "impl/argument.h"

#include "impl/bank.h"
#include "impl/shim.h"

#define ATTRIBUTES_FORBIDDEN ((UINT64_C(1) << 63) | EL2_DESCRIPTOR_ADDRESS)

/* The value, when it is below the limit. */
static uint64_t below(uint64_t value, uint64_t limit, const char *otherwise)
{
    if (value >= limit) {
        shim_panic(otherwise);
    }
    return value;
}

uint32_t argument_vmid(const struct el2 *el2, uint64_t value)
{
    return (uint32_t)below(value, UINT64_C(1) + el2->core_vmid,
                           "argument: no such vmid");
}

uint32_t argument_vm(const struct el2 *el2, uint64_t value)
{
    if (value == EL2_HOSTVISOR) {
        shim_panic("argument: the host is no VM");
    }
    return (uint32_t)below(value, el2->core_vmid, "argument: no such VM");
}

uint32_t argument_vm_or_host(const struct el2 *el2, uint64_t value)
{
    return (uint32_t)below(value, el2->core_vmid, "argument: no such VM");
}

uint32_t argument_vcpu(const struct el2 *el2, uint64_t value)
{
    return (uint32_t)below(value, el2->vcpus_per_vm, "argument: no such vCPU");
}

uint32_t argument_image(const struct el2 *el2, uint64_t value)
{
    return (uint32_t)below(value, el2->images_per_vm,
                           "argument: no VM has so many images");
}

uint32_t argument_smmu(const struct el2 *el2, uint64_t value)
{
    return (uint32_t)below(value, el2->smmu_count, "argument: no such SMMU");
}

uint32_t argument_bank(uint64_t value)
{
    return (uint32_t)below(value, EL2_BANKS_PER_SMMU, "argument: no such bank");
}

uint32_t argument_bank_id(const struct el2 *el2, uint64_t bank, uint64_t smmu)
{
    return bank_id(argument_bank(bank), argument_smmu(el2, smmu));
}

uint64_t argument_offset(const struct el2 *el2, uint32_t smmu, uint64_t value)
{
    return below(value, el2->smmu_windows[smmu].size,
                 "argument: beyond the registers of the SMMU");
}

uint64_t argument_pfn(uint64_t value)
{
    return below(value, EL2_PFN_SPACE, "argument: not a physical page");
}

uint64_t argument_ipa(uint64_t value)
{
    return below(value, EL2_ADDRESS_SPACE,
                 "argument: beyond guest-physical addresses");
}

uint64_t argument_physical(uint64_t value)
{
    return below(value, EL2_PHYSICAL_SPACE,
                 "argument: beyond physical addresses");
}

uint64_t argument_iova(uint64_t value)
{
    return below(value, EL2_IOVA_SPACE, "argument: beyond what an SMMU maps");
}

uint64_t argument_attributes(uint64_t value)
{
    if ((value & ATTRIBUTES_FORBIDDEN) != 0) {
        shim_panic("argument: not attributes of a mapping");
    }
    return value;
}

uint64_t argument_whole_pages(uint64_t length)
{
    return (length + EL2_PAGE_OFFSET) & ~EL2_PAGE_OFFSET;
}

void argument_range(uint64_t start, uint64_t length, uint64_t space)
{
    if (start > space - length) {
        shim_panic("argument: a range that ends beyond its space");
    }
}
