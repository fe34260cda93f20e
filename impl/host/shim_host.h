/*
 * The shim of the EL2 code (impl/shim.h) on the host: which board it stands
 * on, and how a panic gets back to the caller.
 */
#ifndef IMPL_HOST_SHIM_HOST_H
#define IMPL_HOST_SHIM_HOST_H

#include "el2/locks.h"
#include "impl/host/physical.h"

#include <setjmp.h>

struct shim_host {
    struct physical memory;
    el2_lock_set held;
    /* Set before EL2 code runs; a panic or a fault comes back here. */
    jmp_buf stopped;
    const char *panic; /* EL2's reason, when it panicked */
    const char *fault; /* what EL2 did that no EL2 code may do */
    /* Pages outside EL2's memory that the step wrote start here. */
    uint64_t *step_pages; /* pfn */
    size_t step_page_count;
};

/* The board that the EL2 code runs on from here on. */
void shim_host_enter(struct shim_host *host);

#endif
