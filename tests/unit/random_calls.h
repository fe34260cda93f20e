/*
 * Calls drawn at random for the board of model_cases.h, from a seed: the same
 * seed, the same calls. Few pages and few addresses, so that calls meet.
 */
#ifndef TESTS_UNIT_RANDOM_CALLS_H
#define TESTS_UNIT_RANDOM_CALLS_H

#include "tests/unit/model_cases.h"

/* Not zero, or all that follows is zero. */
static inline uint64_t draw(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed >> 16;
}

static inline bool one_in(uint64_t *seed, uint64_t n)
{
    return draw(seed) % n == 0;
}

static inline uint64_t random_pfn(uint64_t *seed)
{
    static const uint64_t rare[] = {0, DEVICE_PAGE, EL2_PAGE, HOST_PAGE + 512};
    return one_in(seed, 16) ? rare[draw(seed) % 4] : HOST_PAGE + draw(seed) % 4;
}

static inline uint64_t random_gfn(uint64_t *seed)
{
    return 0x200 + draw(seed) % 3;
}

static inline uint64_t random_argument(uint64_t *seed,
                                       enum el2_argument_kind kind)
{
    static const uint64_t types[] = {3, 3, 3, EL2_SMMU_PAGE, EL2_S2_KERNEL, 1};
    switch (kind) {
    case EL2_ARGUMENT_VMID:
        return draw(seed) % 3;
    case EL2_ARGUMENT_PFN:
        return random_pfn(seed);
    case EL2_ARGUMENT_GFN:
        return random_gfn(seed);
    case EL2_ARGUMENT_PHYSICAL:
        return AT(random_pfn(seed));
    case EL2_ARGUMENT_IPA:
        return AT(one_in(seed, 4) ? random_pfn(seed) : random_gfn(seed));
    case EL2_ARGUMENT_IOVA:
        return AT(one_in(seed, 2) ? random_gfn(seed)
                                  : random_pfn(seed) + HOST_OFFSET);
    case EL2_ARGUMENT_DESCRIPTOR:
        return AT(random_pfn(seed)) | types[draw(seed) % 6];
    case EL2_ARGUMENT_LEVEL:
        return one_in(seed, 16) ? 2 : 3;
    case EL2_ARGUMENT_PAGES:
        return draw(seed) % 5;
    case EL2_ARGUMENT_SIZE:
        return AT(draw(seed) % 5);
    case EL2_ARGUMENT_BANK:
    case EL2_ARGUMENT_SMMU:
    case EL2_ARGUMENT_VCPU:
    case EL2_ARGUMENT_IMAGE:
        return draw(seed) % 2;
    case EL2_ARGUMENT_LENGTH:
        return AT(draw(seed) % 5);
    case EL2_ARGUMENT_ATTRIBUTES:
        return one_in(seed, 8) ? 0 : 0xc0;
    case EL2_ARGUMENT_OFFSET:
        return 4 * (draw(seed) % 4);
    case EL2_ARGUMENT_WIDTH:
        return one_in(seed, 2) ? 4 : 8;
    case EL2_ARGUMENT_VALUE:
        return draw(seed);
    }
    return 0;
}

/* Those that the contracts of page operations speak of. */
static inline bool is_of_pages(uint32_t number)
{
    switch (number) {
    case EL2_CALL_register_kvm:
    case EL2_CALL_smmu_alloc_pgd:
    case EL2_CALL_smmu_free_pgd:
    case EL2_CALL_vm_poweroff:
        return true;
    default:
        return el2_calls[number].issuer <= EL2_ISSUER_OPERATION;
    }
}

static inline uint32_t random_call_number(uint64_t *seed, enum el2_run run)
{
    uint32_t number = 0;
    do {
        number = (uint32_t)(draw(seed) % EL2_CALL_NUMBER_LIMIT);
    } while (el2_calls[number].name == NULL || !is_of_pages(number) ||
             (el2_calls[number].issuer == EL2_ISSUER_TABLES) !=
                 (run == EL2_RUN_TABLES) ||
             (number == EL2_CALL_vm_poweroff && !one_in(seed, 4)));
    return number;
}

static inline struct el2_call random_call(uint64_t *seed, enum el2_run run)
{
    struct el2_call call = {.number = random_call_number(seed, run)};
    const struct el2_call_description *description = &el2_calls[call.number];
    for (uint32_t i = 0; i < description->argument_count; i++) {
        call.arguments[i] =
            random_argument(seed, description->arguments[i].kind);
    }
    return call;
}

#endif
