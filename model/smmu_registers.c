/*
 * The host's accesses to SMMU registers: semantics.md section 6.1. Names are
 * those of Arm IHI 0062 (SMMUv2).
 */
#include "model/arguments.h"
#include "model/hypercalls.h"

/* The register window: a global space, then one page for each bank. */
#define CONTEXT_BANKS UINT64_C(0x8000)

/* Global registers, by offset. CBAR(n) is at CBAR + 4n, below CBAR_END. */
#define SCR0     0x0
#define SCR2     0x8
#define CBAR     UINT64_C(0x1000)
#define CBAR_END UINT64_C(0x1800)

/* Registers of a bank, by offset in its page. */
#define TTBR0_LOW  0x20
#define TTBR0_HIGH 0x24
#define CONTEXTIDR 0x34

#define SCR0_SMCFCFG  (UINT32_C(1) << 21)
#define SCR2_BPVMID   UINT32_C(0xff)
#define CBAR_VMID     UINT32_C(0xff)
#define CBAR_TYPE     (UINT32_C(3) << 16) /* 0: stage 2 only */
#define SPT_ROOT_BASE UINT64_C(0x10000)

/* A bank's root, by the name that section 1 gives it. */
static uint64_t spt_root(uint32_t bank)
{
    return SPT_ROOT_BASE + bank * EL2_SPT_ROOT_SIZE;
}

static bool has_bank(const struct model *m, uint64_t index, uint64_t cbndx)
{
    return cbndx < m->platform.smmus[index].bank_count;
}

static enum el2_outcome write_cbar(const struct model *m, uint64_t index,
                                   uint64_t cbndx, uint32_t value)
{
    if (!has_bank(m, index, cbndx)) {
        return EL2_OUTCOME_REGISTER_WRITTEN;
    }
    uint32_t owner = bank_owner(m, bank_id(cbndx, index));
    if (owner == EL2_HOSTVISOR || owner == EL2_INVALID) {
        return EL2_OUTCOME_REGISTER_WRITTEN;
    }
    if ((value & CBAR_TYPE) != 0) {
        return EL2_OUTCOME_PANIC_CBAR_TYPE;
    }
    if ((value & CBAR_VMID) != owner) {
        return EL2_OUTCOME_PANIC_CBAR_OWNER;
    }
    return EL2_OUTCOME_REGISTER_WRITTEN;
}

static enum el2_outcome write_global(const struct model *m, uint64_t index,
                                     uint64_t offset, uint32_t value)
{
    if (offset == SCR0 && (value & SCR0_SMCFCFG) == 0) {
        return EL2_OUTCOME_PANIC_STREAM_CONFLICT;
    }
    if (offset == SCR2 && (value & SCR2_BPVMID) != 0) {
        return EL2_OUTCOME_PANIC_BYPASS_VMID;
    }
    if (offset >= CBAR && offset < CBAR_END) {
        return write_cbar(m, index, (offset - CBAR) / 4, value);
    }
    return EL2_OUTCOME_REGISTER_WRITTEN;
}

static enum el2_outcome write_bank(const struct model *m, uint64_t index,
                                   uint64_t offset, uint32_t *value)
{
    uint64_t cbndx = (offset - CONTEXT_BANKS) / EL2_PAGE_SIZE;
    if (!has_bank(m, index, cbndx)) {
        return EL2_OUTCOME_REGISTER_WRITTEN;
    }
    uint64_t root = spt_root(bank_id(cbndx, index));
    switch (offset % EL2_PAGE_SIZE) {
    case TTBR0_LOW:
        *value = (uint32_t)root;
        return EL2_OUTCOME_ROOT_WRITTEN;
    case TTBR0_HIGH:
        *value = (uint32_t)(root >> 32);
        return EL2_OUTCOME_ROOT_WRITTEN;
    case CONTEXTIDR:
        return EL2_OUTCOME_PANIC_CONTEXTIDR;
    default:
        return EL2_OUTCOME_REGISTER_WRITTEN;
    }
}

/* One 32-bit register; *value becomes what reaches it. */
static enum el2_outcome write_register(const struct model *m, uint64_t index,
                                       uint64_t offset, uint32_t *value)
{
    return offset < CONTEXT_BANKS ? write_global(m, index, offset, *value)
                                  : write_bank(m, index, offset, value);
}

static bool in_window(const struct model *m, uint64_t index, uint64_t offset)
{
    return index < m->platform.smmu_count &&
           offset < m->platform.smmus[index].size;
}

static bool is_register_access(uint64_t offset, uint64_t size)
{
    return (size == 4 || size == 8) && offset % size == 0;
}

enum el2_outcome model_smmu_read(struct model *m, uint64_t index,
                                 uint64_t offset, uint64_t size)
{
    if (!in_window(m, index, offset)) {
        return EL2_OUTCOME_PANIC_ARGUMENT;
    }
    hold_lock(m, EL2_LOCK_SMMU);
    return is_register_access(offset, size) ? EL2_OUTCOME_REGISTER_READ
                                            : EL2_OUTCOME_PANIC_REGISTER_ACCESS;
}

enum el2_outcome model_smmu_write(struct model *m, uint64_t index,
                                  uint64_t offset, uint64_t size,
                                  uint64_t value, uint64_t *reaches)
{
    if (!in_window(m, index, offset)) {
        return EL2_OUTCOME_PANIC_ARGUMENT;
    }
    hold_lock(m, EL2_LOCK_SMMU);
    if (!is_register_access(offset, size)) {
        return EL2_OUTCOME_PANIC_REGISTER_ACCESS;
    }
    uint32_t low = (uint32_t)value;
    uint32_t high = 0;
    enum el2_outcome outcome = write_register(m, index, offset, &low);
    if (size == 8 && !el2_outcome_is_panic(outcome)) {
        high = (uint32_t)(value >> 32);
        outcome = write_register(m, index, offset + 4, &high);
    }
    *reaches = low | (uint64_t)high << 32;
    return outcome;
}
