#include "fuzz/table_allocations.h"

#include <inttypes.h>
#include <stdio.h>

/* The SMMU tables follow those of the vmids. */
#define SPACE_OF_SMMUS EL2_VMID_LIMIT
#define SPACE_COUNT    (EL2_VMID_LIMIT + 1)

static el2_cell cell_of_space(uint32_t space)
{
    return space == SPACE_OF_SMMUS
               ? el2_cell_make(EL2_CELL_SPT_TABLES, 0, 0)
               : el2_cell_make(EL2_CELL_NPT_TABLES, space, 0);
}

static struct el2_table_pool pool_of_space(uint32_t space, uint32_t level)
{
    bool is_spt = space == SPACE_OF_SMMUS;
    return (struct el2_table_pool){is_spt, is_spt ? 0 : space, level};
}

/* How many tables of a level the value of the space's cell tells of; SMMU
 * tables have no level 1 in a pool. */
static uint32_t tables_of_level(struct el2_value value, uint32_t space,
                                uint32_t level)
{
    uint64_t first = value.words[0];
    if (level == 3) {
        return (uint32_t)value.words[1];
    }
    if (space == SPACE_OF_SMMUS) {
        return level == 2 ? (uint32_t)first : 0;
    }
    return level == 2 ? (uint32_t)(first >> 32) : (uint32_t)first;
}

/* The spaces, bit for space, whose tables the last step has taken some of. */
static uint64_t touched_spaces(struct el2_machine *specification)
{
    struct el2_touched touched =
        specification->operations->touched(specification);
    uint64_t spaces = 0;
    for (size_t i = 0; i < touched.count; i++) {
        el2_cell cell = touched.cells[i];
        if (el2_cell_kind(cell) == EL2_CELL_NPT_TABLES) {
            spaces |= UINT64_C(1) << el2_cell_id(cell);
        } else if (el2_cell_kind(cell) == EL2_CELL_SPT_TABLES) {
            spaces |= UINT64_C(1) << SPACE_OF_SMMUS;
        }
    }
    return spaces;
}

/* A count that goes on until it comes to `number`. */
struct count {
    uint32_t number;
    uint32_t in_step;
    struct table_allocation *last;
};

/* Count tables of one pool, of which there were `before` and are `now`. */
static void count_pool(struct count *count, struct el2_table_pool pool,
                       uint32_t before, uint32_t now)
{
    struct table_allocation *last = count->last;
    while (before < now && last->number < count->number) {
        last->number++;
        last->in_call = ++count->in_step;
        last->pool = pool;
        last->in_pool = ++before;
    }
}

/* Count those that the last step took. */
static void count_step(struct count *count, struct el2_machine *specification)
{
    uint64_t spaces = touched_spaces(specification);
    count->in_step = 0;
    for (uint32_t space = 0; space < SPACE_COUNT && spaces >> space != 0;
         space++) {
        if ((spaces >> space & 1) == 0) {
            continue;
        }
        el2_cell cell = cell_of_space(space);
        struct el2_value before =
            specification->operations->before(specification, cell);
        struct el2_value now =
            specification->operations->observe(specification, cell);
        for (uint32_t level = 1; level <= 3; level++) {
            count_pool(count, pool_of_space(space, level),
                       tables_of_level(before, space, level),
                       tables_of_level(now, space, level));
        }
    }
}

static bool has_room(struct el2_machine *machine)
{
    return machine->operations->room == NULL ||
           machine->operations->room(machine) > 0;
}

uint32_t table_allocations(struct el2_machine *specification, enum el2_run run,
                           const struct el2_call *calls, size_t call_count,
                           uint32_t number, struct table_allocation *allocation)
{
    const struct el2_machine_operations *operations = specification->operations;
    struct count count = {.number = number, .last = allocation};
    struct el2_step step = {.panicked = false};
    *allocation = (struct table_allocation){.number = 0};
    operations->reset(specification);
    for (size_t i = 0; i < call_count && allocation->number < number &&
                       !step.panicked && has_room(specification);
         i++) {
        if (operations->admits(specification, run, &calls[i])) {
            allocation->step = i;
            operations->step(specification, &calls[i], &step);
            count_step(&count, specification);
        }
    }
    return allocation->number;
}

uint32_t table_allocations_since_reset(struct el2_machine *machine,
                                       const struct el2_platform *platform)
{
    uint32_t tables = 0;
    for (uint32_t space = 0; space < SPACE_COUNT; space++) {
        if (space > platform->core_vmid && space != SPACE_OF_SMMUS) {
            continue;
        }
        struct el2_value value =
            machine->operations->observe(machine, cell_of_space(space));
        for (uint32_t level = 1; level <= 3; level++) {
            tables += tables_of_level(value, space, level);
        }
    }
    return tables;
}

void table_allocation_name(const struct table_allocation *allocation,
                           char *text, size_t size)
{
    const struct el2_table_pool *pool = &allocation->pool;
    if (pool->is_spt) {
        snprintf(text, size, "level-%" PRIu32 " SMMU table %" PRIu32,
                 pool->level, allocation->in_pool);
    } else {
        snprintf(text, size,
                 "level-%" PRIu32 " table %" PRIu32 " of %s%" PRIu32,
                 pool->level, allocation->in_pool,
                 pool->vmid == EL2_HOSTVISOR ? "host " : "vmid ", pool->vmid);
    }
}
