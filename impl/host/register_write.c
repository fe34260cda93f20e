#include "impl/host/register_write.h"

/* Section 6.1: the context banks lie above the global space, a page each. */
#define GLOBAL_SPACE      UINT64_C(0x8000)
#define CONTEXT_BANK_SIZE UINT64_C(0x1000)
#define TTBR0             UINT64_C(0x20)
#define TTBR0_HIGH        UINT64_C(0x24)

/* Section 1: where the specification has the roots. */
#define ROOT_NAMES UINT64_C(0x10000)

bool register_write_as_asked(const struct shim_host *host,
                             const struct el2_call *call)
{
    const struct shim_register_write *write = &host->smmu_write;
    const uint64_t *a = call->arguments;
    if (call->number != EL2_CALL_smmu_write || host->panic != NULL) {
        return host->smmu_writes == 0;
    }
    return host->smmu_writes == 1 && write->smmu == a[0] &&
           write->offset == a[1] && write->size == a[2];
}

/* The part of TTBR0 that the write reaches; false when it is not TTBR0. */
static bool part_of_root(const struct shim_register_write *write, uint64_t root,
                         uint64_t *part)
{
    uint64_t offset = write->offset % CONTEXT_BANK_SIZE;
    if (offset == TTBR0) {
        *part = write->size == 8 ? root : (uint32_t)root;
    } else if (offset == TTBR0_HIGH) {
        *part = root >> 32;
    } else {
        return false;
    }
    return true;
}

uint64_t register_write_value(const struct shim_host *host,
                              const struct el2 *el2)
{
    const struct shim_register_write *write = &host->smmu_write;
    if (write->offset < GLOBAL_SPACE) {
        return write->value;
    }
    uint64_t index = (write->offset - GLOBAL_SPACE) / CONTEXT_BANK_SIZE;
    if (index >= host->memory.platform->smmus[write->smmu].bank_count) {
        return write->value;
    }
    uint32_t bank = write->smmu * EL2_BANKS_PER_SMMU + (uint32_t)index;
    uint64_t written;
    uint64_t name;
    if (!part_of_root(write, el2_spt_root(el2, bank), &written) ||
        !part_of_root(write, ROOT_NAMES + bank * EL2_SPT_ROOT_SIZE, &name) ||
        write->value != written) {
        return write->value;
    }
    return name;
}
