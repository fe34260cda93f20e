#include "devicetree/smmu.h"

#include "devicetree/interrupts.h"

#include <inttypes.h>

/* Global registers lie below this; above it, one page a context bank
 * (semantics.md section 6.1). */
#define GLOBAL_SPACE_SIZE UINT64_C(0x8000)

static bool is_smmu(const struct devicetree *tree, uint32_t node)
{
    return tree->nodes[node].enabled &&
           (devicetree_is_compatible(tree, node, "arm,mmu-500") ||
            devicetree_is_compatible(tree, node, "arm,mmu-401") ||
            devicetree_is_compatible(tree, node, "arm,smmu-v2"));
}

/* Every interrupt that is not global is that of one context bank. */
static bool read_banks(struct devicetree *tree, uint32_t node,
                       uint32_t *bank_count)
{
    static const char global_interrupts[] = "#global-interrupts";
    uint32_t interrupts;
    uint32_t global = 0;
    bool present;
    if (!devicetree_cell(tree, node, global_interrupts, &present, &global)) {
        return false;
    }
    if (!present) {
        return devicetree_refuse(tree, node, global_interrupts, "missing");
    }
    if (!devicetree_interrupt_count(tree, node, &interrupts)) {
        return false;
    }
    if (global >= interrupts) {
        return devicetree_refuse(tree, node, NULL,
                                 "no context bank: %" PRIu32 " interrupts, "
                                 "%" PRIu32 " of them global",
                                 interrupts, global);
    }
    *bank_count = interrupts - global;
    if (*bank_count > EL2_BANKS_PER_SMMU) {
        return devicetree_refuse(tree, node, NULL,
                                 "%" PRIu32 " context banks, an SMMU may have "
                                 "%d",
                                 *bank_count, EL2_BANKS_PER_SMMU);
    }
    return true;
}

static bool read_window(struct devicetree *tree, uint32_t node,
                        struct el2_smmu *smmu)
{
    struct devicetree_range window;
    uint32_t count;
    uint64_t needed = GLOBAL_SPACE_SIZE + smmu->bank_count * EL2_PAGE_SIZE;
    if (!devicetree_reg_count(tree, node, &count)) {
        return false;
    }
    if (count == 0) {
        return devicetree_refuse(tree, node, "reg",
                                 "missing: no register window");
    }
    if (!devicetree_reg(tree, node, 0, &window)) {
        return false;
    }
    if (window.size > EL2_PHYSICAL_SPACE ||
        window.base > EL2_PHYSICAL_SPACE - window.size) {
        return devicetree_refuse(tree, node, "reg",
                                 "register window 0x%" PRIx64 ", 0x%" PRIx64
                                 " bytes long, goes past 2^40",
                                 window.base, window.size);
    }
    if ((window.base | window.size) % EL2_PAGE_SIZE != 0) {
        return devicetree_refuse(tree, node, "reg",
                                 "register window 0x%" PRIx64 ", 0x%" PRIx64
                                 " bytes long, is not page-aligned",
                                 window.base, window.size);
    }
    if (window.size < needed) {
        return devicetree_refuse(tree, node, "reg",
                                 "register window of 0x%" PRIx64
                                 " bytes, %" PRIu32
                                 " context banks need 0x%" PRIx64,
                                 window.size, smmu->bank_count, needed);
    }
    smmu->base = window.base;
    smmu->size = window.size;
    return true;
}

static bool check_apart(struct devicetree *tree,
                        const struct el2_platform *platform,
                        const uint32_t *nodes, uint32_t index)
{
    const struct el2_smmu *smmu = &platform->smmus[index];
    for (uint32_t i = 0; i < index; i++) {
        const struct el2_smmu *other = &platform->smmus[i];
        if (smmu->base < other->base + other->size &&
            other->base < smmu->base + smmu->size) {
            return devicetree_refuse(tree, nodes[index], "reg",
                                     "register window overlaps that of %s",
                                     devicetree_name(tree, nodes[i]));
        }
    }
    return true;
}

bool devicetree_read_smmus(struct devicetree *tree,
                           struct el2_platform *platform,
                           uint32_t nodes[EL2_SMMU_LIMIT])
{
    platform->smmu_count = 0;
    for (uint32_t node = 0; node < tree->node_count; node++) {
        uint32_t index = platform->smmu_count;
        if (!is_smmu(tree, node)) {
            continue;
        }
        if (index == EL2_SMMU_LIMIT) {
            return devicetree_refuse(tree, node, NULL,
                                     "one SMMU more than the %d there may be",
                                     EL2_SMMU_LIMIT);
        }
        nodes[index] = node;
        if (!read_banks(tree, node, &platform->smmus[index].bank_count) ||
            !read_window(tree, node, &platform->smmus[index]) ||
            !check_apart(tree, platform, nodes, index)) {
            return false;
        }
        platform->smmu_count++;
    }
    return true;
}
