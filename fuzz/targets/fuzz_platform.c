#define _POSIX_C_SOURCE 200809L /* strnlen() */

/*
 * Any bytes as a device tree: they are refused with a reason or give a
 * platform that keeps what el2/platform.h promises of one.
 */
#include "devicetree/memory.h"
#include "devicetree/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void promise(bool kept, const char *what)
{
    if (!kept) {
        fprintf(stderr, "fuzz_platform: an accepted device tree breaks: %s\n",
                what);
        abort();
    }
}

static bool within(uint64_t value, uint64_t minimum, uint64_t maximum)
{
    return value >= minimum && value <= maximum;
}

static void check_regions(const struct el2_platform *platform)
{
    uint64_t end = 0; /* of the regions so far */
    uint64_t own_count = 0;
    promise(within(platform->region_count, 2, EL2_REGION_LIMIT),
            "2 to EL2_REGION_LIMIT regions");
    for (uint32_t i = 0; i < platform->region_count; i++) {
        const struct el2_region *region = &platform->regions[i];
        promise(region->page_count > 0, "regions are not empty");
        promise(region->base >= end, "regions ascend and are disjoint");
        promise(region->base <= EL2_PFN_SPACE &&
                    region->page_count <= EL2_PFN_SPACE - region->base,
                "regions lie within 2^40");
        end = region->base + region->page_count;
        promise(region->owner == EL2_HOSTVISOR ||
                    region->owner == platform->core_vmid,
                "regions are the host's or EL2's");
        own_count += region->owner == platform->core_vmid;
    }
    promise(own_count == 1, "one region is EL2's");
    promise(platform->smmu_host_offset <= EL2_PFN_SPACE - end,
            "every page of RAM has an iova within 2^40");
}

static void check_own_memory(const struct el2_platform *platform)
{
    uint64_t pages = 0;
    uint64_t own = el2_platform_own_pfn(platform, 0);
    promise(platform->el2_memory_base == own * EL2_PAGE_SIZE && own != 0,
            "EL2's memory is its region, without page 0");
    for (uint32_t i = 0; i < platform->region_count; i++) {
        const struct el2_region *region = &platform->regions[i];
        pages += region->page_count;
        promise(region->base != own || platform->el2_memory_size ==
                                           region->page_count * EL2_PAGE_SIZE,
                "EL2's memory is its whole region");
    }
    promise(platform->el2_memory_size >=
                devicetree_el2_memory_needed(platform, pages),
            "EL2's memory is as large as EL2 needs");
}

static void check_smmus(const struct el2_platform *platform)
{
    uint32_t banks = 0;
    promise(platform->smmu_count <= EL2_SMMU_LIMIT, "EL2_SMMU_LIMIT");
    for (uint32_t i = 0; i < platform->smmu_count; i++) {
        const struct el2_smmu *smmu = &platform->smmus[i];
        promise(within(smmu->bank_count, 1, EL2_BANKS_PER_SMMU),
                "1 to EL2_BANKS_PER_SMMU banks");
        promise(smmu->size > 0 && smmu->base < EL2_PHYSICAL_SPACE &&
                    smmu->size <= EL2_PHYSICAL_SPACE - smmu->base,
                "register windows lie within 2^40");
        for (uint32_t j = 0; j < platform->region_count; j++) {
            const struct el2_region *region = &platform->regions[j];
            uint64_t base = region->base * EL2_PAGE_SIZE;
            uint64_t end = base + region->page_count * EL2_PAGE_SIZE;
            promise(smmu->base >= end || smmu->base + smmu->size <= base,
                    "register windows are not RAM");
        }
        banks += smmu->bank_count;
    }
    promise(platform->max_dma_count >= banks, "max_dma_count covers banks");
}

static void check_limits(const struct el2_platform *platform)
{
    size_t length = strnlen(platform->name, sizeof(platform->name));
    promise(within(length, 1, sizeof(platform->name) - 1), "it has a name");
    promise(within(platform->core_vmid, 2, EL2_VMID_LIMIT - 1), "core_vmid");
    promise(within(platform->vcpus_per_vm, 1, EL2_VCPU_LIMIT), "vcpus_per_vm");
    promise(within(platform->images_per_vm, 1, EL2_IMAGE_LIMIT),
            "images_per_vm");
    promise(within(platform->max_share_count, 1, EL2_INVALID - 1),
            "max_share_count");
    promise(within(platform->max_dma_count, 1, EL2_INVALID - 1),
            "max_dma_count");
    promise(within(platform->npt_level1_tables, 1, EL2_NPT_LEVEL1_TABLES) &&
                within(platform->npt_level2_tables, 1, EL2_NPT_LEVEL2_TABLES) &&
                within(platform->npt_level3_tables, 1, EL2_NPT_LEVEL3_TABLES),
            "npt tables");
    promise(within(platform->spt_level2_tables, 1, EL2_SPT_LEVEL2_TABLES) &&
                within(platform->spt_level3_tables, 1, EL2_SPT_LEVEL3_TABLES),
            "spt tables");
}

/* A reason is one line that says something. */
static void check_reason(const char *why)
{
    promise(why[0] != '\0', "a refusal has a reason");
    for (size_t i = 0; why[i] != '\0'; i++) {
        promise(why[i] >= ' ' && why[i] <= '~', "a reason is one plain line");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct el2_platform platform;
    char why[DEVICETREE_WHY_SIZE] = "";
    if (!devicetree_read(data, size, "fuzz", &platform, why, sizeof(why))) {
        check_reason(why);
        return 0;
    }
    check_limits(&platform);
    check_regions(&platform);
    check_own_memory(&platform);
    check_smmus(&platform);
    return 0;
}
