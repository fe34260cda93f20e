#include "impl/host/mmu.h"

/* Low address bit that the index of a level starts at. */
static unsigned level_shift(uint32_t level)
{
    return EL2_PAGE_SHIFT + 9 * (3 - level);
}

/* Output address of a leaf: bits 47:n of the descriptor, the rest of the
 * input. A block's bits below n are not part of its address (D8.3.1). */
static uint64_t leaf_output(uint64_t descriptor, uint32_t level, uint64_t input)
{
    uint64_t offset = (UINT64_C(1) << level_shift(level)) - 1;
    return (descriptor & EL2_DESCRIPTOR_ADDRESS & ~offset) | (input & offset);
}

/* D8.3.1: at levels 1 and 2 0b01 is a block, at level 3 0b11 is a page. */
static bool is_leaf(uint64_t descriptor, uint32_t level)
{
    uint64_t type = descriptor & EL2_DESCRIPTOR_TYPE;
    if (level == 3) {
        return type == EL2_DESCRIPTOR_PAGE;
    }
    return level >= 1 && type == EL2_DESCRIPTOR_BLOCK;
}

static bool is_table(uint64_t descriptor, uint32_t level)
{
    return level < 3 &&
           (descriptor & EL2_DESCRIPTOR_TYPE) == EL2_DESCRIPTOR_TABLE;
}

static uint64_t load_entry(const struct physical *memory, uint64_t address)
{
    return physical_is_own(memory, address)
               ? physical_load(memory, address)
               : physical_load_anywhere(memory, address);
}

static bool has_memory(const struct physical *memory, uint64_t address)
{
    return physical_is_own(memory, address) || physical_exists(memory, address);
}

/* From the entry at `address`, of the given level, down. A table where there
 * is no memory ends the walk (an external abort on a board). */
static struct mmu_walk walk_from(const struct physical *memory,
                                 uint64_t address, uint32_t level,
                                 uint64_t input)
{
    uint64_t descriptor = load_entry(memory, address);
    while (is_table(descriptor, level)) {
        uint64_t table = descriptor & EL2_DESCRIPTOR_ADDRESS;
        if (!has_memory(memory, table)) {
            break;
        }
        level++;
        descriptor =
            load_entry(memory, table + (input >> level_shift(level) & 511) * 8);
    }
    bool leaf = is_leaf(descriptor, level);
    return (struct mmu_walk){descriptor, level, leaf,
                             leaf ? leaf_output(descriptor, level, input) : 0};
}

struct mmu_walk mmu_walk_stage2(const struct physical *memory, uint64_t root,
                                uint64_t ipa)
{
    return walk_from(memory, root + (ipa >> level_shift(0) & 511) * 8, 0, ipa);
}

struct mmu_walk mmu_walk_bank(const struct physical *memory, uint64_t root,
                              uint64_t iova)
{
    return walk_from(memory, root + (iova >> level_shift(1) & 1023) * 8, 1,
                     iova);
}

struct mmu_attributes mmu_attributes(uint64_t descriptor)
{
    return (struct mmu_attributes){
        .readable = (descriptor >> 6 & 1) != 0,    /* S2AP[0] */
        .writable = (descriptor >> 7 & 1) != 0,    /* S2AP[1] */
        .executable = (descriptor >> 54 & 1) == 0, /* XN[1] */
        .device = (descriptor >> 2 & 0xc) == 0,    /* MemAttr[3:2] */
        .accessed = (descriptor >> 10 & 1) != 0,   /* AF */
    };
}
