#include "fuzz/limits.h"

/* Values far off, of which one must end otherwise. */
#define FAR_TRIES 6

/* The greatest limit that anything counts to is the shares of a page. */
#define REPEAT_LIMIT (EL2_DEFAULT_SHARE_COUNT + 2)

static uint64_t draw_far(struct random *random, uint64_t value)
{
    uint64_t power = UINT64_C(1) << random_below(random, 64);
    switch (random_below(random, 4)) {
    case 0:
        return 0;
    case 1:
        return value + power;
    case 2:
        return value - power;
    default:
        return power - 1;
    }
}

/* Between a value that ends like `near` and one that does not. */
struct search {
    struct guide *guide;
    enum el2_run run;
    struct program_call *call; /* that the values are tried with */
    uint32_t argument;
    struct guide_ending near;
};

static bool ends_near(const struct search *search, uint64_t value)
{
    struct operand *operand = &search->call->operands[search->argument];
    const struct el2_call_description *description =
        &el2_calls[search->call->number];
    *operand = operand_make(description->arguments[search->argument].kind,
                            operand->base, value);
    struct guide_ending ending =
        guide_probe(search->guide, search->run, search->call);
    return guide_same_ending(&ending, &search->near);
}

static bool find_far(const struct search *search, struct random *random,
                     uint64_t value, uint64_t *far)
{
    for (unsigned i = 0; i < FAR_TRIES; i++) {
        *far = draw_far(random, value);
        if (!ends_near(search, *far)) {
            return true;
        }
    }
    return false;
}

/* Halve the distance until there is none between the two. */
static void close_in(const struct search *search, uint64_t *near, uint64_t *far)
{
    while (*near + 1 != *far && *near - 1 != *far && *near != *far) {
        uint64_t middle = *near < *far ? *near + (*far - *near) / 2
                                       : *near - (*near - *far) / 2;
        if (ends_near(search, middle)) {
            *near = middle;
        } else {
            *far = middle;
        }
    }
}

void limits_approach(struct random *random, struct guide *guide,
                     enum el2_run run, struct program_call *call)
{
    const struct el2_call_description *description = &el2_calls[call->number];
    if (description->argument_count == 0) {
        return;
    }
    struct program_call tried = *call;
    struct search search = {
        .guide = guide,
        .run = run,
        .call = &tried,
        .argument = (uint32_t)random_below(random, description->argument_count),
        .near = guide_probe(guide, run, call),
    };
    struct operand *operand = &call->operands[search.argument];
    uint64_t near = operand->value;
    uint64_t far;
    if (find_far(&search, random, near, &far)) {
        close_in(&search, &near, &far);
        *operand =
            operand_make(description->arguments[search.argument].kind,
                         operand->base, random_one_in(random, 2) ? near : far);
    }
}

/* How far operands go with each repetition. */
struct strides {
    uint64_t page;  /* of memory */
    uint64_t guest; /* page that a guest or a device addresses */
    uint64_t things[EL2_ARGUMENT_KIND_COUNT]; /* VMs, banks and the like */
};

/* As memory and tables are arranged: pages, blocks, and what an entry of an
 * upper table spans. */
static struct strides draw_strides(struct random *random)
{
    static const uint64_t pages[] = {0, 1, EL2_PAGES_PER_BLOCK};
    struct strides strides = {
        .page = random_of(random, pages, sizeof pages / sizeof pages[0]),
        .guest = random_one_in(random, 3)
                     ? 0
                     : UINT64_C(1) << 9 * random_below(random, 4),
    };
    strides.things[EL2_ARGUMENT_VMID] = random_one_in(random, 4);
    strides.things[EL2_ARGUMENT_BANK] = random_one_in(random, 4);
    strides.things[EL2_ARGUMENT_VCPU] = random_one_in(random, 4);
    strides.things[EL2_ARGUMENT_IMAGE] = random_one_in(random, 2);
    return strides;
}

static uint64_t stride_of(const struct strides *strides,
                          enum el2_argument_kind kind, enum operand_base base)
{
    /* The host addresses memory by its own pages. */
    uint64_t guest = base == OPERAND_NUMBER ? strides->guest : strides->page;
    switch (kind) {
    case EL2_ARGUMENT_PFN:
        return strides->page;
    case EL2_ARGUMENT_PHYSICAL:
    case EL2_ARGUMENT_DESCRIPTOR:
        return strides->page << EL2_PAGE_SHIFT;
    case EL2_ARGUMENT_GFN:
        return guest;
    case EL2_ARGUMENT_IPA:
    case EL2_ARGUMENT_IOVA:
        return guest << EL2_PAGE_SHIFT;
    default:
        return strides->things[kind];
    }
}

static void advance(struct program_call *call, const struct strides *strides)
{
    const struct el2_call_description *description = &el2_calls[call->number];
    for (uint32_t i = 0; i < description->argument_count; i++) {
        enum el2_argument_kind kind = description->arguments[i].kind;
        struct operand *operand = &call->operands[i];
        *operand = operand_make(kind, operand->base,
                                operand->value +
                                    stride_of(strides, kind, operand->base));
    }
}

bool limits_exhaust(struct random *random, struct guide *guide,
                    struct program *program, const struct program_call *call)
{
    struct program_call next = *call;
    struct strides strides = draw_strides(random);
    struct guide_ending first = guide_make(guide, program->run, &next);
    if (first.verdict == GUIDE_IDLE) {
        guide_undo(guide);
    }
    if (first.verdict != GUIDE_CHANGES) {
        return true;
    }
    struct guide_ending ending = first;
    for (unsigned n = 0; program->call_count < PROGRAM_CALL_LIMIT &&
                         n < REPEAT_LIMIT && guide_same_ending(&ending, &first);
         n++) {
        program->calls[program->call_count++] = next;
        advance(&next, &strides);
        ending = guide_make(guide, program->run, &next);
    }
    if (ending.verdict != GUIDE_SKIPPED &&
        program->call_count < PROGRAM_CALL_LIMIT) {
        program->calls[program->call_count++] = next;
    }
    return ending.verdict != GUIDE_PANICS;
}

void limits_echo(struct random *random, struct guide *guide,
                 struct program *program, size_t count)
{
    struct strides strides = draw_strides(random);
    size_t from = program->call_count - count;
    for (size_t i = 0; i < count && program->call_count < PROGRAM_CALL_LIMIT;
         i++) {
        struct program_call *call = &program->calls[program->call_count];
        *call = program->calls[from + i];
        advance(call, &strides);
        enum guide_verdict verdict = guide_try(guide, program->run, call);
        if (verdict == GUIDE_CHANGES) {
            program->call_count++;
        } else if (verdict == GUIDE_IDLE) {
            guide_undo(guide);
        }
    }
}
