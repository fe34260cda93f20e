#include "impl/el2.h"

#include "impl/npt.h"
#include "impl/page_record.h"
#include "impl/spt.h"
#include "impl/vcpu.h"

/* Where each thing starts in EL2's memory: page records, then the stage-2
 * tables of each vmid, then the SMMU tables. All page-aligned. */
struct layout {
    uint64_t records;
    uint64_t npt;
    uint64_t spt;
    uint64_t end;
};

static uint64_t page_align(uint64_t size)
{
    return (size + EL2_PAGE_OFFSET) & ~EL2_PAGE_OFFSET;
}

static struct layout lay_out(const struct el2_platform *platform)
{
    uint64_t vmids = UINT64_C(1) + platform->core_vmid;
    struct layout layout;

    layout.records = platform->el2_memory_base;
    layout.npt = layout.records + page_align(page_records_size(platform));
    layout.spt = layout.npt + vmids * npt_memory_size(platform);
    layout.end = layout.spt + spt_memory_size(platform);
    return layout;
}

uint64_t el2_memory_needed(const struct el2_platform *platform)
{
    struct layout layout = lay_out(platform);

    return layout.end - layout.records;
}

/* What the platform fixes. */
static void boot_values(struct el2 *el2, const struct el2_platform *platform)
{
    struct layout layout = lay_out(platform);

    el2->core_vmid = platform->core_vmid;
    el2->vcpus_per_vm = platform->vcpus_per_vm;
    el2->images_per_vm = platform->images_per_vm;
    el2->max_share_count = platform->max_share_count;
    el2->max_dma_count = platform->max_dma_count;
    el2->smmu_host_offset = platform->smmu_host_offset;
    el2->smmu_count = platform->smmu_count;
    for (uint32_t i = 0; i < platform->smmu_count; i++) {
        el2->smmu_banks[i] = platform->smmus[i].bank_count;
        el2->smmu_windows[i].base = platform->smmus[i].base;
        el2->smmu_windows[i].size = platform->smmus[i].size;
    }
    el2->records = layout.records;
    el2->npt_memory = layout.npt;
    el2->npt_memory_size = npt_memory_size(platform);
    el2->spt_memory = layout.spt;
    el2->memory_end = layout.end;
}

bool el2_boot(struct el2 *el2, const struct el2_platform *platform)
{
    if (el2_memory_needed(platform) > platform->el2_memory_size) {
        return false;
    }
    boot_values(el2, platform);
    page_records_boot(el2, platform);
    npt_boot(el2, platform);
    spt_boot(el2, platform);
    for (uint32_t bank = 0; bank < EL2_BANK_LIMIT; bank++) {
        el2->bank_owner[bank] = EL2_INVALID;
    }
    for (uint32_t vmid = 0; vmid < EL2_VMID_LIMIT; vmid++) {
        el2->vm_state[vmid] = EL2_VM_UNUSED;
        vcpus_boot(el2, vmid);
        el2->image_count[vmid] = 0;
    }
    el2->next_vmid = 1;
    el2->next_remap = EL2_REMAP_START;
    return true;
}
