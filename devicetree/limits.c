#include "devicetree/limits.h"

#include <inttypes.h>
#include <libfdt.h>
#include <string.h>

/* What RAM holds when a tree does not say: any word will do that is not zero
 * and is rare elsewhere. */
#define DEFAULT_BOOT_PATTERN UINT64_C(0x0e12d1ff5eedb007)

/* The largest count that is not EL2_INVALID. */
#define COUNT_MAX (EL2_INVALID - 1)

static const char vms[] = "vms";
static const char vcpus_per_vm[] = "vcpus-per-vm";
static const char images_per_vm[] = "images-per-vm";
static const char max_share_count[] = "max-share-count";
static const char max_dma_count[] = "max-dma-count";
static const char smmu_host_offset[] = "smmu-host-offset";
static const char npt_tables[] = "npt-tables";
static const char spt_tables[] = "spt-tables";
static const char boot_pattern[] = "boot-pattern";

bool devicetree_find_el2(struct devicetree *tree, uint32_t *el2)
{
    *el2 = DEVICETREE_NO_NODE;
    for (uint32_t node = 0; node < tree->node_count; node++) {
        if (!tree->nodes[node].enabled ||
            !devicetree_is_compatible(tree, node, DEVICETREE_EL2_COMPATIBLE)) {
            continue;
        }
        if (*el2 != DEVICETREE_NO_NODE) {
            return devicetree_refuse(tree, node, "compatible",
                                     "a second \"%s\" node",
                                     DEVICETREE_EL2_COMPATIBLE);
        }
        *el2 = node;
    }
    return true;
}

static bool check_bounds(struct devicetree *tree, uint32_t node,
                         const char *property, uint64_t value, uint32_t minimum,
                         uint32_t maximum)
{
    if (value < minimum || value > maximum) {
        return devicetree_refuse(tree, node, property,
                                 "%" PRIu64 ", must be %" PRIu32 " to %" PRIu32,
                                 value, minimum, maximum);
    }
    return true;
}

static bool read_number(struct devicetree *tree, uint32_t node,
                        const char *property, uint32_t minimum,
                        uint32_t maximum, uint32_t *number)
{
    bool present;
    return devicetree_cell(tree, node, property, &present, number) &&
           (!present ||
            check_bounds(tree, node, property, *number, minimum, maximum));
}

static bool read_number64(struct devicetree *tree, uint32_t node,
                          const char *property, uint64_t *number)
{
    uint32_t size;
    const unsigned char *cells =
        devicetree_property(tree, node, property, &size);
    if (cells == NULL) {
        return true;
    }
    if (size != 8) {
        return devicetree_refuse(tree, node, property,
                                 "%" PRIu32 " bytes, must be two cells of 4",
                                 size);
    }
    *number = devicetree_cells(cells, 2);
    return true;
}

/* How many tables of one level, and the most there can be. */
struct pool {
    uint32_t *tables;
    uint32_t maximum;
};

static bool read_pools(struct devicetree *tree, uint32_t node,
                       const char *property, const struct pool *pools,
                       uint32_t count)
{
    uint32_t size;
    const unsigned char *cells =
        devicetree_property(tree, node, property, &size);
    if (cells == NULL) {
        return true;
    }
    if (size != 4 * count) {
        return devicetree_refuse(
            tree, node, property,
            "%" PRIu32 " bytes, must be %" PRIu32 " cells of 4", size, count);
    }
    for (uint32_t i = 0; i < count; i++) {
        *pools[i].tables = (uint32_t)devicetree_cells(cells + 4 * i, 1);
        if (!check_bounds(tree, node, property, *pools[i].tables, 1,
                          pools[i].maximum)) {
            return false;
        }
    }
    return true;
}

static bool read_all_pools(struct devicetree *tree, uint32_t node,
                           struct el2_platform *platform)
{
    const struct pool npt[] = {
        {&platform->npt_level1_tables, EL2_NPT_LEVEL1_TABLES},
        {&platform->npt_level2_tables, EL2_NPT_LEVEL2_TABLES},
        {&platform->npt_level3_tables, EL2_NPT_LEVEL3_TABLES},
    };
    const struct pool spt[] = {
        {&platform->spt_level2_tables, EL2_SPT_LEVEL2_TABLES},
        {&platform->spt_level3_tables, EL2_SPT_LEVEL3_TABLES},
    };
    return read_pools(tree, node, npt_tables, npt, 3) &&
           read_pools(tree, node, spt_tables, spt, 2);
}

static bool is_known(const char *name)
{
    static const char *const known[] = {
        vms,           vcpus_per_vm,     images_per_vm, max_share_count,
        max_dma_count, smmu_host_offset, npt_tables,    spt_tables,
        boot_pattern,  "memory-region",  "compatible",  "status",
        "phandle",     "linux,phandle",  "#size-cells", "#address-cells",
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(name, known[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* A misspelt limit must not quietly keep its default. */
static bool check_properties_known(struct devicetree *tree, uint32_t el2)
{
    int property;
    fdt_for_each_property_offset(property, tree->blob, tree->nodes[el2].offset)
    {
        const char *name = NULL;
        if (fdt_getprop_by_offset(tree->blob, property, &name, NULL) == NULL ||
            !is_known(name)) {
            return devicetree_refuse(tree, el2, name, "unknown property");
        }
    }
    return true;
}

static uint32_t bank_count(const struct el2_platform *platform)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < platform->smmu_count; i++) {
        count += platform->smmus[i].bank_count;
    }
    return count;
}

bool devicetree_read_limits(struct devicetree *tree, uint32_t el2,
                            struct el2_platform *platform)
{
    uint32_t vm_count = platform->core_vmid - 1;
    platform->boot_pattern = DEFAULT_BOOT_PATTERN;
    if (el2 == DEVICETREE_NO_NODE) {
        return true;
    }
    if (!check_properties_known(tree, el2) ||
        !read_number(tree, el2, vms, 1, EL2_VMID_LIMIT - 2, &vm_count) ||
        !read_number(tree, el2, vcpus_per_vm, 1, EL2_VCPU_LIMIT,
                     &platform->vcpus_per_vm) ||
        !read_number(tree, el2, images_per_vm, 1, EL2_IMAGE_LIMIT,
                     &platform->images_per_vm) ||
        !read_number(tree, el2, max_share_count, 1, COUNT_MAX,
                     &platform->max_share_count) ||
        !read_number(tree, el2, max_dma_count,
                     bank_count(platform) == 0 ? 1 : bank_count(platform),
                     COUNT_MAX, &platform->max_dma_count) ||
        !read_number64(tree, el2, smmu_host_offset,
                       &platform->smmu_host_offset) ||
        !read_number64(tree, el2, boot_pattern, &platform->boot_pattern) ||
        !read_all_pools(tree, el2, platform)) {
        return false;
    }
    platform->core_vmid = vm_count + 1;
    return true;
}
