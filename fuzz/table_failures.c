#include "fuzz/table_failures.h"

/* The table of run `run` of `runs`, among `tables`. */
static uint16_t table_of_run(uint32_t run, uint32_t runs, uint32_t tables)
{
    return (uint16_t)(runs == 1 ? 1 : 1 + run * (tables - 1) / (runs - 1));
}

/* Each in turn. */
static enum lockstep_end fail_each(struct lockstep *lockstep,
                                   struct program *program, uint32_t runs,
                                   struct table_failures *failures,
                                   struct divergence *divergence)
{
    enum lockstep_end worst = LOCKSTEP_SAME;
    for (uint32_t run = 0; run < runs && worst != LOCKSTEP_DIVERGED; run++) {
        program->failing_table = table_of_run(run, runs, failures->tables);
        enum lockstep_end end = lockstep_run(lockstep, program, divergence);
        worst = end == LOCKSTEP_SAME ? worst : end;
        failures->runs++;
    }
    return worst;
}

enum lockstep_end table_failures_run(struct lockstep *lockstep,
                                     struct program *program,
                                     uint32_t run_limit,
                                     struct table_failures *failures,
                                     struct divergence *divergence)
{
    uint16_t failing_table = program->failing_table;
    *failures = (struct table_failures){.tables = 0};
    program->failing_table = 0;
    enum lockstep_end end = lockstep_run(lockstep, program, divergence);
    if (end != LOCKSTEP_DIVERGED) {
        struct table_allocation last;
        failures->tables = table_allocations(
            lockstep->specification, program->run, lockstep->calls,
            program->call_count, UINT16_MAX, &last);
        uint32_t runs =
            failures->tables < run_limit ? failures->tables : run_limit;
        enum lockstep_end failed =
            fail_each(lockstep, program, runs, failures, divergence);
        end = failed == LOCKSTEP_SAME ? end : failed;
    }
    program->failing_table = failing_table;
    return end;
}
