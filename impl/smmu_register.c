#include "impl/smmu_register.h"

#include "impl/bank.h"
#include "impl/shim.h"

/* SMMUv2, chapters 10 and 16: registers of 32 bits. */
#define GLOBAL_SPACE      UINT64_C(0x8000) /* context banks above */
#define CONTEXT_BANK_SIZE UINT64_C(0x1000)
#define SCR0              UINT64_C(0x0)
#define SCR0_SMCFCFG      (UINT32_C(1) << 21) /* conflicting streams fault */
#define SCR2              UINT64_C(0x8)
#define SCR2_BPVMID       UINT32_C(0xff) /* vmid of streams that bypass */
#define CBAR_START        UINT64_C(0x1000)
#define CBAR_TYPE         (UINT32_C(3) << 16) /* 0: stage 2 only */
#define CBAR_VMID         UINT32_C(0xff)
#define TTBR0_LOW         UINT64_C(0x20) /* in a context bank */
#define TTBR0_HIGH        UINT64_C(0x24)
#define CONTEXTIDR        UINT64_C(0x34)

bool smmu_window_at(const struct el2 *el2, uint64_t address, uint32_t *smmu)
{
    for (uint32_t i = 0; i < el2->smmu_count; i++) {
        const struct el2_smmu_window *window = &el2->smmu_windows[i];

        if (address - window->base < window->size) {
            *smmu = i;
            return true;
        }
    }
    return false;
}

static void check_access(uint64_t offset, uint64_t width)
{
    if ((width != 4 && width != 8) || offset % width != 0) {
        shim_panic("smmu: a register access of another width or unaligned");
    }
}

void smmu_read(uint64_t offset, uint64_t width)
{
    shim_lock(EL2_LOCK_SMMU);
    check_access(offset, width);
    shim_unlock(EL2_LOCK_SMMU);
}

/* What a bank is: a VM's bank translates at stage 2, with the VM's vmid. */
static void check_cbar(const struct el2 *el2, uint32_t bank, uint32_t value)
{
    uint32_t owner = el2->bank_owner[bank];

    if (owner == EL2_HOSTVISOR || owner == EL2_INVALID) {
        return;
    }
    if ((value & CBAR_TYPE) != 0) {
        shim_panic("smmu: a VM's bank is to bypass stage 2");
    }
    if ((value & CBAR_VMID) != owner) {
        shim_panic("smmu: a VM's bank is to have another vmid");
    }
}

static void check_global(const struct el2 *el2, uint32_t smmu, uint64_t offset,
                         uint32_t value)
{
    uint64_t index = (offset - CBAR_START) / sizeof(uint32_t);

    if (offset == SCR0 && (value & SCR0_SMCFCFG) == 0) {
        shim_panic("smmu: streams that conflict are not to fault");
    }
    if (offset == SCR2 && (value & SCR2_BPVMID) != 0) {
        shim_panic("smmu: streams that bypass are to have a vmid");
    }
    if (offset >= CBAR_START && index < el2->smmu_banks[smmu]) {
        check_cbar(el2, bank_id((uint32_t)index, smmu), value);
    }
}

/* What a register of a context bank gets when the host writes `value`. */
static uint32_t context_value(const struct el2 *el2, uint32_t smmu,
                              uint64_t offset, uint32_t value)
{
    uint64_t index = (offset - GLOBAL_SPACE) / CONTEXT_BANK_SIZE;
    uint64_t root;

    if (index >= el2->smmu_banks[smmu]) {
        return value;
    }
    root = el2_spt_root(el2, bank_id((uint32_t)index, smmu));
    switch (offset % CONTEXT_BANK_SIZE) {
    case TTBR0_LOW:
        return (uint32_t)root;
    case TTBR0_HIGH:
        return (uint32_t)(root >> 32);
    case CONTEXTIDR:
        shim_panic("smmu: the context id is not the host's");
    default:
        return value;
    }
}

/* What the register at `offset` gets when the host writes `value`. */
static uint64_t register_value(const struct el2 *el2, uint32_t smmu,
                               uint64_t offset, uint32_t value)
{
    if (offset >= GLOBAL_SPACE) {
        return context_value(el2, smmu, offset, value);
    }
    check_global(el2, smmu, offset, value);
    return value;
}

void smmu_write(const struct el2 *el2, uint32_t smmu, uint64_t offset,
                uint64_t width, uint64_t value)
{
    uint64_t low;
    uint64_t high;

    shim_lock(EL2_LOCK_SMMU);
    check_access(offset, width);
    low = register_value(el2, smmu, offset, (uint32_t)value);
    if (width == 4) {
        shim_smmu_write32(smmu, offset, (uint32_t)low);
    } else {
        high = register_value(el2, smmu, offset + 4, (uint32_t)(value >> 32));
        shim_smmu_write64(smmu, offset, (high << 32) | low);
    }
    shim_unlock(EL2_LOCK_SMMU);
}
