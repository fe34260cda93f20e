/*
 * The images that a VM boots from (semantics.md section 6). The host tells
 * where they go, maps their pages one by one where only EL2 sees them, and has
 * them checked; from then on the VM is verified and its pages are its own.
 *
 * vm[vmid] protects a VM's images, core the window in which EL2 maps those of
 * all VMs. `vmid` is a VM. What panics leaves vm[vmid] held, and what is said
 * below.
 */
#ifndef IMPL_BOOT_IMAGE_H
#define IMPL_BOOT_IMAGE_H

#include "impl/el2.h"

#include <stdint.h>

/*
 * An image of `size` bytes is to be loaded at `load_address`; both are below
 * 2^48. The index of the image, or images_per_vm, with nothing done, when the
 * VM has so many. Panics when the VM is not ready, when the size is 0 and,
 * with core held, when the window is full.
 */
uint32_t set_boot_info(struct el2 *el2, uint32_t vmid, uint64_t load_address,
                       uint64_t size);

/*
 * Page `pfn` is the next page of image `image`, which is below images_per_vm.
 * Nothing when the VM has no such image or the image has all its pages. Panics
 * when the VM is not ready and, with npt[core_vmid] held, when a pool is empty.
 */
void remap_vm_image(struct el2 *el2, uint32_t vmid, uint64_t pfn,
                    uint32_t image);

/*
 * Give the VM the 2 MiB blocks that hold its images, check the signatures, and
 * make it verified. Panics when the VM is not ready, when an image lacks a page
 * that is looked at, when a signature is bad, and where prot_and_map_vm_s2pt()
 * does.
 */
void verify_vm_image(struct el2 *el2, uint32_t vmid);

#endif
