/*
 * Calls of the EL2 code on the fake shim: memory, calls by name, panics with
 * the locks that they leave held, and page records. The fake shim itself fails
 * a test when a lock is taken out of order or something is touched without its
 * lock.
 *
 * Boards include it: impl_page_board.h and impl_hypercall_board.h.
 */
#ifndef TESTS_UNIT_IMPL_CALLS_H
#define TESTS_UNIT_IMPL_CALLS_H

#include "tests/unit/fake_shim.h"

#include <string.h>

/*
 * Memory, in pages:
 *
 *   0x000 .. 0x010   host, with page 0
 *   0x010 .. 0x400   nothing: devices
 *   0x400 .. 0xc00   host, four blocks
 *   0xc00 .. 0x1000  EL2
 */
#define DEVICE_PFN  UINT64_C(0x100)
#define HOST_PFN    UINT64_C(0x400)
#define HOST_END    UINT64_C(0xc00)
#define EL2_END     UINT64_C(0x1000)
#define HOST_OFFSET UINT64_C(0x8000000)
#define CORE_VMID   16u

#define HELD_NOTHING UINT64_C(0)
#define HELD_SMMU    el2_lock_bit(EL2_LOCK_SMMU)
#define HELD_VM(v)   el2_lock_bit(EL2_LOCK_VM + (v))
#define HELD_CORE    el2_lock_bit(EL2_LOCK_CORE)
#define HELD_PAGE    el2_lock_bit(EL2_LOCK_PAGE)
#define HELD_NPT(v)  el2_lock_bit(EL2_LOCK_NPT + (v))
#define HELD_SPT     el2_lock_bit(EL2_LOCK_SPT)

/* Who includes this defines it. */
static const struct el2_platform platform;

static struct el2 el2;

static inline int boot(void **state)
{
    (void)state;
    return fake_shim_boot(&el2, &platform) ? 0 : -1;
}

static inline bool run(uint32_t number, const uint64_t *arguments,
                       uint64_t *result)
{
    struct el2_call call = {.number = number};

    memcpy(call.arguments, arguments, sizeof call.arguments);
    return fake_shim_call(&el2, &call, result);
}

/* The name of a call, for messages. */
static inline const char *name_of_call(uint32_t number)
{
    const char *name =
        number < EL2_CALL_NUMBER_LIMIT ? el2_calls[number].name : NULL;

    return name == NULL ? "a number without a call" : name;
}

static inline uint64_t must_return(uint32_t number, const uint64_t *arguments)
{
    uint64_t result = 0;

    if (!run(number, arguments, &result)) {
        fail_msg("%s panicked", name_of_call(number));
    }
    return result;
}

static inline void must_panic(el2_lock_set held, uint32_t number,
                              const uint64_t *arguments)
{
    uint64_t result;

    if (run(number, arguments, &result)) {
        fail_msg("%s returned", name_of_call(number));
    }
    if (fake_shim_held() != held) {
        fail_msg("%s left 0x%llx held, not 0x%llx", name_of_call(number),
                 (unsigned long long)fake_shim_held(),
                 (unsigned long long)held);
    }
}

/* Calls by name, with as many arguments as they have. */
#define CALL(name, ...)                                                        \
    must_return(EL2_CALL_##name, (uint64_t[EL2_ARGUMENT_LIMIT]){__VA_ARGS__})
#define PANICS(held, name, ...)                                                \
    must_panic((held), EL2_CALL_##name,                                        \
               (uint64_t[EL2_ARGUMENT_LIMIT]){__VA_ARGS__})

static inline void expect_page(uint64_t pfn, uint32_t owner, uint32_t count,
                               uint64_t gfn)
{
    struct el2_record is = el2_record_of_page(&el2, pfn);

    if (is.owner != owner || is.count != count || is.gfn != gfn) {
        fail_msg("page 0x%llx is {%u, %u, 0x%llx}, not {%u, %u, 0x%llx}",
                 (unsigned long long)pfn, is.owner, is.count,
                 (unsigned long long)is.gfn, owner, count,
                 (unsigned long long)gfn);
    }
}

static inline void expect_host_page(uint64_t pfn)
{
    expect_page(pfn, EL2_HOSTVISOR, 0, pfn + HOST_OFFSET);
}

#endif
