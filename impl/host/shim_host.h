/*
 * The shim of the EL2 code (impl/shim.h) on the host: which board it stands
 * on, what it did there besides storing words, and how a panic gets back to the
 * caller.
 *
 * It is also a guard. What no EL2 code may do ends the step with a `fault`,
 * one line that says what: to load or store a word outside EL2's own memory, to
 * clear, cipher or check a page that is no such page, to take a lock out of
 * order, to change more than a call can.
 */
#ifndef IMPL_HOST_SHIM_HOST_H
#define IMPL_HOST_SHIM_HOST_H

#include "el2/judged.h"
#include "el2/locks.h"
#include "el2/machine.h"
#include "impl/host/physical.h"

#include <setjmp.h>

/* What no EL2 code may do. */
enum shim_fault {
    SHIM_FAULT_READ_UNALIGNED,
    SHIM_FAULT_READ_OUTSIDE,
    SHIM_FAULT_WRITE_UNALIGNED,
    SHIM_FAULT_WRITE_OUTSIDE,
    SHIM_FAULT_TOO_MANY_READS,
    SHIM_FAULT_TOO_MANY_WORDS,
    SHIM_FAULT_TOO_MANY_PAGES,
    SHIM_FAULT_PAGE_UNALIGNED,
    SHIM_FAULT_PAGE_WITHOUT_MEMORY,
    SHIM_FAULT_OWN_PAGE_GIVEN,
    SHIM_FAULT_NO_SUCH_REGISTER,
    SHIM_FAULT_REGISTER_UNALIGNED,
    SHIM_FAULT_OTHER_REGISTER,
    SHIM_FAULT_LOCK_ORDER,
    SHIM_FAULT_LOCK_NOT_HELD,
    SHIM_FAULT_LOCK_KEPT,
    SHIM_FAULT_NONE
};

/* What each is called and says; SHIM_FAULT_NONE, which ends the list, nothing.
 */
extern const struct el2_fault shim_faults[SHIM_FAULT_NONE + 1];

/* A write that reached a register of an SMMU. */
struct shim_register_write {
    uint32_t smmu;
    uint32_t size;   /* bytes: 4 or 8 */
    uint64_t offset; /* within the register window, bytes */
    uint64_t value;
};

/* Most words that a call reads: 64 for each page of the longest range, more
 * than code needs that walks all four levels a dozen times for each. Code that
 * never ends is stopped after a moment, and on every machine at the same word.
 */
#define SHIM_STEP_READS_MAX (UINT64_C(64) * EL2_RANGE_PAGES_MAX)

struct shim_host {
    struct physical memory;
    el2_lock_set held;
    /* Set before EL2 code runs; a panic or a fault comes back here. */
    jmp_buf stopped;
    const char *panic;     /* EL2's reason, when it panicked */
    enum shim_fault fault; /* what EL2 did that no EL2 code may do */
    /* Pages outside EL2's memory that the step wrote start here; room for
     * EL2_CALL_PAGES_MAX. */
    uint64_t *step_pages; /* pfn */
    size_t step_page_count;
    /* Words of its own memory that EL2 may still read; 0: it does not run, and
     * who reads is the harness. */
    uint64_t reads_left;
    /* Register writes of the step: how many, and the last one. */
    size_t smmu_writes;
    struct shim_register_write smmu_write;
    /* By enum el2_guard: how often it compared something, ever. */
    uint64_t guarded[EL2_GUARD_COUNT];
};

/* The board that the EL2 code runs on from here on. */
void shim_host_enter(struct shim_host *host);

/* A new step begins: nothing was done, no lock is held. What EL2 stored is in
 * the log of `memory`. */
void shim_host_begin_step(struct shim_host *host);

/* EL2 runs from here on, and is stopped when it reads without end; it has
 * returned or was stopped. In between the harness must not read. */
void shim_host_start_el2(struct shim_host *host);
void shim_host_end_el2(struct shim_host *host);

/* The step wrote page pfn, which is outside EL2's memory. False when it wrote
 * more pages than a call may. */
bool shim_host_note_page(struct shim_host *host, uint64_t pfn);

#endif
