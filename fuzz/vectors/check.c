/* Replaying a vector and naming the first thing that is not as it says. */
#include "fuzz/vectors/cell.h"
#include "fuzz/vectors/changes.h"
#include "fuzz/vectors/names.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* One step of a replay: what should have changed and what did. */
struct comparison {
    struct el2_machine *machine;
    const struct vector_change *expected;
    size_t expected_count;
    const struct vector_changes *actual;
    struct vector_mismatch *mismatch;
    size_t differences;
};

static void note(struct comparison *comparison,
                 enum vector_difference difference, el2_cell cell,
                 struct el2_value expected)
{
    struct vector_mismatch *mismatch = comparison->mismatch;
    if (comparison->differences++ > 0) {
        mismatch->others++;
        return;
    }
    mismatch->difference = difference;
    mismatch->cell = cell;
    mismatch->expected = expected;
    mismatch->before = vector_value_before(comparison->machine, cell);
    mismatch->actual = vector_value_now(comparison->machine, cell);
}

/* A change that should have been and was not. The machine either left the
 * cell alone, or the vector lists what was so before. */
static void note_missing(struct comparison *comparison,
                         const struct vector_change *expected)
{
    struct el2_value now =
        vector_value_now(comparison->machine, expected->cell);
    note(comparison,
         el2_value_equal(now, expected->value) ? VECTOR_NOT_A_CHANGE
                                               : VECTOR_VALUE,
         expected->cell, expected->value);
}

/* Both sides are ascending by cell, so this is a merge. */
static void compare_changes(struct comparison *comparison)
{
    const struct vector_changes *actual = comparison->actual;
    const struct el2_value nothing = {{0, 0}};
    size_t e = 0;
    size_t a = 0;
    while (e < comparison->expected_count || a < actual->count) {
        const struct vector_change *wanted =
            e < comparison->expected_count ? &comparison->expected[e] : NULL;
        const struct vector_change *found =
            a < actual->count ? &actual->at[a] : NULL;
        if (found != NULL && (wanted == NULL || found->cell < wanted->cell)) {
            note(comparison, VECTOR_CHANGED, found->cell, nothing);
            a++;
        } else if (wanted != NULL &&
                   (found == NULL || wanted->cell < found->cell)) {
            note_missing(comparison, wanted);
            e++;
        } else if (wanted != NULL && found != NULL) {
            if (!el2_value_equal(wanted->value, found->value)) {
                note(comparison, VECTOR_VALUE, wanted->cell, wanted->value);
            }
            a++;
            e++;
        }
    }
}

/* Panic, then the end of an access and the result. False: they are as
 * expected. */
static bool ends_differently(const struct vector_step *step,
                             struct vector_mismatch *mismatch)
{
    const struct el2_step *actual = &mismatch->actual_step;
    if (actual->fault != NULL) {
        mismatch->difference = VECTOR_FAULT;
        return true;
    }
    if (step->panics != actual->panicked) {
        mismatch->difference = VECTOR_PANIC;
        return true;
    }
    if (step->panics) {
        return false;
    }
    mismatch->difference = VECTOR_RESULT;
    return step->access != actual->access ||
           step->has_result != actual->has_result ||
           (step->has_result && step->result != actual->result);
}

static enum vector_verdict check_step(struct el2_machine *machine,
                                      const struct vector *vector,
                                      const struct vector_step *step,
                                      struct vector_changes *scratch,
                                      struct vector_mismatch *mismatch)
{
    const struct el2_machine_operations *operations = machine->operations;
    if (operations->room != NULL && operations->room(machine) == 0) {
        return VECTOR_NO_MEMORY;
    }
    mismatch->actual_step = (struct el2_step){.panicked = false};
    operations->step(machine, &step->call, &mismatch->actual_step);
    if (ends_differently(step, mismatch)) {
        return VECTOR_MISMATCH;
    }
    if (step->panics) {
        return VECTOR_SAME;
    }
    if (!vector_changes_of_step(scratch, machine)) {
        return VECTOR_NO_MEMORY;
    }
    struct comparison comparison = {
        .machine = machine,
        .expected = step->change_count == 0
                        ? NULL
                        : &vector->changes.at[step->first_change],
        .expected_count = step->change_count,
        .actual = scratch,
        .mismatch = mismatch,
    };
    compare_changes(&comparison);
    return comparison.differences > 0 ? VECTOR_MISMATCH : VECTOR_SAME;
}

enum vector_verdict vector_check(struct el2_machine *machine,
                                 const struct vector *vector,
                                 struct vector_mismatch *mismatch,
                                 size_t *steps)
{
    struct vector_changes scratch = {.at = NULL};
    enum vector_verdict verdict = VECTOR_SAME;
    *steps = 0;
    machine->operations->reset(machine);
    for (size_t i = 0; i < vector->step_count && verdict == VECTOR_SAME; i++) {
        *mismatch = (struct vector_mismatch){.step = i};
        verdict =
            check_step(machine, vector, &vector->steps[i], &scratch, mismatch);
        *steps += verdict != VECTOR_NO_MEMORY;
    }
    free(scratch.at);
    return verdict;
}

static void describe_result(enum el2_access access, bool has_result,
                            uint64_t result, char *text, size_t size)
{
    const char *name = vector_access_name(access);
    if (name != NULL) {
        (void)snprintf(text, size, "%s", name);
    } else if (has_result) {
        (void)snprintf(text, size, "0x%" PRIx64, result);
    } else {
        (void)snprintf(text, size, access == EL2_ACCESS_DONE ? "done" : "none");
    }
}

/* The first part of a cell in which two values differ; part 0 when they do
 * not. */
static size_t differing_part(enum el2_cell_kind kind, struct el2_value a,
                             struct el2_value b)
{
    for (size_t part = 0; vector_cell_part(kind, part) != NULL; part++) {
        char left[32];
        char right[32];
        vector_cell_print(kind, part, a, left, sizeof(left));
        vector_cell_print(kind, part, b, right, sizeof(right));
        if (strcmp(left, right) != 0) {
            return part;
        }
    }
    return 0;
}

static void describe_cell(const struct vector_mismatch *mismatch, char *text,
                          size_t size)
{
    enum el2_cell_kind kind = el2_cell_kind(mismatch->cell);
    bool unwanted = mismatch->difference == VECTOR_CHANGED;
    struct el2_value wanted = unwanted ? mismatch->before : mismatch->expected;
    size_t part = differing_part(kind, wanted, mismatch->actual);
    char name[64];
    char expected[32];
    char actual[32];
    vector_cell_name(mismatch->cell, name, sizeof(name));
    if (vector_cell_part(kind, part) == NULL) {
        (void)snprintf(text, size, "%s: no vector speaks of such", name);
        return;
    }
    vector_cell_print(kind, part, wanted, expected, sizeof(expected));
    vector_cell_print(kind, part, mismatch->actual, actual, sizeof(actual));
    if (unwanted) {
        (void)snprintf(text, size, "%s %s: not expected to change, got %s",
                       name, vector_cell_part(kind, part), actual);
    } else if (mismatch->difference == VECTOR_NOT_A_CHANGE) {
        (void)snprintf(text, size,
                       "%s: expected to change, but it was so before", name);
    } else {
        (void)snprintf(text, size, "%s %s: expected %s, got %s", name,
                       vector_cell_part(kind, part), expected, actual);
    }
}

static void describe_difference(const struct vector_step *step,
                                const struct vector_mismatch *mismatch,
                                char *text, size_t size)
{
    const struct el2_step *actual_step = &mismatch->actual_step;
    char expected[32];
    char actual[32];
    switch (mismatch->difference) {
    case VECTOR_FAULT:
        (void)snprintf(text, size, "fault: expected none, got: %s",
                       actual_step->fault);
        break;
    case VECTOR_PANIC:
        (void)snprintf(text, size,
                       step->panics ? "panic: expected one, got none (%s)"
                                    : "panic: expected none, got one (%s)",
                       el2_outcome_name(actual_step->outcome));
        break;
    case VECTOR_RESULT:
        describe_result(step->access, step->has_result, step->result, expected,
                        sizeof(expected));
        describe_result(actual_step->access, actual_step->has_result,
                        actual_step->result, actual, sizeof(actual));
        (void)snprintf(text, size, "result: expected %s, got %s", expected,
                       actual);
        break;
    default:
        describe_cell(mismatch, text, size);
        break;
    }
}

void vector_describe(const struct vector *vector,
                     const struct vector_mismatch *mismatch, char *text,
                     size_t size)
{
    const struct vector_step *step = &vector->steps[mismatch->step];
    char difference[256];
    char others[64] = "";
    describe_difference(step, mismatch, difference, sizeof(difference));
    if (mismatch->others > 0) {
        (void)snprintf(others, sizeof(others), " (and %zu more)",
                       mismatch->others);
    }
    (void)snprintf(text, size, "%s step %zu %s: %s%s", vector->id,
                   mismatch->step, el2_calls[step->call.number].name,
                   difference, others);
}
