#include "fuzz/interplay.h"

#include "fuzz/limits.h"

/* Calls tried to make another one end otherwise. */
#define DISTURBANCES 32

/* Most calls from where something changes to the one that is watched. */
#define DISTANCE 16

/* To where the program is before one of its calls. Returns that call, or the
 * one that ends the program sooner. */
static size_t follow_to(struct draft *draft, size_t call)
{
    guide_begin(draft->guide);
    for (size_t i = 0; i < call; i++) {
        if (draft_try(draft, &draft->program->calls[i]) == GUIDE_PANICS) {
            return i;
        }
    }
    return call;
}

/* Half of the time the last call: most led to it. */
static size_t draw_watched(struct draft *draft)
{
    size_t count = draft->program->call_count;
    return random_one_in(&draft->random, 2)
               ? count - 1
               : random_below(&draft->random, count);
}

/* Make what comes before the watched call: a call of this number, or a store
 * by the host to a page that the program has. Returns how many calls. */
static size_t make_disturbance(struct draft *draft, uint32_t number,
                               struct program_call calls[2])
{
    if (random_one_in(&draft->random, 4) &&
        draft_host_write(draft, draft_earlier_call(draft), &calls[0],
                         &calls[1])) {
        size_t made = draft_try(draft, &calls[0]) == GUIDE_CHANGES;
        calls[made == 0 ? 0 : 1] = calls[1];
        return made + (draft_try(draft, &calls[made]) == GUIDE_CHANGES);
    }
    draft_operands(draft, number, &calls[0]);
    return draft_try(draft, &calls[0]) == GUIDE_CHANGES;
}

/* What comes after the first panic is never made. */
static void drop_after_panic(struct draft *draft)
{
    size_t good = guide_follow(draft->guide, draft->program);
    if (good < draft->program->call_count) {
        draft->program->call_count = good + 1;
    }
}

/* There is room for them. */
static void insert(struct draft *draft, size_t at,
                   const struct program_call *calls, size_t count)
{
    (void)draft_open_gap(draft, at, count);
    for (size_t i = 0; i < count; i++) {
        draft->program->calls[at + i] = calls[i];
    }
}

/* How the watched call ends when the calls before it are made from `from` on,
 * where the guide is; false when one of them panics. */
static bool is_reached(struct draft *draft, size_t from, size_t watched,
                       struct guide_ending *ending)
{
    const struct program *program = draft->program;
    for (size_t i = from; i < watched; i++) {
        if (draft_try(draft, &program->calls[i]) == GUIDE_PANICS) {
            return false;
        }
    }
    *ending = draft_probe(draft, &program->calls[watched]);
    return true;
}

/* Half of the time what disturbs comes right before the watched call. */
static size_t draw_place_before(struct draft *draft, size_t watched)
{
    size_t most = watched < DISTANCE ? watched : DISTANCE;
    return random_one_in(&draft->random, 2)
               ? watched
               : watched - random_below(&draft->random, most + 1);
}

void interplay_disturb(struct draft *draft)
{
    struct program *program = draft->program;
    if (program->call_count == 0 ||
        program->call_count + 2 > PROGRAM_CALL_LIMIT) {
        return;
    }
    size_t watched = draw_watched(draft);
    size_t at = draw_place_before(draft, watched);
    struct guide_ending before;
    if (follow_to(draft, at) != at) {
        return;
    }
    uint32_t number = draft_number(draft);
    size_t position = guide_position(draft->guide);
    if (!is_reached(draft, at, watched, &before)) {
        return;
    }
    for (unsigned i = 0; i < DISTURBANCES; i++) {
        struct program_call calls[2];
        struct guide_ending after;
        guide_rewind(draft->guide, position);
        size_t made = make_disturbance(draft, number, calls);
        if (made > 0 && is_reached(draft, at, watched, &after) &&
            !guide_same_ending(&before, &after)) {
            insert(draft, at, calls, made);
            drop_after_panic(draft);
            return;
        }
    }
}

/* An operand of a call, and the later call that is watched. */
struct bend {
    struct draft *draft;
    size_t call;
    uint32_t argument;
    size_t watched;
    size_t position; /* of the guide before the call */
    struct guide_ending ending;
    uint64_t magnitude; /* of what the watched call changes */
};

static uint64_t magnitude(uint64_t value)
{
    return value == 0 ? 0 : 64 - (uint64_t)__builtin_clzll(value);
}

/* Give the operand a value and see how the watched call ends; where the
 * program panics before, how that does. */
static struct guide_ending watch(const struct bend *bend, uint64_t value,
                                 uint64_t *changed)
{
    struct program *program = bend->draft->program;
    struct guide *guide = bend->draft->guide;
    struct program_call *call = &program->calls[bend->call];
    struct operand *operand = &call->operands[bend->argument];
    *operand =
        operand_make(el2_calls[call->number].arguments[bend->argument].kind,
                     operand->base, value);
    struct guide_ending ending = {.verdict = GUIDE_IDLE};
    guide_rewind(guide, bend->position);
    for (size_t i = bend->call;
         i <= bend->watched && ending.verdict != GUIDE_PANICS; i++) {
        ending = guide_make(guide, program->run, &program->calls[i]);
    }
    *changed = magnitude(guide->changed);
    return ending;
}

static bool makes_difference(const void *context, uint64_t value)
{
    const struct bend *bend = context;
    uint64_t changed;
    struct guide_ending ending = watch(bend, value, &changed);
    return !guide_same_ending(&ending, &bend->ending) ||
           changed != bend->magnitude;
}

/* The call and operand to bend; false when there is none. */
static bool choose_bend(struct draft *draft, struct bend *bend)
{
    struct program *program = draft->program;
    if (program->call_count < 2) {
        return false;
    }
    size_t watched = draw_watched(draft);
    size_t most = watched < DISTANCE ? watched : DISTANCE;
    if (most == 0) {
        return false;
    }
    size_t call = watched - 1 - random_below(&draft->random, most);
    const struct el2_call_description *description =
        &el2_calls[program->calls[call].number];
    if (description->argument_count == 0 || follow_to(draft, call) != call) {
        return false;
    }
    *bend = (struct bend){
        .draft = draft,
        .call = call,
        .argument =
            (uint32_t)random_below(&draft->random, description->argument_count),
        .watched = watched,
        .position = guide_position(draft->guide),
    };
    return true;
}

void interplay_bend(struct draft *draft)
{
    struct bend bend;
    if (!choose_bend(draft, &bend)) {
        return;
    }
    struct operand *operand =
        &draft->program->calls[bend.call].operands[bend.argument];
    uint64_t value = operand->value;
    bend.ending = watch(&bend, value, &bend.magnitude);
    limits_find(&draft->random, &value, makes_difference, &bend);
    (void)watch(&bend, value, &bend.magnitude);
    drop_after_panic(draft);
}
