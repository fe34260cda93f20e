#include "impl/range_operation.h"

#include "impl/npt.h"
#include "impl/page_operation.h"
#include "impl/shim.h"
#include "impl/translation_table.h"

void prot_and_map_vm_s2pt(struct el2 *el2, uint32_t vmid, uint64_t ipa,
                          uint64_t descriptor, uint64_t level)
{
    uint64_t gfn = ipa >> EL2_PAGE_SHIFT;
    uint64_t pfn = descriptor_address(descriptor) >> EL2_PAGE_SHIFT;
    uint64_t count = 1;

    if (level == 2) {
        count = EL2_PAGES_PER_BLOCK;
        gfn -= gfn % EL2_PAGES_PER_BLOCK;
    }
    if (pfn + count > EL2_PFN_SPACE) {
        shim_panic("a mapping beyond physical memory");
    }
    /* Hardware ignores these bits, so it would map pages that nobody has
     * checked: section 10, E10. */
    if (pfn % count != 0) {
        shim_panic("a block that is not aligned");
    }
    assign_pfns_to_vm(el2, vmid, gfn, pfn, count);
    map_pfn_vm(el2, vmid, ipa, descriptor, level);
}

typedef void (*share_operation)(const struct el2 *el2, uint32_t vmid,
                                const struct page_batch *batch);

/*
 * Do `operation` to the pages that the VM has mapped in the range. npt[vmid]
 * may not be held when the page lock is taken, so a batch of the map is read
 * first. No operation changes the VM's own map, so what was read stays true.
 */
static void for_mapped_pages(const struct el2 *el2, uint32_t vmid, uint64_t ipa,
                             uint64_t size, share_operation operation)
{
    uint64_t gfn = ipa >> EL2_PAGE_SHIFT;
    uint64_t left = (size >> EL2_PAGE_SHIFT) + ((size & EL2_PAGE_OFFSET) != 0);
    struct page_batch batch;

    while (left > 0) {
        uint32_t count = page_batch_share(left);

        npt_read_pages(el2, vmid, gfn, count, &batch);
        operation(el2, vmid, &batch);
        gfn += count;
        left -= count;
    }
}

void grant_stage2_sg_gpa(const struct el2 *el2, uint32_t vmid, uint64_t ipa,
                         uint64_t size)
{
    for_mapped_pages(el2, vmid, ipa, size, grant_vm_pages);
}

void revoke_stage2_sg_gpa(const struct el2 *el2, uint32_t vmid, uint64_t ipa,
                          uint64_t size)
{
    for_mapped_pages(el2, vmid, ipa, size, revoke_vm_pages);
}
