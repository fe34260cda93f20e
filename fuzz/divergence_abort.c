/*
 * The stack of a divergence. Tools that group crashes look at the first few
 * frames: differs_<observation>() called by in_<call>(), and nothing shared
 * above them. Names that such tools ignore (panic, free, new, assert ...) are
 * kept out of the frames' names by the prefixes.
 */
#include "fuzz/divergence.h"

#include "fuzz/isolation.h"

#include <stdio.h>
#include <stdlib.h>

/* Kept from being inlined or turned into a jump: each must stay a frame. */
#if defined(__clang__)
#define DIVERGENCE_FRAME __attribute__((noinline, disable_tail_calls)) static
#else
#define DIVERGENCE_FRAME                                                       \
    __attribute__((noinline, noclone,                                          \
                   optimize("no-optimize-sibling-calls"))) static
#endif

typedef void (*differs_function)(void);

#define DIFFERS(observation)                                                   \
    DIVERGENCE_FRAME void differs_##observation(void)                          \
    {                                                                          \
        fputs("divergence: " #observation "\n", stderr);                       \
        abort();                                                               \
    }

DIFFERS(panic_or_fault)
DIFFERS(result)
DIFFERS(owner)
DIFFERS(count)
DIFFERS(gfn)
DIFFERS(npt)
DIFFERS(spt)
DIFFERS(bank)
DIFFERS(vm)
DIFFERS(images)
DIFFERS(core)
DIFFERS(memory)
DIFFERS(tables)
DIFFERS(invariant)

static const differs_function differs[EL2_OBSERVATION_COUNT] = {
    [EL2_OBSERVE_PANIC] = differs_panic_or_fault,
    [EL2_OBSERVE_RESULT] = differs_result,
    [EL2_OBSERVE_OWNER] = differs_owner,
    [EL2_OBSERVE_COUNT] = differs_count,
    [EL2_OBSERVE_GFN] = differs_gfn,
    [EL2_OBSERVE_NPT] = differs_npt,
    [EL2_OBSERVE_SPT] = differs_spt,
    [EL2_OBSERVE_BANK] = differs_bank,
    [EL2_OBSERVE_VM] = differs_vm,
    [EL2_OBSERVE_IMAGES] = differs_images,
    [EL2_OBSERVE_CORE] = differs_core,
    [EL2_OBSERVE_MEMORY] = differs_memory,
    [EL2_OBSERVE_TABLES] = differs_tables,
    [EL2_OBSERVE_INVARIANT] = differs_invariant,
};

/* The message differs by call, so that no two are folded into one. */
#define EL2_CALL(number, name, issuer, result, count, ...)                     \
    DIVERGENCE_FRAME void in_##name(enum el2_observation observation)          \
    {                                                                          \
        fputs("in " #name "\n", stderr);                                       \
        differs[observation]();                                                \
    }
#include "el2/calls.def"
#undef EL2_CALL

#define EL2_CALL(number, name, issuer, result, count, ...) [number] = in_##name,
static void (*const in_call[EL2_CALL_NUMBER_LIMIT])(enum el2_observation) = {
#include "el2/calls.def"
};
#undef EL2_CALL

/* Such a line anywhere makes ClusterFuzz call the crash a security issue, and
 * so severe. */
static void print_severity(enum isolation isolation)
{
    static const char *const severities[] = {
        [ISOLATION_AT_RISK] = "Medium",
        [ISOLATION_BROKEN] = "High",
    };
    if (isolation != ISOLATION_KEPT) {
        fprintf(stderr, "FuzzerSecurityIssue%s: %s\n", severities[isolation],
                isolation_says(isolation));
    }
}

_Noreturn void divergence_abort(const struct divergence *divergence,
                                const char *replay)
{
    char signature[DIVERGENCE_SIGNATURE_SIZE];
    char text[DIVERGENCE_TEXT_SIZE];
    divergence_signature(divergence, signature, sizeof signature);
    divergence_describe(divergence, text, sizeof text);
    fprintf(stderr, "DIVERGENCE %s\n%sreplay: %s\n\n", signature, text, replay);
    print_severity(divergence_isolation(divergence));
    fprintf(stderr, "ASSERTION FAILED: FuzzerHash=%s\n", signature);
    in_call[divergence->call.number](divergence->observation);
    abort();
}
