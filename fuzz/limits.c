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

bool limits_find(struct random *random, uint64_t *value, limits_differs differs,
                 const void *context)
{
    uint64_t near = *value;
    uint64_t far = near;
    bool is_found = false;
    for (unsigned i = 0; i < FAR_TRIES && !is_found; i++) {
        far = draw_far(random, near);
        is_found = differs(context, far);
    }
    if (!is_found) {
        return false;
    }
    while (near + 1 != far && near - 1 != far) {
        uint64_t middle =
            near < far ? near + (far - near) / 2 : near - (near - far) / 2;
        if (differs(context, middle)) {
            far = middle;
        } else {
            near = middle;
        }
    }
    *value = random_one_in(random, 2) ? near : far;
    return true;
}

/* A call with values to try for one of its operands. */
struct approach {
    struct guide *guide;
    enum el2_run run;
    struct program_call *call;
    uint32_t argument;
    struct guide_ending ending; /* of the call as it was */
};

static void set_operand(const struct approach *approach, uint64_t value)
{
    const struct el2_call_description *description =
        &el2_calls[approach->call->number];
    struct operand *operand = &approach->call->operands[approach->argument];
    *operand = operand_make(description->arguments[approach->argument].kind,
                            operand->base, value);
}

static bool ends_otherwise(const void *context, uint64_t value)
{
    const struct approach *approach = context;
    set_operand(approach, value);
    struct guide_ending ending =
        guide_probe(approach->guide, approach->run, approach->call);
    return !guide_same_ending(&ending, &approach->ending);
}

void limits_approach(struct random *random, struct guide *guide,
                     enum el2_run run, struct program_call *call)
{
    uint32_t count = el2_calls[call->number].argument_count;
    if (count == 0) {
        return;
    }
    struct approach approach = {
        .guide = guide,
        .run = run,
        .call = call,
        .argument = (uint32_t)random_below(random, count),
        .ending = guide_probe(guide, run, call),
    };
    uint64_t value = call->operands[approach.argument].value;
    (void)limits_find(random, &value, ends_otherwise, &approach);
    set_operand(&approach, value);
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

/* Append the call, from where the guide is before it, until it ends otherwise.
 * False when it never does. */
static bool repeat(const struct strides *strides, struct guide *guide,
                   struct program *program, struct program_call call,
                   struct guide_ending *last)
{
    struct guide_ending first = guide_make(guide, program->run, &call);
    *last = first;
    if (guide->changed == 0) {
        return false;
    }
    for (unsigned n = 0;
         n < REPEAT_LIMIT && program->call_count < PROGRAM_CALL_LIMIT; n++) {
        program->calls[program->call_count++] = call;
        if (!guide_same_ending(last, &first)) {
            return true;
        }
        advance(&call, strides);
        *last = guide_make(guide, program->run, &call);
        if (last->verdict == GUIDE_SKIPPED) {
            return false;
        }
    }
    return false;
}

bool limits_exhaust(struct random *random, struct guide *guide,
                    struct program *program, const struct program_call *call)
{
    struct strides strides = draw_strides(random);
    struct guide_ending last;
    size_t position = guide_position(guide);
    size_t count = program->call_count;
    if (!repeat(&strides, guide, program, *call, &last)) {
        guide_rewind(guide, position);
        program->call_count = count;
        return true;
    }
    return last.verdict != GUIDE_PANICS;
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
