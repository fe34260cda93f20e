/* The specification as a machine: one call in, one named outcome out. */
#include "el2/machine.h"

#include "model/accesses.h"
#include "model/arguments.h"
#include "model/buffers.h"
#include "model/contracts.h"
#include "model/hypercalls.h"
#include "model/invariants.h"
#include "model/page_operations.h"
#include "model/range_operations.h"
#include "model/state.h"
#include "model/tables.h"

#include <stdlib.h>

static struct model *model_of(struct el2_machine *machine)
{
    return (struct model *)(void *)machine;
}

static enum el2_outcome found(uint64_t what)
{
    return what != 0 ? EL2_OUTCOME_FOUND_ENTRY : EL2_OUTCOME_FOUND_NOTHING;
}

static enum el2_outcome call_tables(struct model *m, uint32_t number,
                                    const uint64_t *a, uint64_t *result)
{
    uint32_t v = (uint32_t)a[0];
    switch (number) {
    case EL2_CALL_npt_map:
        return model_npt_map(m, v, a[1], a[3], a[2]);
    case EL2_CALL_npt_walk:
        return found(*result = model_npt_walk(m, v, a[1]));
    case EL2_CALL_npt_level:
        return found(*result = model_npt_level(m, v, a[1]));
    case EL2_CALL_clear_pfn_host:
        return model_clear_pfn_host(m, a[0]);
    case EL2_CALL_spt_init:
        model_spt_init(m, bank_id(a[0], a[1]));
        return EL2_OUTCOME_BANK_EMPTIED;
    case EL2_CALL_spt_map:
        return model_spt_map(m, bank_id(a[0], a[1]), a[2], a[3]);
    case EL2_CALL_spt_walk:
        return found(*result = model_spt_walk(m, bank_id(a[0], a[1]), a[2]));
    case EL2_CALL_spt_unmap:
        return model_spt_unmap(m, bank_id(a[0], a[1]), a[2], result);
    default:
        return EL2_OUTCOME_NONE;
    }
}

static enum el2_outcome call_operation(struct model *m, uint32_t number,
                                       const uint64_t *a)
{
    const struct model_page_operations *operations = &m->operations;
    uint32_t v = (uint32_t)a[0];
    switch (number) {
    case EL2_CALL_map_page_host:
        return operations->map_page_host(m, a[0]);
    case EL2_CALL_clear_vm_page:
        return operations->clear_vm_page(m, v, a[1]);
    case EL2_CALL_assign_pfn_to_vm:
        return operations->assign_pfn_to_vm(m, v, a[1], a[2]);
    case EL2_CALL_map_pfn_vm:
        return operations->map_pfn_vm(m, v, a[1], a[2], a[3]);
    case EL2_CALL_map_vm_io:
        return operations->map_vm_io(m, v, a[1], a[2]);
    case EL2_CALL_grant_vm_page:
        return operations->grant_vm_page(m, v, a[1]);
    case EL2_CALL_revoke_vm_page:
        return operations->revoke_vm_page(m, v, a[1]);
    case EL2_CALL_assign_pfn_to_smmu:
        return operations->assign_pfn_to_smmu(m, v, a[1], a[2]);
    case EL2_CALL_update_smmu_page:
        return operations->update_smmu_page(m, v, bank_id(a[1], a[2]), a[3],
                                            a[4]);
    case EL2_CALL_unmap_smmu_page:
        return operations->unmap_smmu_page(m, bank_id(a[0], a[1]), a[2]);
    case EL2_CALL_clear_vm_range:
        return model_clear_vm_range(m, v, a[1], a[2]);
    case EL2_CALL_prot_and_map_vm_s2pt:
        return model_prot_and_map_vm_s2pt(m, v, a[1], a[2], a[3]);
    case EL2_CALL_grant_stage2_sg_gpa:
        return model_grant_stage2_sg_gpa(m, v, a[1], a[2]);
    case EL2_CALL_revoke_stage2_sg_gpa:
        return model_revoke_stage2_sg_gpa(m, v, a[1], a[2]);
    default:
        return EL2_OUTCOME_NONE;
    }
}

static enum el2_outcome run_call(struct model *m, const struct el2_call *call,
                                 uint64_t *result, enum el2_access *access)
{
    struct model_access made;
    switch (el2_calls[call->number].issuer) {
    case EL2_ISSUER_TABLES:
        return call_tables(m, call->number, call->arguments, result);
    case EL2_ISSUER_OPERATION:
        return call_operation(m, call->number, call->arguments);
    case EL2_ISSUER_HOST:
    case EL2_ISSUER_VM:
        return model_hypercall(m, call, result);
    case EL2_ISSUER_ACCESS:
        made = model_access(m, call);
        *access = made.ended;
        *result = made.word;
        return made.outcome;
    }
    return EL2_OUTCOME_NONE;
}

/* A load has a result only when it ended well. */
static bool call_has_result(const struct el2_call *call, enum el2_access access)
{
    enum el2_result result = el2_calls[call->number].result;
    return result != EL2_RESULT_NOTHING &&
           (result != EL2_RESULT_WORD || access == EL2_ACCESS_DONE);
}

static void step(struct el2_machine *machine, const struct el2_call *call,
                 struct el2_step *step)
{
    struct model *m = model_of(machine);
    store_begin_step(&m->store);
    m->held = 0;
    uint64_t result = 0;
    enum el2_access access = EL2_ACCESS_NONE;
    enum el2_outcome outcome = run_call(m, call, &result, &access);
    bool panicked = m->halted || el2_outcome_is_panic(outcome);
    *step = (struct el2_step){
        .panicked = panicked,
        .has_result = !panicked && call_has_result(call, access),
        .access = access,
        .result = panicked ? 0 : result,
        .outcome = outcome,
        .held = panicked ? m->held : 0,
        .torn_pfn = m->section_pfn,
    };
}

static void reset(struct el2_machine *machine)
{
    struct model *m = model_of(machine);
    store_reset(&m->store);
    m->held = 0;
    m->halted = false;
    m->banks_ever_mapped = 0;
    m->blocks_ever_used = false;
    m->unknown_ever_used = false;
    m->pool_is_limited = false;
}

static void limit_tables(struct el2_machine *machine,
                         const struct el2_table_pool *pool, uint32_t tables)
{
    struct model *m = model_of(machine);
    m->pool_is_limited = true;
    m->limited_pool = *pool;
    m->limited_tables = tables;
}

static struct el2_touched touched(struct el2_machine *machine)
{
    struct model *m = model_of(machine);
    size_t count = state_observe_step(m, m->touched_cells, m->touched_values);
    return (struct el2_touched){count, m->touched_cells, m->touched_values};
}

static struct el2_value observe(struct el2_machine *machine, el2_cell cell)
{
    return state_observe(model_of(machine), cell);
}

static struct el2_value before(struct el2_machine *machine, el2_cell cell)
{
    return state_before_step(model_of(machine), cell);
}

static size_t position(struct el2_machine *machine)
{
    return model_of(machine)->store.journal_length;
}

static void rewind_to(struct el2_machine *machine, size_t position)
{
    struct model *m = model_of(machine);
    store_rewind(&m->store, position);
    m->halted = false;
}

static size_t room(struct el2_machine *machine)
{
    return store_room(&model_of(machine)->store);
}

static bool admits(struct el2_machine *machine, enum el2_run run,
                   const struct el2_call *call)
{
    return contract_admits(model_of(machine), run, call);
}

static bool invariants_of_step(struct el2_machine *machine,
                               struct el2_violation *violation)
{
    return invariants_hold_after_step(model_of(machine), violation);
}

static bool invariants_of_state(struct el2_machine *machine,
                                struct el2_violation *violation)
{
    return invariants_hold_everywhere(model_of(machine), violation);
}

static void destroy(struct el2_machine *machine)
{
    struct model *m = model_of(machine);
    store_destroy(&m->store);
    free(m->touched_cells);
    free(m->touched_values);
    free(m);
}

static bool allocate(struct model *m)
{
    m->touched_cells = calloc(STORE_CHANGES_PER_CALL, sizeof *m->touched_cells);
    m->touched_values =
        calloc(STORE_CHANGES_PER_CALL, sizeof *m->touched_values);
    return store_create(&m->store) && m->touched_cells != NULL &&
           m->touched_values != NULL;
}

/* What differs between the four readings of the specification. */
struct reading_of_model {
    const char *name;
    enum model_reading reading;
    struct model_page_operations operations;
    struct model_buffer_operations buffers;
};

static struct el2_machine *create(const struct el2_platform *platform,
                                  el2_oracle oracle,
                                  const struct reading_of_model *reading,
                                  const char **why)
{
    struct model *m = calloc(1, sizeof *m);
    if (m == NULL || !allocate(m)) {
        if (m != NULL) {
            destroy(&m->machine);
        }
        *why = "not enough memory for the specification";
        return NULL;
    }
    m->interface = (struct el2_machine_operations){
        .name = reading->name,
        .observable = (UINT32_C(1) << EL2_CELL_KIND_COUNT) - 1,
        .reset = reset,
        .limit_tables = limit_tables,
        .step = step,
        .touched = touched,
        .observe = observe,
        .room = room,
        .destroy = destroy,
        .admits = admits,
        .position = position,
        .rewind = rewind_to,
        .before = before,
        .invariants_of_step = invariants_of_step,
        .invariants_of_state = invariants_of_state,
    };
    m->machine.operations = &m->interface;
    m->judged = m->judged_here;
    m->machine.judged = m->judged_here;
    m->platform = *platform;
    contract_maxima(platform, m->argument_maxima);
    m->oracle = oracle;
    m->operations = reading->operations;
    m->buffers = reading->buffers;
    m->reading = reading->reading;
    reset(&m->machine);
    return &m->machine;
}

struct el2_machine *el2_create_model(const struct el2_platform *platform,
                                     el2_oracle oracle, const char **why)
{
    return create(platform, oracle,
                  &(struct reading_of_model){"model", MODEL_READING_HOLDS,
                                             model_atomic_operations(),
                                             model_atomic_buffers()},
                  why);
}

struct el2_machine *el2_create_primitives(const struct el2_platform *platform,
                                          el2_oracle oracle, const char **why)
{
    return create(platform, oracle,
                  &(struct reading_of_model){"primitives", MODEL_READING_HOLDS,
                                             model_primitive_operations(),
                                             model_primitive_buffers()},
                  why);
}

struct el2_machine *
el2_create_published_model(const struct el2_platform *platform,
                           el2_oracle oracle, const char **why)
{
    return create(platform, oracle,
                  &(struct reading_of_model){
                      "published model", MODEL_READING_PUBLISHED,
                      model_published_operations(), model_atomic_buffers()},
                  why);
}

struct el2_machine *
el2_create_published_primitives(const struct el2_platform *platform,
                                el2_oracle oracle, const char **why)
{
    return create(platform, oracle,
                  &(struct reading_of_model){
                      "published primitives", MODEL_READING_PUBLISHED,
                      model_primitive_operations(), model_primitive_buffers()},
                  why);
}
