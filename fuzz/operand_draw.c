#include "fuzz/operand_draw.h"

#include "fuzz/register_draw.h"

/* What operands of different kinds have in common when they agree. */
enum subject {
    SUBJECT_VM,
    SUBJECT_PAGE,  /* of memory: pfn, physical address, descriptor */
    SUBJECT_GUEST, /* page that a guest or a device addresses */
    SUBJECT_OTHER
};

static enum subject subject_of(enum el2_argument_kind kind)
{
    switch (kind) {
    case EL2_ARGUMENT_VMID:
        return SUBJECT_VM;
    case EL2_ARGUMENT_PFN:
    case EL2_ARGUMENT_PHYSICAL:
    case EL2_ARGUMENT_DESCRIPTOR:
        return SUBJECT_PAGE;
    case EL2_ARGUMENT_GFN:
    case EL2_ARGUMENT_IPA:
    case EL2_ARGUMENT_IOVA:
        return SUBJECT_GUEST;
    default:
        return SUBJECT_OTHER;
    }
}

/* The page of an operand, whatever unit its kind counts in. */
static uint64_t page_of(enum el2_argument_kind kind, struct operand operand)
{
    bool pages = kind == EL2_ARGUMENT_PFN || kind == EL2_ARGUMENT_GFN;
    return pages ? operand.value
                 : (operand.value & EL2_DESCRIPTOR_ADDRESS) >> EL2_PAGE_SHIFT;
}

/* An operand that the program has about the same subject, its value as a
 * page; false when a few tries find none. */
static bool reuse(struct random *random, const struct program *program,
                  enum subject subject, struct operand *found)
{
    for (unsigned tries = 0; tries < 6 && program->call_count > 0; tries++) {
        const struct program_call *call =
            &program->calls[random_below(random, program->call_count)];
        const struct el2_call_description *description =
            &el2_calls[call->number];
        for (uint32_t i = 0; i < description->argument_count; i++) {
            enum el2_argument_kind kind = description->arguments[i].kind;
            if (subject_of(kind) == subject) {
                *found = call->operands[i];
                found->value = subject == SUBJECT_VM ? found->value
                                                     : page_of(kind, *found);
                return true;
            }
        }
    }
    return false;
}

static uint64_t draw_vm(struct random *random, const struct program *program)
{
    struct operand found;
    if (!random_one_in(random, 3) &&
        reuse(random, program, SUBJECT_VM, &found)) {
        return found.value;
    }
    if (random_one_in(random, 8)) {
        return random_below(random, EL2_VMID_LIMIT + 1);
    }
    return random_one_in(random, 6) ? EL2_HOSTVISOR
                                    : 1 + random_below(random, 2);
}

/* Pages at which something ends: of blocks, of small memories, of all. */
static uint64_t edge_page(struct random *random)
{
    static const uint64_t edges[] = {
        0,
        1,
        511,
        512,
        513,
        1023,
        1024,
        1025,
        1535,
        1536,
        2047,
        2048,
        EL2_PFN_SPACE - 2,
        EL2_PFN_SPACE - 1,
        EL2_PFN_SPACE,
        EL2_GFN_SPACE - 1,
        EL2_GFN_SPACE,
    };
    return edges[random_below(random, sizeof edges / sizeof edges[0])];
}

/* A page of the platform at which something begins or ends. */
static uint64_t place_of_platform(struct random *random,
                                  const struct el2_platform *platform)
{
    uint32_t i = (uint32_t)random_below(random, platform->region_count +
                                                    platform->smmu_count);
    uint64_t base;
    uint64_t count;
    if (i < platform->region_count) {
        base = platform->regions[i].base;
        count = platform->regions[i].page_count;
    } else {
        const struct el2_smmu *smmu =
            &platform->smmus[i - platform->region_count];
        base = smmu->base >> EL2_PAGE_SHIFT;
        count = smmu->size >> EL2_PAGE_SHIFT;
    }
    switch (random_below(random, 4)) {
    case 0:
        return base + count;
    case 1:
        return base + count - 1;
    case 2:
        return base + random_below(random, count);
    default:
        return base;
    }
}

/* A page of memory. */
static struct operand draw_page(struct random *random,
                                const struct program *program,
                                const struct el2_platform *platform)
{
    struct operand operand;
    if (!random_one_in(random, 3) &&
        reuse(random, program, SUBJECT_PAGE, &operand)) {
        if (random_one_in(random, 8)) {
            operand.value++;
        }
        return operand;
    }
    uint64_t choice = random_below(random, 16);
    if (choice < 9) {
        return (struct operand){OPERAND_RAM, random_below(random, 16)};
    }
    if (choice < 12) {
        return (struct operand){OPERAND_RAM, 512 * random_below(random, 4)};
    }
    if (choice < 14) {
        return (struct operand){random_one_in(random, 3) ? OPERAND_NUMBER
                                                         : OPERAND_RAM,
                                edge_page(random)};
    }
    if (choice < 15 && platform != NULL && random_one_in(random, 2)) {
        return (struct operand){OPERAND_NUMBER,
                                place_of_platform(random, platform)};
    }
    if (choice < 15) {
        return (struct operand){OPERAND_EL2, random_below(random, 4)};
    }
    if (random_one_in(random, 4)) {
        return (struct operand){OPERAND_NUMBER, EL2_PFN_SPACE - 513 +
                                                    random_below(random, 1026)};
    }
    return (struct operand){OPERAND_NUMBER,
                            random_next(random) % EL2_PFN_SPACE >>
                                random_below(random, 28)};
}

/* Where the host finds a page that the program has: its own accesses go by the
 * pfn, those of its devices by the iova. False when it has none. */
static bool page_of_host(struct random *random, const struct program *program,
                         enum el2_argument_kind kind, struct operand *operand)
{
    bool by_device = kind == EL2_ARGUMENT_IOVA || random_one_in(random, 2);
    if (!reuse(random, program, SUBJECT_PAGE, operand)) {
        return false;
    }
    if (by_device) {
        operand->base = OPERAND_DMA;
    }
    return true;
}

/* A page that a guest or a device addresses. */
static struct operand draw_guest_page(struct random *random,
                                      const struct program *program,
                                      enum el2_argument_kind kind)
{
    struct operand operand;
    if (kind != EL2_ARGUMENT_IPA && random_one_in(random, 2) &&
        page_of_host(random, program, kind, &operand)) {
        return operand;
    }
    if (!random_one_in(random, 3) &&
        reuse(random, program, SUBJECT_GUEST, &operand)) {
        if (random_one_in(random, 8)) {
            /* Next to it, or the same in 32 bits or in one table. */
            static const uint64_t far[] = {1, UINT64_C(1) << 32,
                                           EL2_PAGES_PER_BLOCK};
            operand.value += random_of(random, far, sizeof far / sizeof far[0]);
        }
        return operand;
    }
    uint64_t choice = random_below(random, 16);
    if (choice < 8) {
        return (struct operand){OPERAND_NUMBER, 512 + random_below(random, 8)};
    }
    if (choice < 12) {
        /* Blocks, or so many of them that a pool of tables runs out. */
        uint64_t blocks = random_one_in(random, 2) ? 4 : 64;
        uint64_t page =
            EL2_PAGES_PER_BLOCK * (1 + random_below(random, blocks));
        return (struct operand){OPERAND_NUMBER,
                                page - random_one_in(random, 4)};
    }
    if (choice < 14) {
        return (struct operand){OPERAND_NUMBER, edge_page(random)};
    }
    return (struct operand){OPERAND_NUMBER,
                            random_next(random) % EL2_GFN_SPACE >>
                                random_below(random, 36)};
}

/* Low bits of a descriptor: what the specification uses, or anything. */
static uint64_t draw_attributes(struct random *random)
{
    static const uint64_t attributes[] = {
        EL2_S2_KERNEL,
        EL2_SMMU_PAGE | 0xc0,
        EL2_S2_DEVICE,
        EL2_DESCRIPTOR_BLOCK | 0x7c0,
    };
    if (random_one_in(random, 8)) {
        return random_next(random) & ~EL2_DESCRIPTOR_ADDRESS;
    }
    return attributes[random_below(random, 4)];
}

static uint64_t draw_level(struct random *random)
{
    if (random_one_in(random, 16)) {
        return random_below(random, 5);
    }
    return random_one_in(random, 3) ? 2 : 3;
}

static uint64_t draw_length(struct random *random)
{
    static const uint64_t edges[] = {0, 1, 2, 511, 512, 513, 4096};
    if (random_one_in(random, 8)) {
        return edges[random_below(random, sizeof edges / sizeof edges[0])];
    }
    return 1 + random_below(random, 6);
}

/* A page, in the unit of the kind. */
static struct operand in_unit(struct random *random,
                              enum el2_argument_kind kind, struct operand page)
{
    if (kind == EL2_ARGUMENT_PFN || kind == EL2_ARGUMENT_GFN) {
        return operand_make(kind, page.base, page.value);
    }
    uint64_t value = page.value << EL2_PAGE_SHIFT;
    if (kind == EL2_ARGUMENT_DESCRIPTOR || page.base != OPERAND_NUMBER) {
        value &= EL2_DESCRIPTOR_ADDRESS; /* where the page stands */
    }
    if (kind == EL2_ARGUMENT_DESCRIPTOR) {
        value |= draw_attributes(random);
    } else if (random_one_in(random, 8)) {
        value |= random_below(random, EL2_PAGE_SIZE);
    }
    return operand_make(kind, page.base, value);
}

bool operand_follow(struct random *random, const struct program_call *earlier,
                    enum el2_argument_kind kind, struct operand *operand)
{
    const struct el2_call_description *description =
        &el2_calls[earlier->number];
    enum subject subject = subject_of(kind);
    for (uint32_t i = 0; i < description->argument_count; i++) {
        enum el2_argument_kind of = description->arguments[i].kind;
        if (of == kind) {
            *operand = earlier->operands[i];
            return true;
        }
        if (subject != SUBJECT_OTHER && subject_of(of) == subject) {
            struct operand page = earlier->operands[i];
            page.value = page_of(of, page);
            *operand = in_unit(random, kind, page);
            return true;
        }
    }
    return false;
}

static struct operand draw(struct random *random, const struct program *program,
                           const struct el2_platform *platform,
                           enum el2_argument_kind kind)
{
    switch (kind) {
    case EL2_ARGUMENT_VMID:
        return operand_make(kind, OPERAND_NUMBER, draw_vm(random, program));
    case EL2_ARGUMENT_PFN:
    case EL2_ARGUMENT_PHYSICAL:
    case EL2_ARGUMENT_DESCRIPTOR:
        return in_unit(random, kind, draw_page(random, program, platform));
    case EL2_ARGUMENT_GFN:
    case EL2_ARGUMENT_IPA:
    case EL2_ARGUMENT_IOVA:
        return in_unit(random, kind, draw_guest_page(random, program, kind));
    case EL2_ARGUMENT_LEVEL:
        return operand_make(kind, OPERAND_NUMBER, draw_level(random));
    case EL2_ARGUMENT_PAGES:
        return operand_make(kind, OPERAND_NUMBER, draw_length(random));
    case EL2_ARGUMENT_SIZE:
        return operand_make(kind, OPERAND_NUMBER,
                            draw_length(random) * EL2_PAGE_SIZE -
                                random_one_in(random, 8));
    case EL2_ARGUMENT_BANK:
        return operand_make(kind, OPERAND_NUMBER,
                            random_one_in(random, 8) ? random_below(random, 9)
                                                     : random_below(random, 2));
    case EL2_ARGUMENT_SMMU:
        return operand_make(kind, OPERAND_NUMBER,
                            random_one_in(random, 6) ? random_below(random, 3)
                                                     : 0);
    default:
        return operand_make(kind, OPERAND_NUMBER, register_draw(random, kind));
    }
}

struct operand operand_draw(struct random *random,
                            const struct program *program,
                            const struct el2_platform *platform,
                            enum el2_argument_kind kind)
{
    struct operand operand = draw(random, program, platform, kind);
    operand.value = register_draw_high_bit(random, operand.value);
    return operand_make(kind, operand.base, operand.value);
}

void operand_relate(struct random *random, struct program_call *call)
{
    const struct el2_call_description *description = &el2_calls[call->number];
    struct operand *iova = NULL;
    struct operand *value = NULL;
    struct operand page = {OPERAND_NUMBER, 0};
    for (uint32_t i = 0; i < description->argument_count; i++) {
        enum el2_argument_kind kind = description->arguments[i].kind;
        if (kind == EL2_ARGUMENT_IOVA) {
            iova = &call->operands[i];
        } else if (kind == EL2_ARGUMENT_VALUE) {
            value = &call->operands[i];
        } else if (subject_of(kind) == SUBJECT_PAGE) {
            page = call->operands[i];
            page.value = page_of(kind, page);
        }
    }
    if (iova != NULL && page.base == OPERAND_RAM && random_one_in(random, 2)) {
        page.base = OPERAND_DMA;
        *iova = in_unit(random, EL2_ARGUMENT_IOVA, page);
    }
    if (value != NULL && description->issuer == EL2_ISSUER_ACCESS &&
        random_one_in(random, 2)) {
        value->value = EL2_BAD_SIGNATURE;
    }
}

void operand_spoil(struct random *random, struct program_call *call)
{
    const struct el2_call_description *description = &el2_calls[call->number];
    if (description->argument_count == 0) {
        return;
    }
    uint32_t i = (uint32_t)random_below(random, description->argument_count);
    struct operand *operand = &call->operands[i];
    uint64_t value = operand->value;
    switch (random_below(random, 6)) {
    case 0:
        value = UINT64_MAX;
        break;
    case 1:
        value += random_one_in(random, 2) ? 1 : UINT64_MAX;
        break;
    case 2: /* as if a narrower number had been negative */
        value |= UINT64_MAX << (28 + 4 * random_below(random, 6));
        break;
    default:
        value |= UINT64_C(1) << (4 + random_below(random, 60));
        break;
    }
    *operand =
        operand_make(description->arguments[i].kind, operand->base, value);
}
