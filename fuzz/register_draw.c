#include "fuzz/register_draw.h"

#include "el2/platform.h"

/* Registers of an SMMU (semantics.md section 6.1). */
#define CONTEXT_BANKS UINT64_C(0x8000)
#define CBAR          UINT64_C(0x1000)

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static uint64_t draw_length(struct random *random)
{
    static const uint64_t extremes[] = {
        0,
        1,
        EL2_BLOCK_SIZE,
        513 * EL2_PAGE_SIZE,
        EL2_RANGE_PAGES_MAX * EL2_PAGE_SIZE,
        EL2_PHYSICAL_SPACE,
        EL2_ADDRESS_SPACE,
        UINT64_C(1) << 63,
        UINT64_MAX,
    };
    if (random_one_in(random, 12)) {
        return random_of(random, extremes, COUNT(extremes));
    }
    if (random_one_in(random, 24)) {
        return UINT64_C(1) << (EL2_PAGE_SHIFT + random_below(random, 52));
    }
    uint64_t length = (1 + random_below(random, 6)) * EL2_PAGE_SIZE;
    return random_one_in(random, 8)
               ? length - random_below(random, 2 * EL2_PAGE_SIZE)
               : length;
}

static uint64_t draw_attributes(struct random *random)
{
    static const uint64_t sensible[] = {0xc0,  0x40, 0,
                                        0x7c0, 0xc1, UINT64_C(1) << 54};
    if (random_one_in(random, 24)) {
        return random_one_in(random, 2)
                   ? UINT64_C(1) << 63
                   : UINT64_C(1) << (12 + random_below(random, 36));
    }
    return random_of(random, sensible, COUNT(sensible));
}

/* Mostly one that others use too; sometimes past the last that there is. */
static uint64_t draw_bank(struct random *random)
{
    return random_below(random,
                        random_one_in(random, 8) ? EL2_BANKS_PER_SMMU + 2 : 3);
}

static uint64_t draw_offset(struct random *random)
{
    static const uint64_t of_bank[] = {0, 0x20, 0x24, 0x28, 0x30, 0x34, 0x38};
    static const uint64_t global[] = {0,      4,      8,      12,
                                      0x17f8, 0x17fc, 0x1800, 0x7ffc};
    /* Of a window, by the sizes that platforms have. */
    static const uint64_t last[] = {0x10000, 0x20000, 0x40000};
    switch (random_below(random, 8)) {
    case 0:
    case 1:
    case 2:
        return CONTEXT_BANKS + draw_bank(random) * EL2_PAGE_SIZE +
               random_of(random, of_bank, COUNT(of_bank));
    case 3:
    case 4:
        return CBAR + 4 * draw_bank(random);
    case 5:
    case 6:
        return random_of(random, global, COUNT(global));
    default:
        return random_one_in(random, 2) ? random_of(random, last, COUNT(last)) -
                                              4 * random_below(random, 3)
                                        : random_below(random, 0x40000);
    }
}

static uint64_t draw_width(struct random *random)
{
    static const uint64_t others[] = {0, 1, 2, 3, 16, UINT64_C(4) << 32};
    if (random_one_in(random, 24)) {
        return random_of(random, others, COUNT(others));
    }
    return random_one_in(random, 3) ? 8 : 4;
}

static uint64_t draw_value(struct random *random)
{
    static const uint64_t sensible[] = {
        0,
        1,
        UINT64_C(1) << 21, /* sCR0.SMCFCFG */
        (UINT64_C(1) << 21) | 1,
        0x100, /* sCR2 with a clean low byte */
        EL2_BAD_SIGNATURE,
    };
    switch (random_below(random, 6)) {
    case 0: /* CBAR: owner, and a type, of which one is allowed */
        return random_below(random, 4) | random_below(random, 4) << 16;
    case 1:
        return random_next(random);
    default:
        return random_of(random, sensible, COUNT(sensible));
    }
}

uint64_t register_draw(struct random *random, enum el2_argument_kind kind)
{
    switch (kind) {
    case EL2_ARGUMENT_VCPU:
        return random_one_in(random, 16) ? random_below(random, 10)
                                         : random_below(random, 2);
    case EL2_ARGUMENT_IMAGE:
        return random_one_in(random, 16) ? random_below(random, 7)
                                         : random_below(random, 2);
    case EL2_ARGUMENT_LENGTH:
        return draw_length(random);
    case EL2_ARGUMENT_ATTRIBUTES:
        return draw_attributes(random);
    case EL2_ARGUMENT_OFFSET:
        return draw_offset(random);
    case EL2_ARGUMENT_WIDTH:
        return draw_width(random);
    default:
        return draw_value(random);
    }
}

uint64_t register_draw_high_bit(struct random *random, uint64_t value)
{
    static const uint64_t bits[] = {UINT64_C(1) << 28, UINT64_C(1) << 32,
                                    UINT64_C(1) << 36, UINT64_C(1) << 40,
                                    UINT64_C(1) << 48, UINT64_C(1) << 63};
    uint64_t bit = random_of(random, bits, COUNT(bits));
    switch (random_below(random, 192)) {
    case 0:
        return value | bit;
    case 1: /* as if a narrower number had been negative */
        return value | ~(bit - 1);
    default:
        return value;
    }
}
