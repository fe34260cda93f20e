/*
 * The EL2 memory manager: what a trap handler, or a harness in its place, may
 * ask of it. There is one per machine; the caller provides its state.
 */
#ifndef IMPL_EL2_H
#define IMPL_EL2_H

#include "el2/calls.h"
#include "el2/platform.h"

#include <stdbool.h>
#include <stdint.h>

/* Memory of one kind, in pages, and where its records start. */
struct el2_memory_region {
    uint64_t base;         /* pfn */
    uint64_t page_count;   /* > 0 */
    uint64_t first_record; /* index into the page records */
    uint32_t boot_owner;
};

/* What is left of a bump pool: the address of the next table and the end. */
struct el2_pool {
    uint64_t next;
    uint64_t end;
};

/* Stage-2 tables of one vmid. */
struct el2_npt {
    uint64_t root;
    struct el2_pool pools[3]; /* level 1, 2, 3 */
};

/* A boot image that a VM starts from. */
struct el2_image {
    uint64_t load_address;  /* IPA, bytes */
    uint64_t size;          /* bytes, > 0 */
    uint64_t remap_address; /* where EL2 maps it for its check */
    uint64_t pages_mapped;  /* of it, so far */
};

/* The register window of an SMMU. */
struct el2_smmu_window {
    uint64_t base; /* physical address */
    uint64_t size; /* bytes */
};

/*
 * EL2's state, but for what is in its memory (tables and page records). Set by
 * el2_boot() and then by el2_dispatch() only.
 */
struct el2 {
    /* Fixed at boot. */
    uint32_t core_vmid;
    uint32_t vcpus_per_vm;
    uint32_t images_per_vm;
    uint32_t max_share_count;
    uint32_t max_dma_count;
    uint32_t smmu_count;
    uint32_t smmu_banks[EL2_SMMU_LIMIT];
    struct el2_smmu_window smmu_windows[EL2_SMMU_LIMIT];
    uint64_t smmu_host_offset;
    uint32_t region_count;
    struct el2_memory_region regions[EL2_REGION_LIMIT]; /* ascending */
    uint64_t records;         /* address of the page records */
    uint64_t npt_memory;      /* address of vmid 0's tables */
    uint64_t npt_memory_size; /* per vmid, bytes */
    uint64_t spt_memory;      /* address of bank 0's root */
    uint64_t memory_end;

    /* What changes. */
    struct el2_npt npt[EL2_VMID_LIMIT];
    struct el2_pool spt_pools[2]; /* level 2, 3 */
    uint32_t bank_owner[EL2_BANK_LIMIT];
    uint32_t vm_state[EL2_VMID_LIMIT];
    uint32_t next_vmid;
    uint64_t next_remap;
    uint32_t vcpu_state[EL2_VMID_LIMIT][EL2_VCPU_LIMIT];
    uint32_t inc_exe[EL2_VMID_LIMIT]; /* 1: runs encrypted state */
    uint32_t image_count[EL2_VMID_LIMIT];
    /* The first image_count of each VM have been set. */
    struct el2_image images[EL2_VMID_LIMIT][EL2_IMAGE_LIMIT];
};

/* Bytes of memory that EL2 needs on this platform for tables and records. */
uint64_t el2_memory_needed(const struct el2_platform *platform);

/*
 * Take over the board. The memory that the platform gives EL2 must read as
 * zero. False, with nothing done, when that memory is too small.
 */
bool el2_boot(struct el2 *el2, const struct el2_platform *platform);

/*
 * One call: raw registers in, result out (0 when EL2 gives none; what
 * smmu_write writes is the SMMU's to see). A panic does not return. Accesses
 * through the tables (EL2_ISSUER_ACCESS) are no calls of EL2 and panic.
 */
uint64_t el2_dispatch(struct el2 *el2, const struct el2_call *call);

/* What EL2 knows of a page. */
struct el2_record {
    uint64_t pfn;
    uint32_t owner; /* EL2_INVALID for a page without record */
    uint32_t count;
    uint64_t gfn;
};

struct el2_record el2_record_of_page(const struct el2 *el2, uint64_t pfn);

/* The record that the 64-bit word of EL2's memory at `address` is part of;
 * false when it is part of none. */
bool el2_record_at(const struct el2 *el2, uint64_t address,
                   struct el2_record *record);

/* Address of the root table of a vmid, and of a bank. */
uint64_t el2_npt_root(const struct el2 *el2, uint32_t vmid);
uint64_t el2_spt_root(const struct el2 *el2, uint32_t bank);

/* Tables taken so far at `level` (NPT: 1..3, SPT: 2..3). */
uint32_t el2_npt_tables_taken(const struct el2 *el2, uint32_t vmid,
                              unsigned level);
uint32_t el2_spt_tables_taken(const struct el2 *el2, unsigned level);

#endif
