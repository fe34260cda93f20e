/*
 * The board that a machine boots: its memory, its SMMUs and its limits. Every
 * machine is a function of these values; none of them is a literal elsewhere.
 *
 * Freestanding: the EL2 code gets it as its boot information.
 */
#ifndef EL2_PLATFORM_H
#define EL2_PLATFORM_H

#include "el2/constants.h"

#include <stdbool.h>
#include <stdint.h>

/* With its terminating NUL; lower-case letters, digits and '-'. */
#define EL2_PLATFORM_NAME_SIZE 15

/* Memory whose pages have records. */
struct el2_region {
    uint64_t base;       /* pfn of the first page */
    uint64_t page_count; /* > 0 */
    uint32_t owner;      /* at boot: the host, or EL2 for its own memory */
};

struct el2_smmu {
    uint64_t base; /* register window, physical address */
    uint64_t size; /* of the window, bytes */
    uint32_t bank_count;
};

struct el2_platform {
    char name[EL2_PLATFORM_NAME_SIZE];

    /* Ascending and disjoint. */
    uint32_t region_count;
    struct el2_region regions[EL2_REGION_LIMIT];

    uint32_t smmu_count;
    struct el2_smmu smmus[EL2_SMMU_LIMIT];

    /* Where EL2 keeps its tables and page records; page-aligned, bytes. */
    uint64_t el2_memory_base;
    uint64_t el2_memory_size;

    /* VMs are the vmids between the host (0) and this one. */
    uint32_t core_vmid;
    uint32_t vcpus_per_vm;
    uint32_t images_per_vm;
    uint32_t max_share_count; /* a VM's shares of one page */
    uint32_t max_dma_count;   /* a host page's DMA mappings */
    /* The iova page at which a host bank maps page pfn is pfn + this. */
    uint64_t smmu_host_offset;

    /* Tables that the bump pools hold, besides the roots. */
    uint32_t npt_level1_tables; /* each per vmid */
    uint32_t npt_level2_tables;
    uint32_t npt_level3_tables;
    uint32_t spt_level2_tables; /* each for all banks together */
    uint32_t spt_level3_tables;

    /* What RAM holds when EL2 takes over: see el2_platform_boot_word(). */
    uint64_t boot_pattern;
};

/* Limits and pools of semantics.md section 1, no memory and no SMMU. */
void el2_platform_defaults(struct el2_platform *platform);

/*
 * Page number `page` of the RAM that the host has at boot, counted through the
 * regions in order without the holes. Past the end it wraps around, so that a
 * program is meaningful on any platform. 0 when there is no RAM.
 */
uint64_t el2_platform_ram_pfn(const struct el2_platform *platform,
                              uint64_t page);

/* The same within EL2's own regions only. */
uint64_t el2_platform_own_pfn(const struct el2_platform *platform,
                              uint64_t page);

/*
 * The 64-bit word that fills page `pfn` at boot: real RAM is not zero, and a
 * page that should have been cleared must be seen not to be.
 */
static inline uint64_t
el2_platform_boot_word(const struct el2_platform *platform, uint64_t pfn)
{
    return platform->boot_pattern == 0
               ? 0
               : (platform->boot_pattern ^
                  (pfn * UINT64_C(0x9e3779b97f4a7c15))) |
                     1;
}

/*
 * The cipher of encrypt_buf and decrypt_buf, word by word: what the firmware
 * of this board does to each 64-bit word of a page.
 */
#define EL2_CIPHER_KEY UINT64_C(0x5ec0de5ec0de5ec1)

static inline uint64_t el2_platform_encrypt(uint64_t word)
{
    uint64_t mixed = word ^ EL2_CIPHER_KEY;
    return (mixed << 17) | (mixed >> 47);
}

static inline uint64_t el2_platform_decrypt(uint64_t word)
{
    return ((word >> 17) | (word << 47)) ^ EL2_CIPHER_KEY;
}

/*
 * The check of a boot image's signature, which is the firmware's: an image is
 * well signed unless this word fills its first page.
 */
#define EL2_BAD_SIGNATURE UINT64_C(0x0bad51600bad5160)

static inline bool el2_platform_is_vm(const struct el2_platform *platform,
                                      uint64_t vmid)
{
    return vmid > EL2_HOSTVISOR && vmid < platform->core_vmid;
}

static inline bool el2_platform_is_vmid(const struct el2_platform *platform,
                                        uint64_t vmid)
{
    return vmid <= platform->core_vmid;
}

#endif
