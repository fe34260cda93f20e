#include "fuzz/growth.h"

#include "fuzz/boot_draw.h"
#include "fuzz/limits.h"
#include "fuzz/operand_draw.h"

/* Most calls that a program grows by at its end, if it is not used up. */
#define GROWTH 64

/* Most times that a program made of nothing grows. */
#define ROUNDS 4

/* Calls drawn for each place at the end, until one is good. */
#define TRIES 16

/* Most calls that are done again for the next page. */
#define ECHO 8

/* One VM in so many that is verified gets images before. */
#define BOOT_PERIOD 4

/* Cells that a call changes at a price worth a thought, and what all such
 * calls of a program may cost. Time is what a fuzzer has: a program of ranges
 * and blocks takes that of fifty others. */
#define DEAR   UINT64_C(64)
#define BUDGET UINT64_C(1024)

static bool is_full(const struct draft *draft)
{
    return draft->program->call_count == PROGRAM_CALL_LIMIT;
}

/* Where the next call comes; the program is not full. */
static struct program_call *next_call(struct draft *draft)
{
    return &draft->program->calls[draft->program->call_count];
}

/* Whether a call that has been made is to be in the program: a third of those
 * that do nothing, most of those that only tell something, a few of those that
 * would end it, and once *spent is beyond the budget few that cost much. */
static bool is_worth_it(struct draft *draft, enum guide_verdict verdict,
                        uint64_t *spent)
{
    size_t changed = draft->guide->changed;
    if (verdict == GUIDE_IDLE || verdict == GUIDE_SKIPPED) {
        return random_one_in(&draft->random, 3);
    }
    if (verdict == GUIDE_PANICS) {
        return random_one_in(&draft->random, 4);
    }
    if (changed < DEAR) {
        return changed > 0 || !random_one_in(&draft->random, 8);
    }
    if (*spent > BUDGET && !random_one_in(&draft->random, 16)) {
        return false;
    }
    *spent += changed;
    return true;
}

void growth_tidy(struct draft *draft)
{
    struct program *program = draft->program;
    size_t kept = 0;
    uint64_t spent = 0;
    bool goes_on = true;
    guide_begin(draft->guide);
    for (size_t i = 0; i < program->call_count && goes_on; i++) {
        enum guide_verdict verdict = draft_try(draft, &program->calls[i]);
        if (is_worth_it(draft, verdict, &spent)) {
            program->calls[kept++] = program->calls[i];
            goes_on = verdict != GUIDE_PANICS;
        } else if (verdict == GUIDE_CHANGES) {
            guide_undo(draft->guide);
        }
    }
    program->call_count = kept;
}

/* Now and then what the last call, which changes something, is about gets
 * richer before it: a VM that is verified has images, and what the host hands
 * over it has mapped and written to. The call is taken back and comes again;
 * returns how it ends then. */
static enum guide_verdict prepare(struct draft *draft)
{
    struct program *program = draft->program;
    const struct program_call call = program->calls[program->call_count - 1];
    bool boots = call.number == EL2_CALL_verify_vm_image &&
                 random_one_in(&draft->random, BOOT_PERIOD);
    struct program_call fault;
    struct program_call store;
    if (program->call_count + BOOT_CALLS > PROGRAM_CALL_LIMIT ||
        (!boots && (!random_one_in(&draft->random, 6) ||
                    !draft_host_write(draft, &call, &fault, &store)))) {
        return GUIDE_CHANGES;
    }
    guide_undo(draft->guide);
    program->call_count--;
    if (boots) {
        boot_append_images(draft, call.operands[0]);
    } else {
        draft_append_if_changing(draft, &fault);
        draft_append_if_changing(draft, &store);
    }
    program->calls[program->call_count++] = call;
    return draft_try(draft, &call);
}

/* Whether random calls seldom panic like this. */
static bool is_rare_panic(enum el2_outcome outcome)
{
    switch (outcome) {
    case EL2_OUTCOME_PANIC_ARGUMENT:
    case EL2_OUTCOME_PANIC_VM_STATE:
    case EL2_OUTCOME_PANIC_VCPU_STATE:
    case EL2_OUTCOME_PANIC_NO_VMID_LEFT:
    case EL2_OUTCOME_PANIC_OTHER_OWNER:
    case EL2_OUTCOME_PANIC_OTHER_GFN:
    case EL2_OUTCOME_PANIC_PRIVATE_PAGE:
        return false;
    default:
        return true;
    }
}

/* Whether a call of this verdict is the next one: mostly if it changes
 * something, which is more than to tell something, without costing much. */
static bool is_wanted(struct draft *draft, enum guide_verdict verdict)
{
    struct random *random = &draft->random;
    switch (verdict) {
    case GUIDE_CHANGES:
        return draft->guide->changed == 0     ? random_one_in(random, 3)
               : draft->guide->changed < DEAR ? true
                                              : random_one_in(random, 8);
    case GUIDE_IDLE:
        return random_one_in(random, 6);
    case GUIDE_PANICS:
        return random_one_in(
            random, is_rare_panic(draft->guide->step.outcome) ? 16 : 512);
    default:
        return false;
    }
}

/* A call that goes on from where the program leads, if one of a few does.
 * False when it ends the program. */
static bool grow_by_one(struct draft *draft)
{
    struct program_call *call = next_call(draft);
    enum guide_verdict verdict = GUIDE_SKIPPED;
    bool is_found = false;
    for (unsigned i = 0; i < TRIES && !is_found; i++) {
        draft_call(draft, call);
        if (random_one_in(&draft->random, 64)) {
            operand_spoil(&draft->random, call);
        }
        verdict = draft_try(draft, call);
        is_found = is_wanted(draft, verdict);
        if (!is_found && (verdict == GUIDE_IDLE || verdict == GUIDE_CHANGES)) {
            guide_undo(draft->guide);
        }
    }
    if (!is_found) {
        return true;
    }
    draft->program->call_count++;
    if (verdict == GUIDE_CHANGES) {
        verdict = prepare(draft);
    }
    return verdict != GUIDE_PANICS;
}

/* A call with an operand where the call begins to end otherwise. False when
 * that ends the program. */
static bool grow_at_limit(struct draft *draft)
{
    struct program_call *call = next_call(draft);
    draft_call(draft, call);
    limits_approach(&draft->random, draft->guide, draft->program->run, call);
    enum guide_verdict verdict = draft_try(draft, call);
    draft->program->call_count += verdict != GUIDE_SKIPPED;
    return verdict != GUIDE_PANICS;
}

/* A call, mostly one that the program has, as often as it can be made. False
 * when that ends the program. */
static bool grow_to_exhaustion(struct draft *draft)
{
    struct program_call call;
    if (draft->program->call_count == 0 || random_one_in(&draft->random, 3)) {
        draft_call(draft, &call);
    } else {
        call = *draft_earlier_call(draft);
    }
    return limits_exhaust(&draft->random, draft->guide, draft->program, &call);
}

/* What was done for one page, VM or image done for the next one. */
static bool grow_by_echo(struct draft *draft)
{
    size_t most = draft->program->call_count;
    most = most < ECHO ? most : ECHO;
    if (most > 0) {
        limits_echo(&draft->random, draft->guide, draft->program,
                    1 + random_below(&draft->random, most));
    }
    return true;
}

/* A call that may be refused: one that the program has, but for an operand, or
 * another one of a kind. */
static void draw_refused(struct draft *draft, const struct program_call *like,
                         uint32_t number, struct program_call *call)
{
    if (like != NULL) {
        *call = *like;
    } else {
        draft_operands(draft, number, call);
    }
    if (like != NULL || random_one_in(&draft->random, 2)) {
        operand_spoil(&draft->random, call);
    }
}

/* What is refused is refused in a rich state too: a last call that panics or
 * does nothing, now and then, costs the program nothing. Of a few each way to
 * be refused is as likely, however many calls end in it. */
static void end_with_refusal(struct draft *draft)
{
    struct program_call call;
    struct program *program = draft->program;
    uint32_t number = draft_number(draft);
    const struct program_call *like = NULL;
    if (program->call_count > 0 && random_one_in(&draft->random, 2)) {
        like = draft_earlier_call(draft);
    }
    struct guide_ending chosen = {.verdict = GUIDE_SKIPPED};
    uint64_t ways = 0;
    for (unsigned i = 0; i < TRIES; i++) {
        draw_refused(draft, like, number, &call);
        struct guide_ending ending = draft_probe(draft, &call);
        bool is_refused =
            ending.verdict == GUIDE_PANICS || ending.verdict == GUIDE_IDLE;
        if (is_refused && !guide_same_ending(&ending, &chosen) &&
            random_one_in(&draft->random, ++ways)) {
            chosen = ending;
            *next_call(draft) = call;
        }
    }
    program->call_count += ways > 0;
}

/* The first of a few calls that panics. */
static void end_with_drawn_panic(struct draft *draft)
{
    enum guide_verdict verdict = GUIDE_SKIPPED;
    for (unsigned i = 0; i < TRIES && verdict != GUIDE_PANICS; i++) {
        draft_call(draft, next_call(draft));
        verdict = draft_probe(draft, next_call(draft)).verdict;
    }
    draft->program->call_count += verdict == GUIDE_PANICS;
}

/* Some calls more, as far as a swarm of them goes, and mostly a refusal, which
 * may end the program: one of each kind as likely, or as they are drawn. */
static void grow_for_a_while(struct draft *draft)
{
    draft_choose_swarm(draft);
    size_t n = 1 + random_below(&draft->random, GROWTH);
    bool goes_on = true;
    for (size_t i = 0; i < n && goes_on && !is_full(draft); i++) {
        uint64_t choice = random_below(&draft->random, 64);
        goes_on = choice == 0  ? grow_to_exhaustion(draft)
                  : choice < 4 ? grow_at_limit(draft)
                  : choice < 6 ? grow_by_echo(draft)
                               : grow_by_one(draft);
    }
    if (!goes_on || is_full(draft) || random_one_in(&draft->random, 4)) {
        return;
    }
    if (random_one_in(&draft->random, 2)) {
        end_with_refusal(draft);
    } else {
        end_with_drawn_panic(draft);
    }
}

void growth_grow(struct draft *draft)
{
    draft->program->call_count = guide_follow(draft->guide, draft->program);
    grow_for_a_while(draft);
}

void growth_start_anew(struct draft *draft)
{
    draft->program->call_count = 0;
    for (uint64_t n = 1 + random_below(&draft->random, ROUNDS); n > 0; n--) {
        growth_grow(draft);
    }
}

void growth_draw_to_panic(struct draft *draft)
{
    size_t n = 1 + random_below(&draft->random, GROWTH);
    enum guide_verdict verdict = GUIDE_SKIPPED;
    draft->program->call_count = 0;
    guide_begin(draft->guide);
    for (size_t i = 0; i < n && verdict != GUIDE_PANICS; i++) {
        draft_call(draft, next_call(draft));
        verdict = draft_try(draft, next_call(draft));
        draft->program->call_count += verdict != GUIDE_SKIPPED;
    }
}
