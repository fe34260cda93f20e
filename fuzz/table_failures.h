/*
 * Failure at every point: a program run once for each table that it takes from
 * a bump pool, each time without that table. Both machines must panic at the
 * call that takes it, and agree on everything that is not torn.
 */
#ifndef FUZZ_TABLE_FAILURES_H
#define FUZZ_TABLE_FAILURES_H

#include "fuzz/lockstep.h"

/* Most runs for one program that are worth their time. */
#define TABLE_FAILURES_RUN_LIMIT 1024

struct table_failures {
    uint32_t tables; /* that the program takes, of the first 65535 */
    uint32_t runs;   /* made in which one of them failed */
};

/*
 * Run the program as it is with all tables, then with each in turn failing:
 * with as many as run_limit when it takes more, evenly chosen, with the first
 * and the last among them. run_limit is at least 2. Stops at the first run
 * that diverges; *divergence then says which table failed, none in the first
 * run. LOCKSTEP_NO_ROOM when no run diverged and one outgrew a machine.
 *
 * program->failing_table is not looked at, and is as it was afterwards. The
 * machines must be able to, see lockstep_can_fail_tables().
 */
enum lockstep_end table_failures_run(struct lockstep *lockstep,
                                     struct program *program,
                                     uint32_t run_limit,
                                     struct table_failures *failures,
                                     struct divergence *divergence);

#endif
