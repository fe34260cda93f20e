#include "explore/renaming.h"

static size_t factorial(size_t n)
{
    return n < 2 ? 1 : n * factorial(n - 1);
}

/* One of the arrangements of the numbers below count, which number 0 leaves in
 * their order. */
static void arrange(size_t number, size_t count, uint8_t *arranged)
{
    bool is_used[RENAMED_PAGES] = {false};
    for (size_t i = 0; i < count; i++) {
        size_t skip = number / factorial(count - 1 - i) % (count - i);
        uint8_t next = 0;
        while (is_used[next] || skip-- > 0) {
            next++;
        }
        is_used[next] = true;
        arranged[i] = next;
    }
}

/* The host's pages, when the first region is his and so small. */
static size_t renamed_pages(const struct el2_platform *platform)
{
    for (uint32_t i = 0; i < platform->region_count; i++) {
        const struct el2_region *region = &platform->regions[i];
        if (region->owner == EL2_HOSTVISOR) {
            return region->page_count <= RENAMED_PAGES
                       ? (size_t)region->page_count
                       : 0;
        }
    }
    return 0;
}

static size_t renamed_vms(const struct el2_platform *platform)
{
    size_t vms = platform->core_vmid - 1;
    return vms <= RENAMED_VMS ? vms : RENAMED_VMS;
}

struct vm_name name_vm(const struct renamings *renamings, uint64_t vmid)
{
    bool is_renamed = vmid - 1 < renamings->vms;
    return (struct vm_name){vmid,
                            is_renamed ? (uint8_t)(vmid - 1) : NOT_RENAMED};
}

struct page_name name_page(const struct renamings *renamings, uint64_t page)
{
    uint64_t n = page - renamings->first_page;
    if (n >= renamings->pages) {
        n -= renamings->host_offset;
    }
    return (struct page_name){page,
                              n < renamings->pages ? (uint8_t)n : NOT_RENAMED};
}

/* An argument as it is called then. */
static uint64_t rename_argument(const struct renamings *renamings,
                                const struct renaming *renaming,
                                enum el2_argument_kind kind, uint64_t value)
{
    uint64_t page = (value & EL2_DESCRIPTOR_ADDRESS) / EL2_PAGE_SIZE;
    switch (kind) {
    case EL2_ARGUMENT_VMID:
        return rename_vm(renaming, name_vm(renamings, value));
    case EL2_ARGUMENT_PFN:
    case EL2_ARGUMENT_GFN:
        return rename_page(renaming, name_page(renamings, value));
    case EL2_ARGUMENT_PHYSICAL:
    case EL2_ARGUMENT_IPA:
    case EL2_ARGUMENT_IOVA:
    case EL2_ARGUMENT_DESCRIPTOR:
        return (value & ~EL2_DESCRIPTOR_ADDRESS) |
               rename_page(renaming, name_page(renamings, page)) *
                   EL2_PAGE_SIZE;
    default:
        return value;
    }
}

static bool same_call(const struct el2_call *a, const struct el2_call *b)
{
    bool same = a->number == b->number;
    for (uint32_t i = 0; same && i < el2_calls[a->number].argument_count; i++) {
        same = a->arguments[i] == b->arguments[i];
    }
    return same;
}

/* Whether the domain has the renamed call. */
static bool has_renamed(const struct renamings *renamings,
                        const struct renaming *renaming,
                        const struct el2_call *domain, size_t call_count,
                        const struct el2_call *call)
{
    const struct el2_call_description *description = &el2_calls[call->number];
    struct el2_call renamed = *call;
    for (uint32_t i = 0; i < description->argument_count; i++) {
        renamed.arguments[i] =
            rename_argument(renamings, renaming, description->arguments[i].kind,
                            call->arguments[i]);
    }
    for (size_t i = 0; i < call_count; i++) {
        if (same_call(&domain[i], &renamed)) {
            return true;
        }
    }
    return false;
}

static bool is_of_domain(const struct renamings *renamings,
                         const struct renaming *renaming,
                         const struct el2_call *domain, size_t call_count)
{
    for (size_t i = 0; i < call_count; i++) {
        if (!has_renamed(renamings, renaming, domain, call_count, &domain[i])) {
            return false;
        }
    }
    return true;
}

void renamings_create(struct renamings *renamings,
                      const struct el2_platform *platform,
                      const struct el2_call *domain, size_t call_count,
                      bool folds)
{
    *renamings = (struct renamings){
        .vms = folds ? renamed_vms(platform) : 0,
        .pages = folds ? renamed_pages(platform) : 0,
        .first_page = el2_platform_ram_pfn(platform, 0),
        .host_offset = platform->smmu_host_offset,
    };
    size_t vm_arrangements = factorial(renamings->vms);
    size_t page_arrangements = factorial(renamings->pages);
    for (size_t v = 0; v < vm_arrangements; v++) {
        for (size_t p = 0; p < page_arrangements; p++) {
            struct renaming *renaming = &renamings->to[renamings->count];
            arrange(v, renamings->vms, renaming->vms);
            arrange(p, renamings->pages, renaming->pages);
            renamings->count +=
                is_of_domain(renamings, renaming, domain, call_count);
        }
    }
}
