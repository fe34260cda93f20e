/* Boot images of a VM: semantics.md section 6. */
#include "model/arguments.h"
#include "model/hypercalls.h"
#include "model/range_operations.h"
#include "model/tables.h"

enum el2_outcome model_set_boot_info(struct model *m, uint64_t v,
                                     uint64_t load_addr, uint64_t size,
                                     uint64_t *image)
{
    if (!is_vm(m, v) || !is_addr(load_addr) || !is_addr(size) ||
        !range_fits(load_addr, size, EL2_ADDRESS_SPACE)) {
        return EL2_OUTCOME_PANIC_ARGUMENT;
    }
    uint32_t vmid = (uint32_t)v;
    hold_lock(m, EL2_LOCK_VM + vmid);
    if (vm_state(m, vmid) != EL2_VM_READY) {
        return EL2_OUTCOME_PANIC_VM_STATE;
    }
    *image = image_count(m, vmid);
    if (*image == m->platform.images_per_vm) {
        return EL2_OUTCOME_IMAGE_LIMIT;
    }
    if (size == 0) {
        return EL2_OUTCOME_PANIC_IMAGE_EMPTY; /* section 10, E8 */
    }
    hold_lock(m, EL2_LOCK_CORE);
    uint64_t remap_addr = core_next_remap_ptr(m);
    uint64_t remap_end = remap_addr + pages_of(size) * EL2_PAGE_SIZE;
    if (remap_end >= EL2_REMAP_END) {
        return EL2_OUTCOME_PANIC_REMAP_WINDOW_FULL;
    }
    image_set(m, vmid, *image, (struct image){load_addr, size, remap_addr, 0});
    core_set_next_remap_ptr(m, remap_end);
    return EL2_OUTCOME_IMAGE_ADDED;
}

enum el2_outcome model_remap_vm_image(struct model *m, uint64_t v, uint64_t pfn,
                                      uint64_t i)
{
    if (!is_vm(m, v) || !is_pfn(pfn) || !is_image(m, i)) {
        return EL2_OUTCOME_PANIC_ARGUMENT;
    }
    uint32_t vmid = (uint32_t)v;
    hold_lock(m, EL2_LOCK_VM + vmid);
    if (vm_state(m, vmid) != EL2_VM_READY) {
        return EL2_OUTCOME_PANIC_VM_STATE;
    }
    if (i >= image_count(m, vmid)) {
        return EL2_OUTCOME_NO_SUCH_IMAGE;
    }
    struct image image = image_get(m, vmid, i);
    if (image.mapped >= pages_of(image.size)) {
        return EL2_OUTCOME_IMAGE_COMPLETE;
    }
    enum el2_outcome mapped =
        model_npt_map(m, m->platform.core_vmid,
                      image.remap_addr + image.mapped * EL2_PAGE_SIZE, 3,
                      pfn * EL2_PAGE_SIZE | EL2_S2_HYP);
    if (el2_outcome_is_panic(mapped)) {
        return mapped;
    }
    image.mapped++;
    image_set(m, vmid, i, image);
    return EL2_OUTCOME_IMAGE_PAGE_MAPPED;
}

/* What EL2 maps in its window: the page that the host gave for an image. */
static uint64_t remapped_pfn(const struct model *m, uint64_t remap)
{
    return phys_page(model_npt_walk(m, m->platform.core_vmid, remap)) /
           EL2_PAGE_SIZE;
}

/* The VM gets every block that pages of the image were mapped for. */
static enum el2_outcome map_image(struct model *m, uint32_t v,
                                  const struct image *image)
{
    uint64_t target = image->load_addr;
    uint64_t remap = image->remap_addr;
    uint64_t block = target - target % EL2_BLOCK_SIZE;
    uint64_t end = target + image->mapped * EL2_PAGE_SIZE;
    for (; block < end; block = target) {
        uint64_t pfn = remapped_pfn(m, remap);
        pfn -= pfn % EL2_PAGES_PER_BLOCK;
        if (pfn == 0) {
            return EL2_OUTCOME_PANIC_IMAGE_NOT_MAPPED;
        }
        enum el2_outcome mapped =
            model_prot_and_map_vm_s2pt(m, v, block, pfn * EL2_PAGE_SIZE, 2);
        if (el2_outcome_is_panic(mapped)) {
            return mapped;
        }
        uint64_t next_block = block + EL2_BLOCK_SIZE;
        remap += next_block - target;
        target = next_block;
    }
    return EL2_OUTCOME_VERIFIED;
}

/* The firmware's check, see EL2_BAD_SIGNATURE. */
static bool image_is_well_signed(const struct model *m,
                                 const struct image *image)
{
    return image->mapped == 0 ||
           memory_get(m, remapped_pfn(m, image->remap_addr)) !=
               EL2_BAD_SIGNATURE;
}

enum el2_outcome model_verify_vm_image(struct model *m, uint64_t v)
{
    if (!is_vm(m, v)) {
        return EL2_OUTCOME_PANIC_ARGUMENT;
    }
    uint32_t vmid = (uint32_t)v;
    hold_lock(m, EL2_LOCK_VM + vmid);
    if (vm_state(m, vmid) != EL2_VM_READY) {
        return EL2_OUTCOME_PANIC_VM_STATE;
    }
    uint64_t images = image_count(m, vmid);
    for (uint64_t i = 0; i < images; i++) {
        struct image image = image_get(m, vmid, i);
        enum el2_outcome mapped = map_image(m, vmid, &image);
        if (el2_outcome_is_panic(mapped)) {
            return mapped;
        }
        if (!image_is_well_signed(m, &image)) {
            return EL2_OUTCOME_PANIC_SIGNATURE;
        }
    }
    vm_set_state(m, vmid, EL2_VM_VERIFIED);
    return EL2_OUTCOME_VERIFIED;
}
