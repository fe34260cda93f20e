/*
 * What the machine is made of: page geometry, address spaces, identifiers and
 * descriptor bits (semantics.md, section 1). Limits that a platform may change
 * are not here but in platform.h.
 *
 * Freestanding: both the specification and the EL2 code include this file.
 */
#ifndef EL2_CONSTANTS_H
#define EL2_CONSTANTS_H

#include <stdint.h>

/* Granule and block. A pfn or gfn is an address divided by the page size. */
#define EL2_PAGE_SHIFT      12
#define EL2_PAGE_SIZE       (UINT64_C(1) << EL2_PAGE_SHIFT)
#define EL2_PAGE_OFFSET     (EL2_PAGE_SIZE - 1)
#define EL2_BLOCK_SHIFT     21
#define EL2_BLOCK_SIZE      (UINT64_C(1) << EL2_BLOCK_SHIFT)
#define EL2_PAGES_PER_BLOCK 512

/* Address spaces: guest physical, physical, and what an SMMU translates. */
#define EL2_ADDRESS_SPACE  (UINT64_C(1) << 48)
#define EL2_PHYSICAL_SPACE (UINT64_C(1) << 40)
#define EL2_IOVA_SPACE     (UINT64_C(1) << 40)
#define EL2_GFN_SPACE      (EL2_ADDRESS_SPACE >> EL2_PAGE_SHIFT)
#define EL2_PFN_SPACE      (EL2_PHYSICAL_SPACE >> EL2_PAGE_SHIFT)

/* A page without owner; also the share count of a page that a VM got through
 * its SMMU bank and has not mapped yet. */
#define EL2_INVALID UINT32_C(0xffffffff)
/* A gfn that is not known yet. */
#define EL2_INVALID64 UINT64_MAX

/* The host is vmid 0 everywhere; EL2's own vmid is a platform value. */
#define EL2_HOSTVISOR 0u

/* Stage-2 descriptors (Arm ARM D8.3, VMSAv8-64, 4 KiB granule). */
#define EL2_DESCRIPTOR_TYPE    UINT64_C(0x3)
#define EL2_DESCRIPTOR_TABLE   UINT64_C(0x3) /* in an upper-level entry */
#define EL2_DESCRIPTOR_BLOCK   UINT64_C(0x1) /* in a level-2 entry */
#define EL2_DESCRIPTOR_PAGE    UINT64_C(0x3) /* in a level-3 entry */
#define EL2_DESCRIPTOR_ADDRESS UINT64_C(0x0000fffffffff000) /* bits 47:12 */
#define EL2_PAGE_NOT_BLOCK     UINT64_C(0x2)                /* clear: a block */

/* Normal memory, read, write, execute. */
#define EL2_S2_KERNEL UINT64_C(0xfff)
/* Device memory, read and write, execute never. */
#define EL2_S2_DEVICE (UINT64_C(0x40000000000747) | UINT64_C(0xc0))
/* An invalid entry that says "taken from the host". */
#define EL2_S2_TAKEN (UINT64_C(1) << 57)
/* EL2's own mapping of a VM image. */
#define EL2_S2_HYP UINT64_C(0x40000000000753)
/* Access flag, inner shareable, page: what every DMA mapping has. */
#define EL2_SMMU_PAGE UINT64_C(0x703)

/* Where EL2 maps VM images while it checks them. */
#define EL2_REMAP_START UINT64_C(0x2000000)
#define EL2_REMAP_END   UINT64_C(0x4000000)

enum el2_vm_state {
    EL2_VM_UNUSED = 0,
    EL2_VM_MAPPED = 1,
    EL2_VM_READY = 2,
    EL2_VM_VERIFIED = 3,
    EL2_VM_POWEROFF = 4,
    EL2_VM_ACTIVE = 5, /* of a vCPU */
};

/* Upper bounds of platform values: what fixed-size arrays are made for. */
#define EL2_VMID_LIMIT          17 /* host, 15 VMs, EL2 */
#define EL2_VCPU_LIMIT          8
#define EL2_IMAGE_LIMIT         5
#define EL2_SMMU_LIMIT          2
#define EL2_BANKS_PER_SMMU      8 /* bank id = SMMU index * 8 + bank index */
#define EL2_BANK_LIMIT          (EL2_SMMU_LIMIT * EL2_BANKS_PER_SMMU)
#define EL2_REGION_LIMIT        32
#define EL2_NPT_LEVEL1_TABLES   256
#define EL2_NPT_LEVEL2_TABLES   2048
#define EL2_NPT_LEVEL3_TABLES   5887
#define EL2_SPT_LEVEL2_TABLES   256
#define EL2_SPT_LEVEL3_TABLES   256
#define EL2_SPT_ROOT_SIZE       (2 * EL2_PAGE_SIZE) /* 1024 entries */
#define EL2_DEFAULT_SHARE_COUNT 100
#define EL2_DEFAULT_DMA_COUNT   16

/* The longest range, in pages, that one call of a program may ask for. */
#define EL2_RANGE_PAGES_MAX 4096

/* More pages than one call can change: verify_vm_image takes every block that
 * the remap window's images touch, one or two more than they fill. */
#define EL2_CALL_PAGES_MAX 16384

#endif
