#include "impl/page_operation.h"

#include "impl/npt.h"
#include "impl/page_record.h"
#include "impl/shim.h"
#include "impl/spt.h"
#include "impl/translation_table.h"

#include <stddef.h>

#define LEVEL_PAGE 3

/*
 * Where an operation goes through several pages it decides by the records
 * first, changes them, and notes which pages are to go from the host; those
 * host mappings are then cleared under one npt[0]. Until the page lock is
 * released nobody can tell.
 */

/* EL2_INVALID is no share: semantics.md section 10, E11. */
static bool is_shared(struct page_owner page)
{
    return page.count != 0 && page.count != EL2_INVALID;
}

void map_page_host(struct el2 *el2, uint64_t address)
{
    uint64_t page_address = address & ~EL2_PAGE_OFFSET;
    struct page_position position;
    struct page_owner page;

    shim_lock(EL2_LOCK_PAGE);
    position = page_locate(el2, address >> EL2_PAGE_SHIFT);
    page = page_read_owner(&position);
    if (page.owner == EL2_INVALID) {
        npt_map(el2, EL2_HOSTVISOR, address, LEVEL_PAGE,
                page_address | EL2_S2_DEVICE);
    } else if (page.owner == EL2_HOSTVISOR || is_shared(page)) {
        npt_map(el2, EL2_HOSTVISOR, address, LEVEL_PAGE,
                page_address | EL2_S2_KERNEL);
    } else {
        shim_panic("the host touched a private page");
    }
    shim_unlock(EL2_LOCK_PAGE);
}

/* Clear the next `count` pages that are the VM's; `position` moves past. */
static void clear_batch(const struct el2 *el2, uint32_t vmid,
                        struct page_position *position, uint32_t count)
{
    struct page_batch batch;

    page_batch_start(&batch);
    for (uint32_t i = 0; i < count; i++) {
        if (page_read_owner(position).owner == vmid) {
            page_write_owner(position, (struct page_owner){EL2_HOSTVISOR, 0});
            page_write_gfn(el2, position, page_host_gfn(el2, position->pfn));
            page_batch_add(&batch, position->pfn);
        }
        page_move(el2, position, position->pfn + 1);
    }
    clear_pfns_host(el2, &batch);
    for (uint32_t i = 0; i < batch.count; i++) {
        shim_clear_page(batch.pfns[i] << EL2_PAGE_SHIFT);
    }
}

void clear_vm_pages(const struct el2 *el2, uint32_t vmid, uint64_t pfn,
                    uint64_t count)
{
    struct page_position position;

    if (count == 0) {
        return;
    }
    shim_lock(EL2_LOCK_PAGE);
    position = page_locate(el2, pfn);
    while (count > 0) {
        uint32_t size = page_batch_share(count);

        clear_batch(el2, vmid, &position, size);
        count -= size;
    }
    shim_unlock(EL2_LOCK_PAGE);
}

/* What the VM has already: learn the gfn, and that it is in use. */
static const char *confirm_own(const struct el2 *el2, uint64_t gfn,
                               const struct page_position *position,
                               struct page_owner page)
{
    uint64_t known = page_read_gfn(el2, position);

    if (known != gfn) {
        if (known != EL2_INVALID64) {
            return "the VM has the page at another gfn";
        }
        page_write_gfn(el2, position, gfn);
    }
    if (page.count == EL2_INVALID) {
        page.count = 0;
        page_write_owner(position, page);
    }
    return NULL;
}

/* Assign one page; why not, or NULL. */
static const char *assign(const struct el2 *el2, uint32_t vmid, uint64_t gfn,
                          const struct page_position *position,
                          struct page_batch *batch)
{
    struct page_owner page = page_read_owner(position);

    if (page.owner == EL2_HOSTVISOR) {
        if (page.count != 0) {
            return "a host device uses the page";
        }
        page_batch_add(batch, position->pfn);
        page_write_owner(position, (struct page_owner){vmid, 0});
        page_write_gfn(el2, position, gfn);
        return NULL;
    }
    if (page.owner != vmid) {
        return "the page has another owner";
    }
    return confirm_own(el2, gfn, position, page);
}

/* Assign the next `count` pages; `position` moves past. */
static void assign_batch(const struct el2 *el2, uint32_t vmid, uint64_t gfn,
                         struct page_position *position, uint32_t count)
{
    const char *refused = NULL;
    struct page_batch batch;

    page_batch_start(&batch);
    for (uint32_t i = 0; i < count && refused == NULL; i++) {
        refused = assign(el2, vmid, gfn + i, position, &batch);
        page_move(el2, position, position->pfn + 1);
    }
    /* Those before the refused one are the VM's, and npt[0] is compared. */
    clear_pfns_host(el2, &batch);
    if (refused != NULL) {
        shim_panic(refused);
    }
}

void assign_pfns_to_vm(const struct el2 *el2, uint32_t vmid, uint64_t gfn,
                       uint64_t pfn, uint64_t count)
{
    struct page_position position;

    shim_lock(EL2_LOCK_PAGE);
    position = page_locate(el2, pfn);
    while (count > 0) {
        uint32_t size = page_batch_share(count);

        assign_batch(el2, vmid, gfn, &position, size);
        gfn += size;
        count -= size;
    }
    shim_unlock(EL2_LOCK_PAGE);
}

void map_pfn_vm(struct el2 *el2, uint32_t vmid, uint64_t ipa,
                uint64_t descriptor, uint64_t level)
{
    uint64_t page = descriptor_address(descriptor) | EL2_S2_KERNEL;

    npt_map(el2, vmid, ipa, level,
            level == 2 ? page & ~EL2_PAGE_NOT_BLOCK : page);
}

/* How many of `count` pages from this position on are alike: pages without
 * record have no owner either. */
static uint64_t pages_alike(const struct page_position *position,
                            uint64_t count)
{
    if (position->has_record) {
        return 1;
    }
    return count < position->pages_left ? count : position->pages_left;
}

void map_vm_io_pages(struct el2 *el2, uint32_t vmid, uint64_t ipa,
                     uint64_t address, uint64_t count)
{
    struct page_position position;

    shim_lock(EL2_LOCK_PAGE);
    position = page_locate(el2, address >> EL2_PAGE_SHIFT);
    while (count > 0) {
        uint64_t run = pages_alike(&position, count);

        if (page_read_owner(&position).owner == EL2_INVALID) {
            npt_map_pages(el2, vmid, ipa,
                          descriptor_address(address) | EL2_S2_DEVICE, run);
        }
        ipa += run << EL2_PAGE_SHIFT;
        address += run << EL2_PAGE_SHIFT;
        count -= run;
        page_move(el2, &position, position.pfn + run);
    }
    shim_unlock(EL2_LOCK_PAGE);
}

/* The page is shared once more, if it may be. */
static void grant(const struct el2 *el2, uint32_t vmid,
                  const struct page_position *position)
{
    struct page_owner page = page_read_owner(position);

    if (page.owner == vmid && page.count < el2->max_share_count) {
        page.count++;
        page_write_owner(position, page);
    }
}

/* The page is shared once less, if it is. True when it is so no more. */
static bool revoke(uint32_t vmid, const struct page_position *position)
{
    struct page_owner page = page_read_owner(position);

    if (page.owner != vmid || !is_shared(page)) {
        return false;
    }
    page.count--;
    page_write_owner(position, page);
    return page.count == 0;
}

void grant_vm_page(const struct el2 *el2, uint32_t vmid, uint64_t pfn)
{
    struct page_position position;

    shim_lock(EL2_LOCK_PAGE);
    position = page_locate(el2, pfn);
    grant(el2, vmid, &position);
    shim_unlock(EL2_LOCK_PAGE);
}

void revoke_vm_page(const struct el2 *el2, uint32_t vmid, uint64_t pfn)
{
    struct page_position position;

    shim_lock(EL2_LOCK_PAGE);
    position = page_locate(el2, pfn);
    if (revoke(vmid, &position)) {
        clear_pfn_host(el2, pfn);
    }
    shim_unlock(EL2_LOCK_PAGE);
}

void grant_vm_pages(const struct el2 *el2, uint32_t vmid,
                    const struct page_batch *batch)
{
    struct page_position position;

    shim_lock(EL2_LOCK_PAGE);
    position = page_locate(el2, 0);
    for (uint32_t i = 0; i < batch->count; i++) {
        page_move(el2, &position, batch->pfns[i]);
        grant(el2, vmid, &position);
    }
    shim_unlock(EL2_LOCK_PAGE);
}

void revoke_vm_pages(const struct el2 *el2, uint32_t vmid,
                     const struct page_batch *batch)
{
    struct page_position position;
    struct page_batch unshared;

    page_batch_start(&unshared);
    shim_lock(EL2_LOCK_PAGE);
    position = page_locate(el2, 0);
    for (uint32_t i = 0; i < batch->count; i++) {
        page_move(el2, &position, batch->pfns[i]);
        if (revoke(vmid, &position)) {
            page_batch_add(&unshared, batch->pfns[i]);
        }
    }
    clear_pfns_host(el2, &unshared);
    shim_unlock(EL2_LOCK_PAGE);
}

void assign_pfn_to_smmu(const struct el2 *el2, uint32_t vmid, uint64_t gfn,
                        uint64_t pfn)
{
    struct page_position position;
    struct page_owner page;

    shim_lock(EL2_LOCK_PAGE);
    position = page_locate(el2, pfn);
    page = page_read_owner(&position);
    if (page.owner == EL2_HOSTVISOR) {
        if (page.count != 0) {
            shim_panic("a host device uses the page");
        }
        clear_pfn_host(el2, pfn);
        page_write_owner(&position, (struct page_owner){vmid, EL2_INVALID});
        page_write_gfn(el2, &position, gfn);
    } else if (page.owner != vmid) {
        shim_panic("the page has another owner");
    }
    shim_unlock(EL2_LOCK_PAGE);
}

void update_smmu_page(struct el2 *el2, uint32_t vmid, uint32_t bank,
                      uint64_t iova, uint64_t descriptor)
{
    struct page_position position;
    struct page_owner page;

    shim_lock(EL2_LOCK_PAGE);
    position =
        page_locate(el2, descriptor_address(descriptor) >> EL2_PAGE_SHIFT);
    page = page_read_owner(&position);
    if (page.owner != vmid) {
        shim_panic("a device is to use a page of another owner");
    }
    if (page_read_gfn(el2, &position) != iova >> EL2_PAGE_SHIFT) {
        shim_panic("a device is to use a page at another gfn");
    }
    spt_map(el2, bank, iova, descriptor);
    if (page.owner == EL2_HOSTVISOR && page.count < el2->max_dma_count) {
        page.count++;
        page_write_owner(&position, page);
    }
    shim_unlock(EL2_LOCK_PAGE);
}

void unmap_smmu_page(const struct el2 *el2, uint32_t bank, uint64_t iova)
{
    struct page_position position;
    struct page_owner page;
    uint64_t descriptor;

    shim_lock(EL2_LOCK_PAGE);
    descriptor = spt_unmap(el2, bank, iova);
    position =
        page_locate(el2, descriptor_address(descriptor) >> EL2_PAGE_SHIFT);
    page = page_read_owner(&position);
    if (page.owner == EL2_HOSTVISOR && page.count > 0) {
        page.count--;
        page_write_owner(&position, page);
    }
    shim_unlock(EL2_LOCK_PAGE);
}
