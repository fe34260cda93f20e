/*
 * A shim for unit tests of the EL2 code: memory is an array, a panic is a
 * return, and what the code does to memory and TLBs is written down in order.
 *
 * It fails the running cmocka test when the code breaks a rule of impl/shim.h:
 * an access outside memory or not aligned, a lock out of order, a record, a
 * table, a page or a register touched without its lock, a lock still held after
 * a call.
 */
#ifndef TESTS_UNIT_FAKE_SHIM_H
#define TESTS_UNIT_FAKE_SHIM_H

#include "impl/el2.h"

#include "el2/locks.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_MEMORY_PAGES 0x1000u /* 16 MiB from address 0 */

enum fake_event_kind {
    FAKE_STORE,           /* address, value */
    FAKE_CLEAR_PAGE,      /* address */
    FAKE_ENCRYPT_PAGE,    /* address of what is written, of what is read */
    FAKE_DECRYPT_PAGE,    /* address */
    FAKE_SMMU_WRITE32,    /* SMMU, offset, value */
    FAKE_SMMU_WRITE64,    /* SMMU, offset, value */
    FAKE_INVALIDATE_IPA,  /* vmid, ipa */
    FAKE_INVALIDATE_IOVA, /* bank, iova */
    FAKE_INVALIDATE_BANK, /* bank */
};

/* Words that are not named are 0. */
struct fake_event {
    enum fake_event_kind kind;
    uint64_t first;
    uint64_t second;
    uint64_t third;
};

/* Boot `el2` on zeroed memory. False when it refuses. */
bool fake_shim_boot(struct el2 *el2, const struct el2_platform *platform);

/* One call, written down from an empty list on. False when it panicked. */
bool fake_shim_call(struct el2 *el2, const struct el2_call *call,
                    uint64_t *result);

/* What the last call left held. */
el2_lock_set fake_shim_held(void);

/* The i-th event of the last call, and how many there were. */
const struct fake_event *fake_shim_event(size_t i);
size_t fake_shim_event_count(void);

/* How often the last call took that lock, and read memory. */
size_t fake_shim_times_locked(unsigned lock);
size_t fake_shim_loads(void);

/* The word at a physical address, and filling a page with one. */
uint64_t fake_shim_peek(uint64_t address);
void fake_shim_fill_page(uint64_t pfn, uint64_t word);

#endif
