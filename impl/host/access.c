#include "impl/host/access.h"

#include "impl/host/mmu.h"

static struct mmu_walk walk(const struct shim_host *host, const struct el2 *el2,
                            uint64_t vmid, uint64_t gfn)
{
    if (vmid > el2->core_vmid || gfn >= EL2_GFN_SPACE) {
        return (struct mmu_walk){.valid = false};
    }
    return mmu_walk_stage2(&host->memory, el2_npt_root(el2, (uint32_t)vmid),
                           gfn * EL2_PAGE_SIZE);
}

static struct mmu_walk walk_device(const struct shim_host *host,
                                   const struct el2 *el2, uint64_t bank,
                                   uint64_t gfn)
{
    if (bank >= EL2_BANK_LIMIT || gfn >= EL2_IOVA_SPACE / EL2_PAGE_SIZE) {
        return (struct mmu_walk){.valid = false};
    }
    return mmu_walk_bank(&host->memory, el2_spt_root(el2, (uint32_t)bank),
                         gfn * EL2_PAGE_SIZE);
}

/* Page 0 is what an entry without an address translates to. */
static enum el2_access reach(const struct shim_host *host, struct mmu_walk walk)
{
    if (!walk.valid || walk.output < EL2_PAGE_SIZE) {
        return EL2_ACCESS_FAULT;
    }
    return physical_exists(&host->memory, walk.output) ? EL2_ACCESS_DONE
                                                       : EL2_ACCESS_DEVICE;
}

static struct access_result load(const struct shim_host *host,
                                 struct mmu_walk walk)
{
    struct access_result result = {.access = reach(host, walk)};
    if (result.access == EL2_ACCESS_DONE) {
        result.word =
            physical_page_content(&host->memory, walk.output / EL2_PAGE_SIZE);
    }
    return result;
}

/* A table that gives out EL2's own memory is a disaster that the store makes
 * real: it is logged like a store of EL2's. */
static struct access_result store(struct shim_host *host, struct mmu_walk walk,
                                  uint64_t word)
{
    struct access_result result = {.access = reach(host, walk)};
    if (result.access == EL2_ACCESS_DONE) {
        uint64_t page = walk.output & ~EL2_PAGE_OFFSET;
        physical_fill_page(&host->memory, page, word);
        if (!physical_is_own(&host->memory, page)) {
            shim_host_note_page(host, page / EL2_PAGE_SIZE);
        }
    }
    return result;
}

struct access_result access_load(const struct shim_host *host,
                                 const struct el2 *el2, uint64_t vmid,
                                 uint64_t gfn)
{
    return load(host, walk(host, el2, vmid, gfn));
}

struct access_result access_device_load(const struct shim_host *host,
                                        const struct el2 *el2, uint64_t bank,
                                        uint64_t gfn)
{
    return load(host, walk_device(host, el2, bank, gfn));
}

struct access_result access_store(struct shim_host *host, const struct el2 *el2,
                                  uint64_t vmid, uint64_t gfn, uint64_t word)
{
    return store(host, walk(host, el2, vmid, gfn), word);
}

struct access_result access_device_store(struct shim_host *host,
                                         const struct el2 *el2, uint64_t bank,
                                         uint64_t gfn, uint64_t word)
{
    return store(host, walk_device(host, el2, bank, gfn), word);
}

/* Bank id of a bank of an SMMU, or one that no bank has. */
static uint64_t bank_of(uint64_t index, uint64_t smmu)
{
    if (index >= EL2_BANKS_PER_SMMU || smmu >= EL2_SMMU_LIMIT) {
        return EL2_BANK_LIMIT;
    }
    return smmu * EL2_BANKS_PER_SMMU + index;
}

struct access_result access_of_call(struct shim_host *host,
                                    const struct el2 *el2,
                                    const struct el2_call *call)
{
    const uint64_t *a = call->arguments;
    switch (call->number) {
    case EL2_CALL_mem_load:
        return access_load(host, el2, a[0], a[1]);
    case EL2_CALL_mem_store:
        return access_store(host, el2, a[0], a[1], a[2]);
    case EL2_CALL_dev_load:
        return access_device_load(host, el2, bank_of(a[0], a[1]), a[2]);
    case EL2_CALL_dev_store:
        return access_device_store(host, el2, bank_of(a[0], a[1]), a[2], a[3]);
    default:
        return (struct access_result){.access = EL2_ACCESS_NONE};
    }
}
