/*
 * The state of the page that a call names, before the call, in the terms in
 * which semantics.md section 4 branches: whose the page is, what its count
 * says, and whether the host maps it (clear_pfn_host). What it has as gfn is
 * told apart by how the call ends.
 */
#ifndef FUZZ_PAGE_STATE_H
#define FUZZ_PAGE_STATE_H

#include "el2/machine.h"

#include <stdbool.h>

/* "Own" is of the VM that the call names or that owns the bank it names. */
enum page_standing {
    PAGE_NONE,     /* the call names no page, or more than one */
    PAGE_NO_OWNER, /* INVALID: a device, absent memory, page 0 */
    PAGE_OF_EL2,
    PAGE_HOST_FREE,     /* count 0 */
    PAGE_HOST_DMA,      /* a host device maps it */
    PAGE_HOST_DMA_FULL, /* count at max_dma_count or above */
    PAGE_OWN_PRIVATE,   /* count 0 */
    PAGE_OWN_SHARED,
    PAGE_OWN_FULL,      /* count at max_share_count or above */
    PAGE_OWN_DEVICE,    /* count INVALID: given through an SMMU */
    PAGE_OTHER_PRIVATE, /* of another VM, as above */
    PAGE_OTHER_SHARED,
    PAGE_OTHER_FULL,
    PAGE_OTHER_DEVICE,
    PAGE_STANDING_COUNT
};

/* A standing, and whether the host maps the page. */
struct page_state {
    enum page_standing standing;
    bool host_maps; /* false for PAGE_NONE */
};

/* Calls that are about one page: those of section 4, and the hypercalls and
 * events that are one of those behind checks. */
bool page_state_is_of(uint32_t call_number);

/* Of a call that the specification is about to make, in its state of now. */
struct page_state page_state_before(struct el2_machine *specification,
                                    const struct el2_platform *platform,
                                    const struct el2_call *call);

/* One word: "host_dma". */
const char *page_standing_name(enum page_standing standing);

#endif
