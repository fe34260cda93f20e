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
    struct el2_step step;
    program_resolve(call, &guide->platform, &resolved);
    if (!operations->admits(machine, run, &resolved)) {
        return GUIDE_SKIPPED;
    }
    if (operations->room(machine) == 0) {
        return GUIDE_PANICS; /* the program ends there as well */
    }
    operations->step(machine, &resolved, &step);
    if (step.panicked) {
        operations->undo(machine);
        return GUIDE_PANICS;
    }
    return step.has_result || operations->touched(machine).count > 0
               ? GUIDE_CHANGES
               : GUIDE_IDLE;
}

void guide_undo(struct guide *guide)
{
    guide->machine->operations->undo(guide->machine);
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
