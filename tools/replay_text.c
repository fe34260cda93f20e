#include "tools/replay.h"

#include "fuzz/cell_text.h"

#include <inttypes.h>
#include <stdio.h>

/* A long range is told by its first pages. */
#define CHANGES_SHOWN 12

static bool stands_earlier(const el2_cell *cells, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (cells[i] == cells[at]) {
            return true;
        }
    }
    return false;
}

bool replay_next_change(const struct replay *replay, size_t *at, el2_cell *cell,
                        struct el2_value *before, struct el2_value *after)
{
    struct el2_machine *machine = replay->pair->lockstep.specification;
    struct el2_touched touched = machine->operations->touched(machine);
    while (*at < touched.count) {
        size_t i = (*at)++;
        *cell = touched.cells[i];
        *before = machine->operations->before(machine, *cell);
        *after = touched.values[i];
        if (!el2_value_equal(*before, *after) &&
            !stands_earlier(touched.cells, i)) {
            return true;
        }
    }
    return false;
}

void replay_print_header(const struct replay *replay)
{
    printf("%s on platform %s: %s\n", replay->path, replay->pair->platform.name,
           replay->pairing->says);
}

static void print_changes(const struct replay *replay)
{
    size_t at = 0;
    size_t shown = 0;
    el2_cell cell;
    struct el2_value before;
    struct el2_value after;
    while (replay_next_change(replay, &at, &cell, &before, &after)) {
        char name[96];
        char old_value[160];
        char new_value[160];
        if (shown++ >= CHANGES_SHOWN) {
            continue;
        }
        cell_name(cell, name, sizeof name);
        cell_value(cell, before, old_value, sizeof old_value);
        cell_value(cell, after, new_value, sizeof new_value);
        printf("      %s: %s -> %s\n", name, old_value, new_value);
    }
    if (shown > CHANGES_SHOWN) {
        printf("      and %zu more changes\n", shown - CHANGES_SHOWN);
    }
}

void replay_print_call(const struct replay *replay,
                       const struct lockstep_call *call)
{
    char text[PROGRAM_CALL_TEXT_LIMIT];
    program_print_call(call->source, text, sizeof text);
    printf("%4zu  %s\n", call->step, text);
    if (call->expected == NULL) {
        printf("      skipped: outside what the specification speaks of\n");
        return;
    }
    printf("      %s: %s\n", el2_outcome_name(call->expected->outcome),
           el2_outcome_says(call->expected->outcome));
    if (call->expected->has_result) {
        printf("      result 0x%" PRIx64 "\n", call->expected->result);
    }
    print_changes(replay);
}

/* Which table failed, or that none did although the program says so. */
static void print_failed_table(const struct replay *replay,
                               const struct table_allocation *failed)
{
    char name[TABLE_ALLOCATION_NAME_SIZE];
    if (failed->number != 0) {
        table_allocation_name(failed, name, sizeof name);
        printf("; table %" PRIu32 " made to fail: %s", failed->number, name);
    } else if (replay->program->failing_table != 0) {
        printf("; it takes fewer than %u tables",
               replay->program->failing_table);
    }
}

/* All oracles that saw something at the step. */
static void print_seen_by(const struct replay *replay,
                          const struct oracle_set *seen_by)
{
    const struct el2_machine_operations *other =
        replay->pair->lockstep.other->operations;
    printf("seen by");
    for (unsigned i = 0; i < ORACLE_LIMIT; i++) {
        if (oracle_set_has(seen_by, i)) {
            char name[ORACLE_NAME_SIZE];
            oracle_name(i, other, name, sizeof name);
            printf(" %s", name);
        }
    }
    printf("\n");
}

static void print_divergence(const struct replay *replay,
                             const struct divergence *divergence)
{
    char signature[DIVERGENCE_SIGNATURE_SIZE];
    char text[DIVERGENCE_TEXT_SIZE];
    divergence_signature(divergence, signature, sizeof signature);
    divergence_describe(divergence, text, sizeof text);
    printf("DIVERGENCE %s\n%s", signature, text);
    print_seen_by(replay, &divergence->seen_by);
}

void replay_print_end(const struct replay *replay, enum lockstep_end end,
                      const struct divergence *divergence)
{
    if (end == LOCKSTEP_DIVERGED) {
        print_divergence(replay, divergence);
    } else {
        printf("%s: the same, %zu calls%s", replay->path,
               replay->program->call_count,
               end == LOCKSTEP_NO_ROOM
                   ? " (ended early: the program outgrew the machines)"
                   : "");
        if (!replay->each_table) {
            print_failed_table(replay, &divergence->failed_table);
        }
        printf("\n");
    }
    if (replay->each_table) {
        printf("%s: takes %" PRIu32 " tables, %" PRIu32
               " made to fail, each in a run\n",
               replay->path, replay->failures.tables, replay->failures.runs);
    }
}
