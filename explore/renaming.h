/*
 * Other names for VMs and pages under which nothing changes: VMs that differ by
 * nothing but their vmid, and pages by nothing but their place in memory.
 *
 * A renaming is one only for a domain that has, with every call, the call about
 * the renamed VM or page. Pages are renamed when they make up the whole of the
 * host's first memory, too few for a block: what a block maps are pages in
 * their order.
 */
#ifndef EXPLORE_RENAMING_H
#define EXPLORE_RENAMING_H

#include "el2/calls.h"
#include "el2/platform.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* VMs and pages that are renamed at most, and renamings of both. */
#define RENAMED_VMS     2
#define RENAMED_PAGES   4
#define RENAMINGS_LIMIT (2 * 24)

struct renaming {
    uint8_t vms[RENAMED_VMS]; /* from 0: of vmid 1 and so on */
    uint8_t pages[RENAMED_PAGES];
};

/* All renamings, the first of which changes nothing. */
struct renamings {
    size_t vms;           /* vmids that are renamed, from 1 on */
    size_t pages;         /* that are renamed, next to each other */
    uint64_t first_page;  /* pfn */
    uint64_t host_offset; /* of the host's iovas, pages */
    size_t count;
    struct renaming to[RENAMINGS_LIMIT];
};

/* Of this domain; or, without folding, only the first. */
void renamings_create(struct renamings *renamings,
                      const struct el2_platform *platform,
                      const struct el2_call *domain, size_t call_count,
                      bool folds);

/* A vmid, and a page number: of memory, or the iova of such a page, or anything
 * else. `renamed` says which of those that are renamed it is. */
#define NOT_RENAMED UINT8_MAX

struct vm_name {
    uint64_t vmid;
    uint8_t renamed;
};

struct page_name {
    uint64_t page;
    uint8_t renamed;
};

struct vm_name name_vm(const struct renamings *renamings, uint64_t vmid);
struct page_name name_page(const struct renamings *renamings, uint64_t page);

/* What it is called then. */
static inline uint64_t rename_vm(const struct renaming *renaming,
                                 struct vm_name name)
{
    return name.renamed == NOT_RENAMED
               ? name.vmid
               : (uint64_t)renaming->vms[name.renamed] + 1;
}

static inline uint64_t rename_page(const struct renaming *renaming,
                                   struct page_name name)
{
    return name.renamed == NOT_RENAMED
               ? name.page
               : name.page + renaming->pages[name.renamed] - name.renamed;
}

#endif
