/*
 * The EL2 code on its host shim, as a machine. What it touched comes from the
 * stores that it made and what its tables say from the MMU; only page records
 * and EL2's own variables are read as EL2 has them.
 */
#include "el2/machine.h"

#include "impl/el2.h"
#include "impl/host/access.h"
#include "impl/host/invariants.h"
#include "impl/host/mmu.h"
#include "impl/host/pool_limit.h"
#include "impl/host/register_write.h"
#include "impl/host/shim_host.h"
#include "impl/host/table_index.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Cells that one step can touch at most; see physical_room(). */
#define CELLS_PER_STEP (16 * EL2_CALL_PAGES_MAX)

struct impl_machine {
    struct el2_machine machine;
    struct el2_platform platform;
    struct shim_host host;
    struct table_index tables;
    struct el2 el2;
    struct el2 at_boot;        /* what reset goes back to */
    struct el2 before_step;    /* variables, to see which of them changed */
    struct el2 kept;           /* what go_back() goes back to */
    size_t step_log;           /* where the step's stores begin */
    bool may_change_variables; /* the call of the step */
    struct cell_list cells;
    struct el2_value *values; /* of the cells */
    struct invariants invariants;
};

static struct impl_machine *impl_of(struct el2_machine *machine)
{
    return (struct impl_machine *)(void *)machine;
}

/* The variables that a step is watched for are the last of struct el2. */
#define VARIABLES_START offsetof(struct el2, bank_owner)
#define VARIABLES_SIZE  (sizeof(struct el2) - VARIABLES_START)
/* Before them are the pools; what is above these is fixed at boot. */
#define CHANGES_START offsetof(struct el2, npt)
#define CHANGES_SIZE  (sizeof(struct el2) - CHANGES_START)
/* Of these the last and larger part is what VMs are made of. */
#define VMS_START offsetof(struct el2, vcpu_state)
#define VMS_SIZE  (sizeof(struct el2) - VMS_START)

static void reset(struct el2_machine *machine)
{
    struct impl_machine *impl = impl_of(machine);
    physical_reset(&impl->host.memory);
    table_index_reset(&impl->tables);
    impl->el2 = impl->at_boot;
    memcpy((char *)&impl->before_step + VARIABLES_START,
           (const char *)&impl->at_boot + VARIABLES_START, VARIABLES_SIZE);
    shim_host_begin_step(&impl->host);
    invariants_reset(&impl->invariants);
    impl->step_log = 0;
}

static void limit_tables(struct el2_machine *machine,
                         const struct el2_table_pool *pool, uint32_t tables)
{
    pool_limit(&impl_of(machine)->el2, pool, tables);
}

/* A call of EL2's; how it ended is in the shim, its result in *step. */
static void call_el2(struct impl_machine *impl, const struct el2_call *call,
                     struct el2_step *step)
{
    struct shim_host *host = &impl->host;
    if (setjmp(host->stopped) == 0) {
        shim_host_start_el2(host);
        uint64_t result = el2_dispatch(&impl->el2, call);
        host->guarded[EL2_GUARD_RETURN]++;
        if (host->held != 0) {
            host->fault = SHIM_FAULT_LOCK_KEPT;
        }
        step->has_result = el2_calls[call->number].result != EL2_RESULT_NOTHING;
        step->result = step->has_result ? result : 0;
        if (call->number == EL2_CALL_smmu_write) {
            step->result = register_write_value(host, &impl->el2);
        }
    }
    shim_host_end_el2(host);
    bool registers =
        host->smmu_writes > 0 || call->number == EL2_CALL_smmu_write;
    if (!registers || host->fault != SHIM_FAULT_NONE) {
        return;
    }
    host->guarded[EL2_GUARD_REGISTER]++;
    if (!register_write_as_asked(host, call)) {
        host->fault = SHIM_FAULT_OTHER_REGISTER;
    }
}

static void do_access(struct impl_machine *impl, const struct el2_call *call,
                      struct el2_step *step)
{
    struct access_result result = access_of_call(&impl->host, &impl->el2, call);
    step->access = result.access;
    step->has_result = result.access == EL2_ACCESS_DONE &&
                       el2_calls[call->number].result != EL2_RESULT_NOTHING;
    step->result = step->has_result ? result.word : 0;
}

static void step(struct el2_machine *machine, const struct el2_call *call,
                 struct el2_step *step)
{
    struct impl_machine *impl = impl_of(machine);
    struct shim_host *host = &impl->host;
    enum el2_issuer issuer = el2_calls[call->number].issuer;
    impl->step_log = host->memory.log_length;
    impl->may_change_variables =
        issuer == EL2_ISSUER_HOST || issuer == EL2_ISSUER_VM;
    shim_host_begin_step(host);
    shim_host_enter(host);
    *step = (struct el2_step){.outcome = EL2_OUTCOME_NONE};
    if (issuer == EL2_ISSUER_ACCESS) {
        do_access(impl, call, step);
    } else {
        call_el2(impl, call, step);
    }
    host->guarded[EL2_GUARD_STORE] += host->memory.log_length - impl->step_log;
    step->panicked = host->panic != NULL || host->fault != SHIM_FAULT_NONE;
    step->held = host->held;
    step->fault = shim_faults[host->fault].says;
}

static void add(struct impl_machine *impl, enum el2_cell_kind kind, uint64_t id,
                uint64_t index)
{
    struct cell_list *cells = &impl->cells;
    if (cells->count < cells->limit) {
        cells->cells[cells->count++] = el2_cell_make(kind, id, index);
    }
}

static void add_changed_image(struct impl_machine *impl, uint32_t v, uint32_t i)
{
    const struct el2_image *now = &impl->el2.images[v][i];
    const struct el2_image *before = &impl->before_step.images[v][i];
    if (now->load_address != before->load_address ||
        now->size != before->size) {
        add(impl, EL2_CELL_IMAGE, v, i);
    }
    if (now->remap_address != before->remap_address ||
        now->pages_mapped != before->pages_mapped) {
        add(impl, EL2_CELL_IMAGE_REMAP, v, i);
    }
}

/* What a VM is made of. */
static void add_changed_vm(struct impl_machine *impl, uint32_t v)
{
    const struct el2 *now = &impl->el2;
    const struct el2 *before = &impl->before_step;
    for (uint32_t c = 0; c < EL2_VCPU_LIMIT; c++) {
        if (now->vcpu_state[v][c] != before->vcpu_state[v][c]) {
            add(impl, EL2_CELL_VCPU, v, c);
        }
    }
    if (now->inc_exe[v] != before->inc_exe[v]) {
        add(impl, EL2_CELL_INC_EXE, v, 0);
    }
    for (uint32_t i = 0; i < EL2_IMAGE_LIMIT; i++) {
        add_changed_image(impl, v, i);
    }
}

/* Of EL2's own variables, those that a step changed. Pools are not looked at:
 * a table that is taken is linked, which adds its cell. */
static void add_changed_variables(struct impl_machine *impl)
{
    const struct el2 *now = &impl->el2;
    const struct el2 *before = &impl->before_step;
    for (uint32_t v = 0; v < EL2_VMID_LIMIT; v++) {
        if (now->vm_state[v] != before->vm_state[v]) {
            add(impl, EL2_CELL_VM_STATE, v, 0);
        }
    }
    for (uint32_t bank = 0; bank < EL2_BANK_LIMIT; bank++) {
        if (now->bank_owner[bank] != before->bank_owner[bank]) {
            add(impl, EL2_CELL_BANK, bank, 0);
        }
    }
    if (now->next_vmid != before->next_vmid ||
        now->next_remap != before->next_remap) {
        add(impl, EL2_CELL_CORE, 0, 0);
    }
}

/* Page operations and tables have no business with them: what strayed there
 * is found after the next call that has, and at the end of a program. */
static void compare_variables(struct impl_machine *impl)
{
    if (!impl->may_change_variables) {
        return;
    }
    const char *now = (const char *)&impl->el2;
    char *before = (char *)&impl->before_step;
    const size_t size = VMS_START - VARIABLES_START;
    if (memcmp(now + VARIABLES_START, before + VARIABLES_START, size) != 0) {
        add_changed_variables(impl);
        memcpy(before + VARIABLES_START, now + VARIABLES_START, size);
    }
    if (memcmp(now + VMS_START, before + VMS_START, VMS_SIZE) != 0) {
        for (uint32_t v = 0; v < EL2_VMID_LIMIT; v++) {
            add_changed_vm(impl, v);
        }
        memcpy(before + VMS_START, now + VMS_START, VMS_SIZE);
    }
}

/* Page records lie in one piece below the tables. */
static bool is_record(const struct impl_machine *impl, uint64_t address)
{
    return address - impl->el2.records <
           impl->el2.npt_memory - impl->el2.records;
}

static struct el2_value record_value(const struct el2_record *record)
{
    return el2_value_page(record->owner, record->count, record->gfn);
}

static void add_record(struct impl_machine *impl, uint64_t address)
{
    struct el2_record record;
    if (el2_record_at(&impl->el2, address, &record)) {
        impl->values[impl->cells.count] = record_value(&record);
        add(impl, EL2_CELL_PAGE, 0, record.pfn);
    }
}

/* The two words of a record lie side by side, and mostly change together. */
static bool same_record(uint64_t address, uint64_t last)
{
    return (address ^ last) < 2 * sizeof(uint64_t);
}

static void add_stores(struct impl_machine *impl)
{
    const struct physical *memory = &impl->host.memory;
    uint64_t last = 0;
    for (size_t i = impl->step_log; i < memory->log_length; i++) {
        const struct physical_store *store = &memory->log[i];
        if (!is_record(impl, store->address)) {
            if (physical_is_own(memory, store->address)) {
                table_index_store(&impl->tables, store, &impl->cells);
            }
        } else if (!same_record(store->address, last)) {
            add_record(impl, store->address);
            last = store->address;
        }
    }
}

static struct el2_value observe_cell(const struct impl_machine *impl,
                                     el2_cell cell);

static struct el2_touched touched(struct el2_machine *machine)
{
    struct impl_machine *impl = impl_of(machine);
    shim_host_enter(&impl->host);
    impl->cells.count = 0;
    table_index_begin_step(&impl->tables);
    do {
        add_stores(impl);
    } while (table_index_again(&impl->tables));
    for (size_t i = 0; i < impl->host.step_page_count; i++) {
        add(impl, EL2_CELL_MEMORY, 0, impl->host.step_pages[i]);
    }
    compare_variables(impl);
    for (size_t i = 0; i < impl->cells.count; i++) {
        if (el2_cell_kind(impl->cells.cells[i]) != EL2_CELL_PAGE) {
            impl->values[i] = observe_cell(impl, impl->cells.cells[i]);
        }
    }
    return (struct el2_touched){impl->cells.count, impl->cells.cells,
                                impl->values};
}

/* Section 3: a walk that ends in a level-2 entry is a block, whatever its
 * type; one that ends above is only seen when something wrong is there. */
static struct el2_value entry_value(struct mmu_walk walk)
{
    return el2_value_entry(walk.descriptor, walk.level,
                           walk.valid ? walk.output / EL2_PAGE_SIZE
                                      : EL2_NO_TRANSLATION);
}

static struct el2_value observe_npt(const struct impl_machine *impl, uint32_t v,
                                    uint64_t gfn)
{
    return entry_value(mmu_walk_stage2(
        &impl->host.memory, el2_npt_root(&impl->el2, v), gfn * EL2_PAGE_SIZE));
}

/* The block there, seen at its first page, or nothing when there is none. */
static struct el2_value observe_block(const struct impl_machine *impl,
                                      uint32_t v, uint64_t block)
{
    struct el2_value value = observe_npt(impl, v, block * EL2_PAGES_PER_BLOCK);
    return el2_value_level(value) == 3 ? (struct el2_value){{0, 0}} : value;
}

static struct el2_value observe_page(const struct impl_machine *impl,
                                     uint64_t pfn)
{
    struct el2_record record = el2_record_of_page(&impl->el2, pfn);
    return record_value(&record);
}

static struct el2_value observe_tables(const struct el2 *el2, uint32_t v)
{
    uint64_t level1 = el2_npt_tables_taken(el2, v, 1);
    uint64_t level2 = el2_npt_tables_taken(el2, v, 2);
    return (struct el2_value){
        {level1 | (level2 << 32), el2_npt_tables_taken(el2, v, 3)}};
}

/* What is not set, of images that a VM does not have, is not looked at. */
static struct el2_value observe_image(const struct el2 *el2,
                                      enum el2_cell_kind kind, uint32_t v,
                                      uint64_t i)
{
    if (i >= el2->image_count[v]) {
        return (struct el2_value){{0, 0}};
    }
    const struct el2_image *image = &el2->images[v][i];
    return kind == EL2_CELL_IMAGE
               ? (struct el2_value){{image->load_address, image->size}}
               : (struct el2_value){
                     {image->remap_address, image->pages_mapped}};
}

static struct el2_value observe_cell(const struct impl_machine *impl,
                                     el2_cell cell)
{
    const struct el2 *el2 = &impl->el2;
    uint32_t id = el2_cell_id(cell);
    uint64_t index = el2_cell_index(cell);
    switch (el2_cell_kind(cell)) {
    case EL2_CELL_PAGE:
        return observe_page(impl, index);
    case EL2_CELL_NPT:
        return observe_npt(impl, id, index);
    case EL2_CELL_NPT_BLOCK:
        return observe_block(impl, id, index);
    case EL2_CELL_SPT:
        return entry_value(mmu_walk_bank(
            &impl->host.memory, el2_spt_root(el2, id), index * EL2_PAGE_SIZE));
    case EL2_CELL_BANK:
        return (struct el2_value){{el2->bank_owner[id], 0}};
    case EL2_CELL_VM_STATE:
        return (struct el2_value){{el2->vm_state[id], 0}};
    case EL2_CELL_CORE:
        return (struct el2_value){{el2->next_vmid, el2->next_remap}};
    case EL2_CELL_MEMORY:
        return (struct el2_value){
            {physical_page_content(&impl->host.memory, index), 0}};
    case EL2_CELL_NPT_TABLES:
        return observe_tables(el2, id);
    case EL2_CELL_SPT_TABLES:
        return (struct el2_value){
            {el2_spt_tables_taken(el2, 2), el2_spt_tables_taken(el2, 3)}};
    case EL2_CELL_VCPU:
        return (struct el2_value){{el2->vcpu_state[id][index], 0}};
    case EL2_CELL_INC_EXE:
        return (struct el2_value){{el2->inc_exe[id], 0}};
    case EL2_CELL_IMAGE:
    case EL2_CELL_IMAGE_REMAP:
        return observe_image(el2, el2_cell_kind(cell), id, index);
    default:
        return (struct el2_value){{0, 0}};
    }
}

static struct el2_value observe(struct el2_machine *machine, el2_cell cell)
{
    shim_host_enter(&impl_of(machine)->host);
    return observe_cell(impl_of(machine), cell);
}

static size_t room(struct el2_machine *machine)
{
    struct impl_machine *impl = impl_of(machine);
    size_t calls = physical_room(&impl->host.memory);
    size_t judged = invariants_room(&impl->invariants) / CELLS_PER_STEP;
    return calls < judged ? calls : judged;
}

static bool invariants_of_step(struct el2_machine *machine,
                               struct el2_violation *violation)
{
    struct impl_machine *impl = impl_of(machine);
    const struct el2_touched touched = {impl->cells.count, impl->cells.cells,
                                        impl->values};
    return invariants_hold_after(&impl->invariants, &touched, violation);
}

static void keep(struct el2_machine *machine)
{
    struct impl_machine *impl = impl_of(machine);
    physical_keep(&impl->host.memory);
    impl->kept = impl->el2;
}

/* What strays into the variables from a call that has no business there is
 * taken back as well, so all of them are. */
static void go_back(struct el2_machine *machine)
{
    struct impl_machine *impl = impl_of(machine);
    const struct physical *memory = &impl->host.memory;
    table_index_go_back(&impl->tables, &memory->log[impl->step_log],
                        memory->log_length - impl->step_log);
    physical_go_back(&impl->host.memory);
    memcpy((char *)&impl->el2 + CHANGES_START,
           (const char *)&impl->kept + CHANGES_START, CHANGES_SIZE);
    if (impl->may_change_variables) {
        memcpy((char *)&impl->before_step + VARIABLES_START,
               (const char *)&impl->kept + VARIABLES_START, VARIABLES_SIZE);
    }
    shim_host_enter(&impl->host);
    for (size_t i = 0; i < impl->cells.count; i++) {
        if (el2_cell_kind(impl->cells.cells[i]) != EL2_CELL_MEMORY) {
            impl->values[i] = observe_cell(impl, impl->cells.cells[i]);
        }
    }
    invariants_go_back(&impl->invariants,
                       &(struct el2_touched){impl->cells.count,
                                             impl->cells.cells, impl->values});
}

static void destroy(struct el2_machine *machine)
{
    struct impl_machine *impl = impl_of(machine);
    invariants_destroy(&impl->invariants);
    table_index_destroy(&impl->tables);
    physical_destroy(&impl->host.memory);
    free(impl->host.step_pages);
    free(impl->cells.cells);
    free(impl->values);
    free(impl);
}

/* Everything but what only the specification has. */
#define OBSERVABLE                                                             \
    (((UINT32_C(1) << EL2_CELL_KIND_COUNT) - 1) &                              \
     ~((UINT32_C(1) << EL2_CELL_DATA_LOG) |                                    \
       (UINT32_C(1) << EL2_CELL_MEMORY_UNKNOWN)))

static const struct el2_machine_operations operations = {
    .name = "EL2 code",
    .observable = OBSERVABLE,
    .faults = shim_faults,
    .reset = reset,
    .limit_tables = limit_tables,
    .step = step,
    .touched = touched,
    .observe = observe,
    .room = room,
    .invariants_of_step = invariants_of_step,
    .keep = keep,
    .go_back = go_back,
    .destroy = destroy,
};

static bool allocate(struct impl_machine *impl, const char **why)
{
    if (!physical_create(&impl->host.memory, &impl->platform, why)) {
        return false;
    }
    impl->host.step_pages =
        calloc(EL2_CALL_PAGES_MAX, sizeof *impl->host.step_pages);
    impl->cells.cells = calloc(CELLS_PER_STEP, sizeof *impl->cells.cells);
    impl->cells.limit = CELLS_PER_STEP;
    impl->values = calloc(CELLS_PER_STEP, sizeof *impl->values);
    if (impl->host.step_pages == NULL || impl->cells.cells == NULL ||
        impl->values == NULL ||
        !table_index_create(&impl->tables, &impl->host.memory) ||
        !invariants_create(&impl->invariants, &impl->host.memory, &impl->el2)) {
        *why = "not enough memory for the EL2 code's board";
        return false;
    }
    return true;
}

/* What EL2 stores while it boots is part of the boot state. */
static bool boot(struct impl_machine *impl, const char **why)
{
    shim_host_enter(&impl->host);
    if (setjmp(impl->host.stopped) != 0) {
        *why = "the EL2 code panicked while it booted";
        return false;
    }
    if (!el2_boot(&impl->el2, &impl->platform)) {
        *why = "the platform gives EL2 too little memory";
        return false;
    }
    impl->host.memory.log_length = 0;
    impl->at_boot = impl->el2;
    for (uint32_t v = 0; v <= impl->platform.core_vmid; v++) {
        table_index_add_npt_root(&impl->tables, v, el2_npt_root(&impl->el2, v));
    }
    for (uint32_t bank = 0; bank < EL2_BANK_LIMIT; bank++) {
        table_index_add_bank_root(&impl->tables, bank,
                                  el2_spt_root(&impl->el2, bank));
    }
    return true;
}

struct el2_machine *el2_create_impl(const struct el2_platform *platform,
                                    const char **why)
{
    struct impl_machine *impl = calloc(1, sizeof *impl);
    if (impl == NULL) {
        *why = "not enough memory for the EL2 code's board";
        return NULL;
    }
    impl->machine.operations = &operations;
    impl->machine.judged = impl->invariants.judged;
    impl->machine.guarded = impl->host.guarded;
    impl->platform = *platform;
    if (!allocate(impl, why) || !boot(impl, why)) {
        destroy(&impl->machine);
        return NULL;
    }
    reset(&impl->machine);
    return &impl->machine;
}
