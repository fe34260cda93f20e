#include "fuzz/divergence.h"

#include "fuzz/cell_text.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const observation_names[EL2_OBSERVATION_COUNT] = {
    [EL2_OBSERVE_PANIC] = "panic",   [EL2_OBSERVE_RESULT] = "result",
    [EL2_OBSERVE_OWNER] = "owner",   [EL2_OBSERVE_COUNT] = "count",
    [EL2_OBSERVE_GFN] = "gfn",       [EL2_OBSERVE_NPT] = "npt",
    [EL2_OBSERVE_SPT] = "spt",       [EL2_OBSERVE_BANK] = "bank",
    [EL2_OBSERVE_VM] = "vm",         [EL2_OBSERVE_IMAGES] = "images",
    [EL2_OBSERVE_CORE] = "core",     [EL2_OBSERVE_MEMORY] = "memory",
    [EL2_OBSERVE_TABLES] = "tables", [EL2_OBSERVE_INVARIANT] = "invariant",
};

const char *divergence_observation_name(enum el2_observation observation)
{
    return observation_names[observation];
}

void divergence_signature(const struct divergence *divergence, char *text,
                          size_t size)
{
    snprintf(text, size, "%s.%s.%s", el2_calls[divergence->call.number].name,
             el2_outcome_name(divergence->outcome),
             observation_names[divergence->observation]);
}

static void describe_panic(const struct divergence *divergence, char *text,
                           size_t size)
{
    const struct el2_step *expected = &divergence->expected_step;
    const struct el2_step *actual = &divergence->actual_step;
    if (actual->fault != NULL) {
        snprintf(text, size, "fault: %s\n", actual->fault);
        return;
    }
    snprintf(text, size,
             "panic\n"
             "  expected  %s\n"
             "  actual    %s\n",
             expected->panicked ? "a panic" : "none",
             actual->panicked ? "a panic" : "none");
}

static void step_result(const struct el2_step *step, char *text, size_t size)
{
    static const char *const accesses[] = {
        [EL2_ACCESS_NONE] = "nothing",
        [EL2_ACCESS_DONE] = "done",
        [EL2_ACCESS_FAULT] = "a fault",
        [EL2_ACCESS_DEVICE] = "a device",
        [EL2_ACCESS_UNKNOWN] = "anything but a fault",
    };
    if (step->has_result) {
        snprintf(text, size, "0x%" PRIx64, step->result);
    } else {
        snprintf(text, size, "%s", accesses[step->access]);
    }
}

static void describe_result(const struct divergence *divergence, char *text,
                            size_t size)
{
    char expected[32];
    char actual[32];
    step_result(&divergence->expected_step, expected, sizeof expected);
    step_result(&divergence->actual_step, actual, sizeof actual);
    snprintf(text, size,
             "result\n"
             "  expected  %s\n"
             "  actual    %s\n",
             expected, actual);
}

static void describe_invariant(const struct divergence *divergence, char *text,
                               size_t size)
{
    char entry[96];
    char page[96];
    cell_name(divergence->violation.entry, entry, sizeof entry);
    cell_name(divergence->violation.page, page, sizeof page);
    snprintf(text, size, "the invariant %s is broken on the %s: %s and %s\n",
             el2_invariant_names[divergence->violation.invariant],
             divergence->violator, entry, page);
}

static void describe_cell(const struct divergence *divergence, char *text,
                          size_t size)
{
    char name[96];
    char expected[160];
    char actual[160];
    cell_name(divergence->cell, name, sizeof name);
    cell_value(divergence->cell, divergence->expected, expected,
               sizeof expected);
    cell_value(divergence->cell, divergence->actual, actual, sizeof actual);
    snprintf(text, size,
             "%s\n"
             "  expected  %s\n"
             "  actual    %s\n",
             name, expected, actual);
}

static void describe_difference(const struct divergence *divergence, char *text,
                                size_t size)
{
    switch (divergence->observation) {
    case EL2_OBSERVE_PANIC:
        describe_panic(divergence, text, size);
        break;
    case EL2_OBSERVE_RESULT:
        describe_result(divergence, text, size);
        break;
    case EL2_OBSERVE_INVARIANT:
        describe_invariant(divergence, text, size);
        break;
    default:
        describe_cell(divergence, text, size);
        break;
    }
}

/* Which table was made to fail, a line, or nothing. */
static void describe_failure(const struct divergence *divergence, char *text,
                             size_t size)
{
    const struct table_allocation *failed = &divergence->failed_table;
    char name[TABLE_ALLOCATION_NAME_SIZE];
    text[0] = '\0';
    if (failed->number != 0) {
        table_allocation_name(failed, name, sizeof name);
        snprintf(text, size, "with table %" PRIu32 " made to fail: %s\n",
                 failed->number, name);
    }
}

void divergence_describe(const struct divergence *divergence, char *text,
                         size_t size)
{
    char difference[512];
    char others[64] = "";
    char failure[128];
    describe_failure(divergence, failure, sizeof failure);
    describe_difference(divergence, difference, sizeof difference);
    if (divergence->others > 0) {
        snprintf(others, sizeof others, "and %zu more at this step\n",
                 divergence->others);
    }
    snprintf(text, size, "step %zu, %s: %s (%s)\n%s%s%s", divergence->step,
             el2_calls[divergence->call.number].name,
             el2_outcome_name(divergence->outcome),
             el2_outcome_says(divergence->outcome), failure, difference,
             others);
}
