/*
 * The engine with a liar: a second specification that lies about one cell, or
 * about how a step ended, from a given step on.
 *
 * Include it after <cmocka.h>.
 */
#ifndef TESTS_UNIT_LIAR_H
#define TESTS_UNIT_LIAR_H

#include "fuzz/lockstep.h"
#include "tests/unit/model_cases.h"

#define PAGE    HOST_PAGE
#define GFN     UINT64_C(0x55)
#define DMA_GFN (PAGE + 1 + HOST_OFFSET)

enum {
    LIES = 4
};

/* From this step on, the cell has this value; whether the step says so. */
struct lie {
    el2_cell cell;
    struct el2_value value;
    size_t step;
    bool told;
};

/* How the step `step` ended, by the liar. */
struct step_lie {
    bool flips_panic;
    bool adds_to_result;
    bool drops_result;
    const char *fault;
    size_t step;
};

struct liar {
    struct el2_machine machine;
    struct el2_machine_operations operations;
    struct el2_machine *honest;
    struct lie lies[LIES];
    size_t lie_count;
    struct step_lie step_lie;
    size_t steps; /* made since reset */
    el2_cell touched[4096];
    struct el2_value values[4096];
};

static inline struct liar *liar_of(struct el2_machine *machine)
{
    return (struct liar *)(void *)machine;
}

static inline void liar_reset(struct el2_machine *machine)
{
    struct liar *liar = liar_of(machine);
    liar->steps = 0;
    liar->honest->operations->reset(liar->honest);
}

static inline void liar_limit_tables(struct el2_machine *machine,
                                     const struct el2_table_pool *pool,
                                     uint32_t tables)
{
    struct liar *liar = liar_of(machine);
    liar->honest->operations->limit_tables(liar->honest, pool, tables);
}

static inline void liar_step(struct el2_machine *machine,
                             const struct el2_call *call, struct el2_step *step)
{
    struct liar *liar = liar_of(machine);
    liar->honest->operations->step(liar->honest, call, step);
    if (liar->steps++ == liar->step_lie.step) {
        step->panicked ^= liar->step_lie.flips_panic;
        step->result += liar->step_lie.adds_to_result;
        step->has_result &= !liar->step_lie.drops_result;
        step->fault = liar->step_lie.fault;
    }
}

static inline struct el2_value liar_observe(struct el2_machine *machine,
                                            el2_cell cell)
{
    struct liar *liar = liar_of(machine);
    for (size_t i = 0; i < liar->lie_count; i++) {
        if (liar->lies[i].cell == cell && liar->steps > liar->lies[i].step) {
            return liar->lies[i].value;
        }
    }
    return value_of(liar->honest, cell);
}

static struct el2_touched liar_touched(struct el2_machine *machine)
{
    struct liar *liar = liar_of(machine);
    struct el2_touched honest = liar->honest->operations->touched(liar->honest);
    size_t count = honest.count;
    assert_in_range(count + LIES, 0, 4096);
    memcpy(liar->touched, honest.cells, count * sizeof *honest.cells);
    for (size_t i = 0; i < liar->lie_count; i++) {
        if (liar->lies[i].told && liar->lies[i].step + 1 == liar->steps) {
            liar->touched[count++] = liar->lies[i].cell;
        }
    }
    for (size_t i = 0; i < count; i++) {
        liar->values[i] = liar_observe(machine, liar->touched[i]);
    }
    return (struct el2_touched){count, liar->touched, liar->values};
}

static const struct el2_machine_operations liar_operations = {
    .name = "liar",
    .observable = (UINT32_C(1) << EL2_CELL_KIND_COUNT) - 1,
    .reset = liar_reset,
    .limit_tables = liar_limit_tables,
    .step = liar_step,
    .touched = liar_touched,
    .observe = liar_observe,
};

struct fixture {
    struct el2_platform platform;
    struct el2_machine *specification;
    struct el2_machine_operations specification_operations;
    struct liar liar;
    struct lockstep lockstep;
    struct program program;
    struct divergence divergence;
};

static inline int set_up_on(void **state, const struct el2_platform *platform)
{
    static struct fixture f;
    const char *why = NULL;
    memset(&f, 0, sizeof f);
    *state = &f;
    f.platform = *platform;
    f.specification = el2_create_model(&f.platform, drawn, &why);
    f.liar.honest = el2_create_model(&f.platform, drawn, &why);
    f.liar.operations = liar_operations;
    f.liar.machine.operations = &f.liar.operations;
    bool created = f.specification != NULL && f.liar.honest != NULL &&
                   lockstep_create(&f.lockstep, f.specification,
                                   &f.liar.machine, &f.platform);
    f.lockstep.end_comparison_period = 1;
    return created ? 0 : -1;
}

static inline int set_up(void **state)
{
    struct el2_platform platform = board();
    return set_up_on(state, &platform);
}

static inline int tear_down(void **state)
{
    struct fixture *f = *state;
    lockstep_destroy(&f->lockstep);
    f->specification->operations->destroy(f->specification);
    f->liar.honest->operations->destroy(f->liar.honest);
    return 0;
}

static inline void add(struct fixture *f, struct el2_call call)
{
    struct program_call *made = &f->program.calls[f->program.call_count++];
    made->number = call.number;
    for (uint32_t i = 0; i < EL2_ARGUMENT_LIMIT; i++) {
        made->operands[i] = (struct operand){OPERAND_NUMBER, call.arguments[i]};
    }
}

/*
 * Every kind of cell changes in this program:
 *   0  VM 1 is there                    3  the host maps PAGE + 1
 *   1  bank 0 is the host's             4  and uses it for DMA
 *   2  VM 1 has and maps PAGE           5  VM 1 shares PAGE
 */
enum {
    STEP_REGISTER,
    STEP_BANK,
    STEP_VM_FAULT,
    STEP_HOST_FAULT,
    STEP_DMA,
    STEP_SHARE
};

static inline void add_calls(struct fixture *f)
{
    static const struct el2_call calls[] = {
        {EL2_CALL_register_kvm, {0}},
        {EL2_CALL_smmu_alloc_pgd, {0, 0, 0}},
        {EL2_CALL_prot_and_map_vm_s2pt, {1, AT(GFN), AT(PAGE), 3}},
        {EL2_CALL_map_page_host, {AT(PAGE + 1)}},
        {EL2_CALL_update_smmu_page,
         {0, 0, 0, AT(DMA_GFN), AT(PAGE + 1) | EL2_SMMU_PAGE}},
        {EL2_CALL_grant_vm_page, {1, PAGE}},
    };
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        add(f, calls[i]);
    }
}

static inline void lie_about(struct fixture *f, struct lie lie)
{
    f->liar.lies[f->liar.lie_count++] = lie;
}

static inline enum lockstep_end run_program(struct fixture *f)
{
    return lockstep_run(&f->lockstep, &f->program, &f->divergence);
}

static inline void assert_diverged(struct fixture *f, size_t step,
                                   enum el2_observation observation)
{
    assert_int_equal(run_program(f), LOCKSTEP_DIVERGED);
    assert_string_equal(divergence_observation_name(f->divergence.observation),
                        divergence_observation_name(observation));
    assert_int_equal(f->divergence.step, step);
}

#define WITH_MACHINES(test)                                                    \
    cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
