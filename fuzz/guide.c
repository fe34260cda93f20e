#include "fuzz/guide.h"

bool guide_create(struct guide *guide, const struct el2_platform *platform,
                  const char **why)
{
    guide->platform = *platform;
    guide->machine = el2_create_model(platform, el2_oracle_bytes, why);
    return guide->machine != NULL;
}

void guide_destroy(struct guide *guide)
{
    if (guide->machine != NULL) {
        guide->machine->operations->destroy(guide->machine);
        guide->machine = NULL;
    }
}

enum guide_verdict guide_try(struct guide *guide, enum el2_run run,
                             const struct program_call *call)
{
    struct el2_machine *machine = guide->machine;
    const struct el2_machine_operations *operations = machine->operations;
    struct el2_call resolved;
    program_resolve(call, &guide->platform, &resolved);
    guide->changed = 0;
    if (!operations->admits(machine, run, &resolved)) {
        return GUIDE_SKIPPED;
    }
    guide->before = operations->position(machine);
    if (operations->room(machine) == 0) {
        guide->step = (struct el2_step){.panicked = true};
        return GUIDE_PANICS; /* the program ends there as well */
    }
    operations->step(machine, &resolved, &guide->step);
    if (guide->step.panicked) {
        guide_undo(guide);
        return GUIDE_PANICS;
    }
    guide->changed = operations->touched(machine).count;
    return guide->step.has_result || guide->changed > 0 ? GUIDE_CHANGES
                                                        : GUIDE_IDLE;
}

void guide_undo(struct guide *guide)
{
    guide_rewind(guide, guide->before);
}

size_t guide_position(const struct guide *guide)
{
    return guide->machine->operations->position(guide->machine);
}

void guide_rewind(struct guide *guide, size_t position)
{
    guide->machine->operations->rewind(guide->machine, position);
}

struct guide_ending guide_make(struct guide *guide, enum el2_run run,
                               const struct program_call *call)
{
    enum guide_verdict verdict = guide_try(guide, run, call);
    return verdict == GUIDE_SKIPPED
               ? (struct guide_ending){.verdict = verdict}
               : (struct guide_ending){verdict, guide->step.outcome,
                                       guide->step.access};
}

struct guide_ending guide_probe(struct guide *guide, enum el2_run run,
                                const struct program_call *call)
{
    size_t position = guide_position(guide);
    struct guide_ending ending = guide_make(guide, run, call);
    guide_rewind(guide, position);
    return ending;
}

bool guide_same_ending(const struct guide_ending *a,
                       const struct guide_ending *b)
{
    return a->verdict == b->verdict && a->outcome == b->outcome &&
           a->access == b->access;
}

void guide_begin(struct guide *guide)
{
    guide->machine->operations->reset(guide->machine);
}

size_t guide_follow(struct guide *guide, const struct program *program)
{
    size_t at = 0;
    guide_begin(guide);
    while (at < program->call_count &&
           guide_try(guide, program->run, &program->calls[at]) !=
               GUIDE_PANICS) {
        at++;
    }
    return at;
}
