#include "impl/boot_image.h"

#include "impl/lifecycle.h"
#include "impl/npt.h"
#include "impl/range_operation.h"
#include "impl/shim.h"
#include "impl/translation_table.h"

#define LEVEL_BLOCK 2
#define LEVEL_PAGE  3

/* Pages of an image; for any size. */
static uint64_t image_pages(uint64_t size)
{
    return (size >> EL2_PAGE_SHIFT) + ((size & EL2_PAGE_OFFSET) != 0);
}

/* So many pages of the window, which is never given back. */
static uint64_t take_window(struct el2 *el2, uint64_t pages)
{
    uint64_t address;

    shim_lock(EL2_LOCK_CORE);
    address = el2->next_remap;
    if (pages >= (EL2_REMAP_END - address) >> EL2_PAGE_SHIFT) {
        shim_panic("no room to map a boot image");
    }
    el2->next_remap = address + (pages << EL2_PAGE_SHIFT);
    shim_unlock(EL2_LOCK_CORE);
    return address;
}

static void add_image(struct el2 *el2, uint32_t vmid, uint64_t load_address,
                      uint64_t size)
{
    struct el2_image *image;

    if (size == 0) {
        shim_panic("a boot image without a page");
    }
    image = &el2->images[vmid][el2->image_count[vmid]];
    image->remap_address = take_window(el2, image_pages(size));
    image->load_address = load_address;
    image->size = size;
    image->pages_mapped = 0;
    el2->image_count[vmid]++;
}

uint32_t set_boot_info(struct el2 *el2, uint32_t vmid, uint64_t load_address,
                       uint64_t size)
{
    uint32_t index;

    shim_lock(EL2_LOCK_VM + vmid);
    vm_expect_state(el2, vmid, EL2_VM_READY);
    index = el2->image_count[vmid];
    if (index < el2->images_per_vm) {
        add_image(el2, vmid, load_address, size);
    }
    shim_unlock(EL2_LOCK_VM + vmid);
    return index;
}

void remap_vm_image(struct el2 *el2, uint32_t vmid, uint64_t pfn,
                    uint32_t index)
{
    struct el2_image *image = &el2->images[vmid][index];

    shim_lock(EL2_LOCK_VM + vmid);
    vm_expect_state(el2, vmid, EL2_VM_READY);
    if (index < el2->image_count[vmid] &&
        image->pages_mapped < image_pages(image->size)) {
        npt_map(el2, el2->core_vmid,
                image->remap_address + (image->pages_mapped << EL2_PAGE_SHIFT),
                LEVEL_PAGE, (pfn << EL2_PAGE_SHIFT) | EL2_S2_HYP);
        image->pages_mapped++;
    }
    shim_unlock(EL2_LOCK_VM + vmid);
}

/* Give the VM the block that holds the page at `remap` of EL2's window, and
 * map it at `ipa`. */
static void map_image_block(struct el2 *el2, uint32_t vmid, uint64_t ipa,
                            uint64_t remap)
{
    uint64_t descriptor = npt_walk(el2, el2->core_vmid, remap);
    uint64_t block = descriptor_address(descriptor) & ~(EL2_BLOCK_SIZE - 1);

    if (block == 0) {
        shim_panic("a page of a boot image is not mapped");
    }
    /* An image that starts inside a page and ends with the address space has
     * its last byte in a page more than its size says. */
    if (ipa >= EL2_ADDRESS_SPACE) {
        shim_panic("a boot image beyond guest-physical addresses");
    }
    prot_and_map_vm_s2pt(el2, vmid, ipa, block, LEVEL_BLOCK);
}

static void map_image(struct el2 *el2, uint32_t vmid,
                      const struct el2_image *image)
{
    uint64_t target = image->load_address;
    uint64_t end = target + (image->pages_mapped << EL2_PAGE_SHIFT);
    uint64_t remap = image->remap_address;
    uint64_t block = target & ~(EL2_BLOCK_SIZE - 1);

    while (block < end) {
        map_image_block(el2, vmid, block, remap);
        block += EL2_BLOCK_SIZE;
        remap += block - target;
        target = block;
    }
}

/* An image without pages has nothing that could be badly signed. */
static void check_signature(const struct el2 *el2,
                            const struct el2_image *image)
{
    uint64_t descriptor;
    bool is_signed;

    if (image->pages_mapped == 0) {
        return;
    }
    descriptor = npt_walk(el2, el2->core_vmid, image->remap_address);
    shim_lock(EL2_LOCK_PAGE);
    is_signed = shim_image_is_signed(descriptor_address(descriptor));
    shim_unlock(EL2_LOCK_PAGE);
    if (!is_signed) {
        shim_panic("a boot image is not signed");
    }
}

void verify_vm_image(struct el2 *el2, uint32_t vmid)
{
    shim_lock(EL2_LOCK_VM + vmid);
    vm_expect_state(el2, vmid, EL2_VM_READY);
    for (uint32_t i = 0; i < el2->image_count[vmid]; i++) {
        map_image(el2, vmid, &el2->images[vmid][i]);
        check_signature(el2, &el2->images[vmid][i]);
    }
    el2->vm_state[vmid] = EL2_VM_VERIFIED;
    shim_unlock(EL2_LOCK_VM + vmid);
}
