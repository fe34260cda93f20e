#include "fuzz/draft.h"

#include "fuzz/operand_draw.h"

#include <string.h>

/* Earlier calls looked at for one that a new call goes on from. */
#define CONTEXTS 4

/* Draws until a call is taken although it is left out: all may be. */
#define SWARM_TRIES 8

void draft_choose_swarm(struct draft *draft)
{
    bool is_swarm = random_one_in(&draft->random, 2);
    for (size_t i = 0; i < EL2_CALL_NUMBER_LIMIT / 64; i++) {
        draft->left_out[i] = is_swarm ? random_next(&draft->random) : 0;
    }
}

uint32_t draft_number(struct draft *draft)
{
    const struct mutator_urn *urn = &draft->mutator->urns[draft->program->run];
    uint32_t number = 0;
    for (unsigned i = 0; i < SWARM_TRIES; i++) {
        number = urn->numbers[random_below(&draft->random, urn->count)];
        if ((draft->left_out[number / 64] >> (number % 64) & 1) == 0) {
            break;
        }
    }
    return number;
}

/* How many of a call's arguments another call has too. */
static uint32_t common_kinds(const struct el2_call_description *a,
                             const struct el2_call_description *b)
{
    uint32_t common = 0;
    for (uint32_t i = 0; i < a->argument_count; i++) {
        for (uint32_t k = 0; k < b->argument_count; k++) {
            common += a->arguments[i].kind == b->arguments[k].kind;
        }
    }
    return common;
}

struct program_call *draft_earlier_call(struct draft *draft)
{
    struct program *program = draft->program;
    return &program->calls[random_below(&draft->random, program->call_count)];
}

/* Of a few earlier calls the one with most in common with a call like this;
 * NULL when there is none. */
static const struct program_call *
draw_context(struct draft *draft,
             const struct el2_call_description *description)
{
    const struct program_call *best = NULL;
    uint32_t most = 0;
    for (unsigned i = 0; i < CONTEXTS && draft->program->call_count > 0; i++) {
        const struct program_call *call = draft_earlier_call(draft);
        uint32_t common = common_kinds(description, &el2_calls[call->number]);
        if (best == NULL || common > most) {
            best = call;
            most = common;
        }
    }
    return best;
}

/* Mostly the call is about what one earlier call was about: this bank and this
 * address in it, this VM and this page. */
void draft_operands(struct draft *draft, uint32_t number,
                    struct program_call *call)
{
    struct random *random = &draft->random;
    const struct el2_call_description *description = &el2_calls[number];
    const struct program_call *context =
        random_one_in(random, 4) ? NULL : draw_context(draft, description);
    call->number = number;
    for (uint32_t i = 0; i < description->argument_count; i++) {
        enum el2_argument_kind kind = description->arguments[i].kind;
        if (context == NULL || random_one_in(random, 6) ||
            !operand_follow(random, context, kind, &call->operands[i])) {
            call->operands[i] =
                operand_draw(random, draft->program, draft->platform, kind);
        }
    }
    operand_relate(random, call);
}

void draft_call(struct draft *draft, struct program_call *call)
{
    draft_operands(draft, draft_number(draft), call);
}

enum guide_verdict draft_try(struct draft *draft,
                             const struct program_call *call)
{
    return guide_try(draft->guide, draft->program->run, call);
}

struct guide_ending draft_probe(struct draft *draft,
                                const struct program_call *call)
{
    return guide_probe(draft->guide, draft->program->run, call);
}

bool draft_append_if_changing(struct draft *draft,
                              const struct program_call *call)
{
    enum guide_verdict verdict = draft_try(draft, call);
    if (verdict == GUIDE_IDLE) {
        guide_undo(draft->guide);
    }
    if (verdict != GUIDE_CHANGES) {
        return false;
    }
    draft->program->calls[draft->program->call_count++] = *call;
    return true;
}

bool draft_host_write(struct draft *draft, const struct program_call *call,
                      struct program_call *fault, struct program_call *store)
{
    struct operand *page = &store->operands[1];
    *fault = (struct program_call){.number = EL2_CALL_host_fault};
    *store = (struct program_call){.number = EL2_CALL_mem_store};
    if (!operand_follow(&draft->random, call, EL2_ARGUMENT_PHYSICAL,
                        &fault->operands[0]) ||
        !operand_follow(&draft->random, fault, EL2_ARGUMENT_PFN, page)) {
        return false;
    }
    *page = operand_make(EL2_ARGUMENT_GFN, page->base, page->value);
    operand_relate(&draft->random, store);
    return true;
}

bool draft_open_gap(struct draft *draft, size_t at, size_t n)
{
    struct program *program = draft->program;
    if (program->call_count + n > PROGRAM_CALL_LIMIT) {
        return false;
    }
    memmove(&program->calls[at + n], &program->calls[at],
            (program->call_count - at) * sizeof program->calls[0]);
    program->call_count += n;
    return true;
}
