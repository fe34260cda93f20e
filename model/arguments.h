/*
 * Ranges of arguments (semantics.md section 1, and section 6's first
 * paragraph). An argument is a raw 64-bit register: a caller looks at all that
 * a call has before it looks at anything else.
 */
#ifndef MODEL_ARGUMENTS_H
#define MODEL_ARGUMENTS_H

#include "model/state.h"

static inline bool is_vm(const struct model *m, uint64_t v)
{
    return el2_platform_is_vm(&m->platform, v);
}

static inline bool is_vcpu(const struct model *m, uint64_t c)
{
    return c < m->platform.vcpus_per_vm;
}

static inline bool is_image(const struct model *m, uint64_t i)
{
    return i < m->platform.images_per_vm;
}

static inline bool is_pfn(uint64_t pfn)
{
    return pfn < EL2_PFN_SPACE;
}

static inline bool is_gfn(uint64_t gfn)
{
    return gfn < EL2_GFN_SPACE;
}

static inline bool is_addr(uint64_t addr)
{
    return addr < EL2_ADDRESS_SPACE;
}

static inline bool is_paddr(uint64_t addr)
{
    return addr < EL2_PHYSICAL_SPACE;
}

static inline bool is_smmu_addr(uint64_t iova)
{
    return iova < EL2_IOVA_SPACE;
}

/* A bank that an SMMU can have, of an SMMU that there is. */
static inline bool is_bank(const struct model *m, uint64_t cbndx,
                           uint64_t index)
{
    return cbndx < EL2_BANKS_PER_SMMU && index < m->platform.smmu_count;
}

static inline uint32_t bank_id(uint64_t cbndx, uint64_t index)
{
    return (uint32_t)(index * EL2_BANKS_PER_SMMU + cbndx);
}

/* ceil(size / 4096), for any size. */
static inline uint64_t pages_of(uint64_t size)
{
    return size / EL2_PAGE_SIZE + (size % EL2_PAGE_SIZE != 0);
}

/* start + length <= end, for any start and length. */
static inline bool range_fits(uint64_t start, uint64_t length, uint64_t end)
{
    return start <= end && length <= end - start;
}

/* The arguments of clear_vm_s2_range. */
static inline bool clear_arguments(const struct model *m, uint64_t v,
                                   uint64_t start, uint64_t size)
{
    return is_vm(m, v) && is_paddr(start) && is_paddr(size) &&
           range_fits(start, size, EL2_PHYSICAL_SPACE);
}

/* The arguments of phys_addr_ioremap. */
static inline bool ioremap_arguments(const struct model *m, uint64_t v,
                                     uint64_t gpa, uint64_t pa, uint64_t size)
{
    uint64_t length = pages_of(size) * EL2_PAGE_SIZE;
    return is_vm(m, v) && is_addr(gpa) && is_paddr(pa) && is_paddr(size) &&
           range_fits(gpa, length, EL2_ADDRESS_SPACE) &&
           range_fits(pa, length, EL2_PHYSICAL_SPACE);
}

#endif
