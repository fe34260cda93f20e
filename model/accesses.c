#include "model/accesses.h"

#include "model/arguments.h"

/* A VM, or its device, at a page without owner. */
static bool is_device(const struct page *page, uint32_t by)
{
    return by != EL2_HOSTVISOR && page->owner == EL2_INVALID;
}

/* Whether the model follows what the host or a VM, or a device of either, does
 * to the page. */
static bool is_followed(const struct page *page, uint32_t by)
{
    return by == EL2_HOSTVISOR ? page->owner == EL2_HOSTVISOR
                               : page->count == 0;
}

static struct model_access load(const struct model *m, uint64_t pfn,
                                bool followed)
{
    if (!followed || memory_is_unknown(m, pfn)) {
        return (struct model_access){EL2_OUTCOME_LOADED_UNKNOWN,
                                     EL2_ACCESS_UNKNOWN, 0};
    }
    return (struct model_access){EL2_OUTCOME_LOADED, EL2_ACCESS_DONE,
                                 memory_get(m, pfn)};
}

static struct model_access store(struct model *m, uint64_t pfn, bool followed,
                                 bool has_owner, uint64_t word)
{
    if (followed) {
        memory_set(m, pfn, word);
        return (struct model_access){EL2_OUTCOME_STORED, EL2_ACCESS_DONE, 0};
    }
    if (has_owner) {
        memory_set_unknown(m, pfn, word);
    }
    return (struct model_access){EL2_OUTCOME_STORED_UNKNOWN, EL2_ACCESS_UNKNOWN,
                                 0};
}

/* *word is what to store, NULL for a load. */
static struct model_access access_page(struct model *m, uint32_t by,
                                       uint64_t pfn, const uint64_t *word)
{
    if (pfn == 0) {
        return (struct model_access){EL2_OUTCOME_ACCESS_FAULTED,
                                     EL2_ACCESS_FAULT, 0};
    }
    struct page page = page_get(m, pfn);
    if (is_device(&page, by)) {
        return (struct model_access){EL2_OUTCOME_ACCESSED_DEVICE,
                                     EL2_ACCESS_DEVICE, 0};
    }
    if (word == NULL) {
        return load(m, pfn, is_followed(&page, by));
    }
    return store(m, pfn, is_followed(&page, by), page.owner != EL2_INVALID,
                 *word);
}

static struct model_access by_software(struct model *m, uint32_t p,
                                       uint64_t gfn, const uint64_t *word)
{
    return access_page(m, p, npt_get(m, p, gfn).pfn, word);
}

static struct model_access by_device(struct model *m, uint32_t bank,
                                     uint64_t gfn, const uint64_t *word)
{
    return access_page(m, bank_owner(m, bank), spt_get(m, bank, gfn).pfn, word);
}

struct model_access model_access(struct model *m, const struct el2_call *call)
{
    const uint64_t *a = call->arguments;
    switch (call->number) {
    case EL2_CALL_mem_load:
        return by_software(m, (uint32_t)a[0], a[1], NULL);
    case EL2_CALL_mem_store:
        return by_software(m, (uint32_t)a[0], a[1], &a[2]);
    case EL2_CALL_dev_load:
        return by_device(m, bank_id(a[0], a[1]), a[2], NULL);
    case EL2_CALL_dev_store:
        return by_device(m, bank_id(a[0], a[1]), a[2], &a[3]);
    default:
        return (struct model_access){EL2_OUTCOME_NONE, EL2_ACCESS_NONE, 0};
    }
}
