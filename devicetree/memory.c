#include "devicetree/memory.h"

#include "devicetree/limits.h"
#include "devicetree/ranges.h"

#include <inttypes.h>
#include <libfdt.h>
#include <string.h>

static const char memory_region[] = "memory-region";

#define PAGE_RECORD_SIZE 16

uint64_t devicetree_el2_memory_needed(const struct el2_platform *platform,
                                      uint64_t page_count)
{
    uint64_t npt = UINT64_C(1) + platform->npt_level1_tables +
                   platform->npt_level2_tables + platform->npt_level3_tables;
    uint64_t vmids = UINT64_C(1) + platform->core_vmid;
    uint64_t spt = UINT64_C(2) * EL2_BANK_LIMIT + platform->spt_level2_tables +
                   platform->spt_level3_tables;
    uint64_t records =
        (page_count * PAGE_RECORD_SIZE + EL2_PAGE_OFFSET) & ~EL2_PAGE_OFFSET;
    return records + (vmids * npt + spt) * EL2_PAGE_SIZE;
}

/* What is known of the memory on the way to regions. */
struct memory {
    struct devicetree_extents ram;   /* as the tree has it, then whole pages */
    struct devicetree_extents holes; /* reserved, EL2's own not included */
    struct devicetree_extents host;  /* ram less holes, then less EL2's */
    uint32_t own_node;               /* DEVICETREE_NO_NODE: none is named */
    struct devicetree_extent own;    /* EL2's */
};

static bool collect_ram(struct devicetree *tree, struct devicetree_extents *ram)
{
    for (uint32_t node = 0; node < tree->node_count; node++) {
        if (tree->nodes[node].enabled &&
            devicetree_property_is(tree, node, "device_type", "memory") &&
            !devicetree_extents_add_reg(tree, ram, node)) {
            return false;
        }
    }
    if (ram->count == 0) {
        return devicetree_refuse(tree, DEVICETREE_ROOT, NULL,
                                 "no memory: no enabled node with device_type "
                                 "\"memory\" and a range in its reg");
    }
    devicetree_extents_sort(ram);
    for (uint32_t i = 1; i < ram->count; i++) {
        const struct devicetree_extent *low = &ram->extents[i - 1];
        const struct devicetree_extent *high = &ram->extents[i];
        if (high->base < low->end) {
            return devicetree_refuse(tree, high->node, "reg",
                                     "RAM at 0x%" PRIx64
                                     " overlaps RAM 0x%" PRIx64 "..0x%" PRIx64
                                     " of %s",
                                     high->base, low->base, low->end,
                                     devicetree_name(tree, low->node));
        }
    }
    devicetree_extents_merge(ram);
    return true;
}

static bool check_smmus_apart(struct devicetree *tree,
                              const struct devicetree_extents *ram,
                              const uint32_t *smmu_nodes,
                              const struct el2_platform *platform)
{
    for (uint32_t i = 0; i < platform->smmu_count; i++) {
        const struct el2_smmu *smmu = &platform->smmus[i];
        for (uint32_t j = 0; j < ram->count; j++) {
            const struct devicetree_extent *extent = &ram->extents[j];
            if (smmu->base < extent->end &&
                extent->base < smmu->base + smmu->size) {
                return devicetree_refuse(tree, smmu_nodes[i], "reg",
                                         "register window at 0x%" PRIx64
                                         " overlaps RAM 0x%" PRIx64
                                         "..0x%" PRIx64,
                                         smmu->base, extent->base, extent->end);
            }
        }
    }
    return true;
}

static bool is_reservation(const struct devicetree *tree, uint32_t node)
{
    uint32_t parent = tree->nodes[node].parent;
    return parent != DEVICETREE_NO_NODE &&
           tree->nodes[parent].parent == DEVICETREE_ROOT &&
           strcmp(devicetree_name(tree, parent), "reserved-memory") == 0 &&
           tree->nodes[node].enabled;
}

/* The reservation that memory-region of the EL2 node points to. */
static bool find_own_by_phandle(struct devicetree *tree, uint32_t el2,
                                uint32_t *own)
{
    bool present;
    uint32_t phandle = 0;
    if (!devicetree_cell(tree, el2, memory_region, &present, &phandle)) {
        return false;
    }
    if (!present) {
        return true;
    }
    *own = devicetree_by_phandle(tree, phandle);
    if (*own == DEVICETREE_NO_NODE || !is_reservation(tree, *own)) {
        return devicetree_refuse(tree, el2, memory_region,
                                 "phandle 0x%" PRIx32 " is not that of an "
                                 "enabled child of /reserved-memory",
                                 phandle);
    }
    return true;
}

static bool find_own(struct devicetree *tree, uint32_t el2, uint32_t *own)
{
    *own = DEVICETREE_NO_NODE;
    if (el2 != DEVICETREE_NO_NODE && !find_own_by_phandle(tree, el2, own)) {
        return false;
    }
    if (*own != DEVICETREE_NO_NODE) {
        return true;
    }
    for (uint32_t node = 0; node < tree->node_count; node++) {
        if (!is_reservation(tree, node) ||
            !devicetree_is_compatible(tree, node,
                                      DEVICETREE_EL2_MEMORY_COMPATIBLE)) {
            continue;
        }
        if (*own != DEVICETREE_NO_NODE) {
            return devicetree_refuse(tree, node, "compatible",
                                     "a second \"%s\" node",
                                     DEVICETREE_EL2_MEMORY_COMPATIBLE);
        }
        *own = node;
    }
    return true;
}

/* A child without reg asks for memory anywhere: the host finds it in its
 * own, so nothing is taken away for it. */
static bool collect_reservations(struct devicetree *tree, struct memory *memory)
{
    for (uint32_t node = 0; node < tree->node_count; node++) {
        if (is_reservation(tree, node) && node != memory->own_node &&
            !devicetree_extents_add_reg(tree, &memory->holes, node)) {
            return false;
        }
    }
    return true;
}

static bool collect_reservation_block(struct devicetree *tree,
                                      struct memory *memory)
{
    int count = fdt_num_mem_rsv(tree->blob);
    for (int i = 0; i < count; i++) {
        struct devicetree_range range;
        if (fdt_get_mem_rsv(tree->blob, i, &range.base, &range.size) != 0 ||
            !devicetree_extents_add(tree, &memory->holes, &range,
                                    DEVICETREE_ROOT,
                                    "(memory reservation block)")) {
            return false;
        }
    }
    return true;
}

/* EL2's memory as the tree names it: one range, whole pages of RAM, no other
 * reservation's. */
static bool read_own(struct devicetree *tree, struct memory *memory)
{
    uint32_t node = memory->own_node;
    struct devicetree_extents list = {.count = 0};
    if (!devicetree_extents_add_reg(tree, &list, node)) {
        return false;
    }
    if (list.count != 1) {
        return devicetree_refuse(tree, node, "reg",
                                 "%" PRIu32 " ranges, EL2's memory is one",
                                 list.count);
    }
    memory->own = list.extents[0];
    if ((memory->own.base | memory->own.end) % EL2_PAGE_SIZE != 0) {
        return devicetree_refuse(tree, node, "reg",
                                 "EL2's memory 0x%" PRIx64 "..0x%" PRIx64
                                 " is not page-aligned",
                                 memory->own.base, memory->own.end);
    }
    if (memory->own.base == 0) {
        return devicetree_refuse(tree, node, "reg",
                                 "EL2's memory has page 0, whose address "
                                 "cannot stand in a table");
    }
    for (uint32_t i = 0; i < memory->holes.count; i++) {
        const struct devicetree_extent *other = &memory->holes.extents[i];
        if (memory->own.base < other->end && other->base < memory->own.end) {
            return devicetree_refuse(tree, node, "reg",
                                     "EL2's memory 0x%" PRIx64 "..0x%" PRIx64
                                     " overlaps that of %s",
                                     memory->own.base, memory->own.end,
                                     devicetree_name(tree, other->node));
        }
    }
    for (uint32_t i = 0; i < memory->ram.count; i++) {
        const struct devicetree_extent *extent = &memory->ram.extents[i];
        if (memory->own.base >= extent->base &&
            memory->own.end <= extent->end) {
            return true;
        }
    }
    return devicetree_refuse(tree, node, "reg",
                             "EL2's memory 0x%" PRIx64 "..0x%" PRIx64
                             " is not RAM",
                             memory->own.base, memory->own.end);
}

static uint64_t pages_of(const struct devicetree_extents *list)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        bytes += list->extents[i].end - list->extents[i].base;
    }
    return bytes / EL2_PAGE_SIZE;
}

/* The top of the highest extent of the host's that is large enough. */
static bool carve_own(struct devicetree *tree, struct memory *memory,
                      uint64_t needed)
{
    for (uint32_t i = memory->host.count; i-- > 0;) {
        const struct devicetree_extent *extent = &memory->host.extents[i];
        /* Page 0 cannot be EL2's: see read_own(). */
        uint64_t lowest = extent->base == 0 ? EL2_PAGE_SIZE : extent->base;
        uint64_t base;
        if (extent->end - extent->base < needed ||
            extent->end - needed < lowest) {
            continue;
        }
        base = (extent->end - needed) & ~(EL2_BLOCK_SIZE - 1);
        if (base < lowest) {
            base = extent->end - needed;
        }
        memory->own =
            (struct devicetree_extent){base, extent->end, extent->node};
        return true;
    }
    return devicetree_refuse(tree, DEVICETREE_ROOT, NULL,
                             "EL2 needs 0x%" PRIx64
                             " bytes of its own, and no range of RAM that is "
                             "not reserved is as large",
                             needed);
}

static bool subtract(struct devicetree *tree,
                     const struct devicetree_extents *from,
                     const struct devicetree_extents *holes,
                     struct devicetree_extents *left)
{
    if (!devicetree_extents_subtract(from, holes, left)) {
        return devicetree_refuse(tree, DEVICETREE_ROOT, NULL,
                                 "reservations cut RAM into more than %d "
                                 "regions",
                                 DEVICETREE_RANGE_LIMIT);
    }
    return true;
}

static bool take_own(struct devicetree *tree, struct memory *memory)
{
    struct devicetree_extents own = {.count = 1, .extents = {memory->own}};
    struct devicetree_extents before = memory->host;
    return subtract(tree, &before, &own, &memory->host);
}

/* Split RAM into what is the host's and what is EL2's. */
static bool divide(struct devicetree *tree, const struct el2_platform *platform,
                   struct memory *memory)
{
    uint64_t needed;
    uint64_t given;
    uint64_t pages;
    devicetree_extents_sort(&memory->holes);
    devicetree_extents_grow_to_pages(&memory->holes);
    if (!subtract(tree, &memory->ram, &memory->holes, &memory->host)) {
        return false;
    }
    if (memory->own_node == DEVICETREE_NO_NODE) {
        needed =
            devicetree_el2_memory_needed(platform, pages_of(&memory->host));
        return carve_own(tree, memory, needed) && take_own(tree, memory);
    }
    if (!take_own(tree, memory)) {
        return false;
    }
    given = memory->own.end - memory->own.base;
    pages = pages_of(&memory->host) + given / EL2_PAGE_SIZE;
    needed = devicetree_el2_memory_needed(platform, pages);
    if (given < needed) {
        return devicetree_refuse(tree, memory->own_node, "reg",
                                 "EL2 needs 0x%" PRIx64
                                 " bytes of its own and is given 0x%" PRIx64,
                                 needed, given);
    }
    return true;
}

static void add_region(struct el2_platform *platform,
                       const struct devicetree_extent *extent, uint32_t owner)
{
    platform->regions[platform->region_count++] = (struct el2_region){
        .base = extent->base / EL2_PAGE_SIZE,
        .page_count = (extent->end - extent->base) / EL2_PAGE_SIZE,
        .owner = owner,
    };
}

/* The host's extents, and EL2's among them where it belongs. */
static bool make_regions(struct devicetree *tree, const struct memory *memory,
                         struct el2_platform *platform)
{
    const struct devicetree_extents *host = &memory->host;
    uint32_t i = 0;
    if (host->count == 0) {
        return devicetree_refuse(tree, DEVICETREE_ROOT, NULL,
                                 "no memory is left for the host");
    }
    if (host->count + 1 > EL2_REGION_LIMIT) {
        return devicetree_refuse(tree, DEVICETREE_ROOT, NULL,
                                 "%" PRIu32
                                 " regions of memory, there may be %d",
                                 host->count + 1, EL2_REGION_LIMIT);
    }
    for (; i < host->count && host->extents[i].base < memory->own.base; i++) {
        add_region(platform, &host->extents[i], EL2_HOSTVISOR);
    }
    add_region(platform, &memory->own, platform->core_vmid);
    for (; i < host->count; i++) {
        add_region(platform, &host->extents[i], EL2_HOSTVISOR);
    }
    platform->el2_memory_base = memory->own.base;
    platform->el2_memory_size = memory->own.end - memory->own.base;
    return true;
}

/* Every page of RAM must have an iova at which a host bank can map it. */
static bool check_dma_offset(struct devicetree *tree, uint32_t el2,
                             const struct el2_platform *platform)
{
    const struct el2_region *top =
        &platform->regions[platform->region_count - 1];
    uint64_t end = top->base + top->page_count;
    if (platform->smmu_host_offset > EL2_PFN_SPACE - end) {
        return devicetree_refuse(
            tree, el2 == DEVICETREE_NO_NODE ? DEVICETREE_ROOT : el2,
            "smmu-host-offset",
            "0x%" PRIx64 " pages leave no room below 2^40 to map RAM, which "
            "ends at 0x%" PRIx64,
            platform->smmu_host_offset, end * EL2_PAGE_SIZE);
    }
    return true;
}

bool devicetree_read_memory(struct devicetree *tree, uint32_t el2,
                            const uint32_t *smmu_nodes,
                            struct el2_platform *platform)
{
    struct memory memory = {.own_node = DEVICETREE_NO_NODE};
    if (!collect_ram(tree, &memory.ram) ||
        !check_smmus_apart(tree, &memory.ram, smmu_nodes, platform) ||
        !find_own(tree, el2, &memory.own_node) ||
        !collect_reservations(tree, &memory)) {
        return false;
    }
    devicetree_extents_shrink_to_pages(&memory.ram);
    /* Firmware lists EL2's memory in the reservation block too, so that is
     * no conflict as an overlap with another reservation is. */
    return (memory.own_node == DEVICETREE_NO_NODE || read_own(tree, &memory)) &&
           collect_reservation_block(tree, &memory) &&
           divide(tree, platform, &memory) &&
           make_regions(tree, &memory, platform) &&
           check_dma_offset(tree, el2, platform);
}
