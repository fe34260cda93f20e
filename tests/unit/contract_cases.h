/*
 * Cases of which calls a harness may make. Include it after <cmocka.h>.
 */
#ifndef TESTS_UNIT_CONTRACT_CASES_H
#define TESTS_UNIT_CONTRACT_CASES_H

#include "model/state.h"
#include "tests/unit/model_cases.h"

#define CONTRACT_CASE_CALLS 4

/* Calls are made, VM 1 is put into a state whatever its state is by then, and
 * one call is asked about. */
struct contract_case {
    bool admitted;
    const char *shows;
    enum el2_vm_state vm_state;
    struct el2_call before[CONTRACT_CASE_CALLS];
    struct el2_call call;
};

static inline bool contract_holds(struct el2_machine *machine, enum el2_run run,
                                  const struct contract_case *c)
{
    struct model *model = (struct model *)(void *)machine;
    machine->operations->reset(machine);
    run_all(machine, c->before, CONTRACT_CASE_CALLS);
    vm_set_state(model, 1, c->vm_state);
    return same(c->shows, "admitted", c->admitted,
                machine->operations->admits(machine, run, &c->call));
}

static inline void check_contracts(enum el2_run run,
                                   const struct contract_case *cases,
                                   size_t count)
{
    struct el2_machine *model = model_of_board();
    size_t failed = 0;
    for (size_t i = 0; i < count; i++) {
        failed += !contract_holds(model, run, &cases[i]);
    }
    model->operations->destroy(model);
    assert_int_equal(failed, 0);
}

#endif
