#include "el2/platform.h"

#include <string.h>

void el2_platform_defaults(struct el2_platform *platform)
{
    memset(platform, 0, sizeof(*platform));
    platform->core_vmid = EL2_VMID_LIMIT - 1;
    platform->vcpus_per_vm = EL2_VCPU_LIMIT;
    platform->images_per_vm = EL2_IMAGE_LIMIT;
    platform->max_share_count = EL2_DEFAULT_SHARE_COUNT;
    platform->max_dma_count = EL2_DEFAULT_DMA_COUNT;
    platform->smmu_host_offset = EL2_PFN_SPACE / 2;
    platform->npt_level1_tables = EL2_NPT_LEVEL1_TABLES;
    platform->npt_level2_tables = EL2_NPT_LEVEL2_TABLES;
    platform->npt_level3_tables = EL2_NPT_LEVEL3_TABLES;
    platform->spt_level2_tables = EL2_SPT_LEVEL2_TABLES;
    platform->spt_level3_tables = EL2_SPT_LEVEL3_TABLES;
}

/* Page number `page` of all regions with this owner, in order. */
static uint64_t pfn_of(const struct el2_platform *platform, uint64_t page,
                       uint32_t owner)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < platform->region_count; i++) {
        const struct el2_region *region = &platform->regions[i];
        if (region->owner != owner) {
            continue;
        }
        if (page - total < region->page_count) {
            return region->base + (page - total);
        }
        total += region->page_count;
    }
    return total == 0 ? 0 : pfn_of(platform, page % total, owner);
}

uint64_t el2_platform_ram_pfn(const struct el2_platform *platform,
                              uint64_t page)
{
    return pfn_of(platform, page, EL2_HOSTVISOR);
}

uint64_t el2_platform_own_pfn(const struct el2_platform *platform,
                              uint64_t page)
{
    return pfn_of(platform, page, platform->core_vmid);
}
