#include "fuzz/vectors/changes.h"

#include <stdlib.h>

bool vector_changes_add(struct vector_changes *list, el2_cell cell,
                        struct el2_value value)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 64 : 2 * list->capacity;
        struct vector_change *larger =
            realloc(list->at, capacity * sizeof(*larger));
        if (larger == NULL) {
            return false;
        }
        list->at = larger;
        list->capacity = capacity;
    }
    list->at[list->count++] = (struct vector_change){cell, value};
    return true;
}

static int ascending(const void *a, const void *b)
{
    const struct vector_change *left = a;
    const struct vector_change *right = b;
    return (left->cell > right->cell) - (left->cell < right->cell);
}

void vector_changes_sort(struct vector_changes *list, size_t first)
{
    if (list->count - first > 1) {
        qsort(list->at + first, list->count - first, sizeof(list->at[0]),
              ascending);
    }
}

typedef struct el2_value (*value_reader)(struct el2_machine *machine,
                                         el2_cell cell);

static struct el2_value read_value(struct el2_machine *machine, el2_cell cell,
                                   value_reader read)
{
    if (el2_cell_kind(cell) == EL2_CELL_MEMORY) {
        el2_cell unknown =
            el2_cell_make(EL2_CELL_MEMORY_UNKNOWN, 0, el2_cell_index(cell));
        if (read(machine, unknown).words[0] != 0) {
            return VECTOR_UNKNOWN;
        }
    }
    return read(machine, cell);
}

struct el2_value vector_value_now(struct el2_machine *machine, el2_cell cell)
{
    return read_value(machine, cell, machine->operations->observe);
}

struct el2_value vector_value_before(struct el2_machine *machine, el2_cell cell)
{
    return read_value(machine, cell, machine->operations->before);
}

/* Values are filled in later. */
static bool add_cell(struct vector_changes *list, el2_cell cell)
{
    return vector_changes_add(list, cell, (struct el2_value){{0, 0}});
}

static bool add_entries_of_block(struct vector_changes *list, el2_cell block)
{
    uint64_t first = el2_cell_index(block) * EL2_PAGES_PER_BLOCK;
    for (uint64_t i = 0; i < EL2_PAGES_PER_BLOCK; i++) {
        if (!add_cell(list, el2_cell_make(EL2_CELL_NPT, el2_cell_id(block),
                                          first + i))) {
            return false;
        }
    }
    return true;
}

static bool add_touched(struct vector_changes *list, el2_cell cell)
{
    switch (el2_cell_kind(cell)) {
    case EL2_CELL_NPT_BLOCK:
        return add_entries_of_block(list, cell);
    case EL2_CELL_MEMORY_UNKNOWN:
        return add_cell(
            list, el2_cell_make(EL2_CELL_MEMORY, 0, el2_cell_index(cell)));
    default:
        return add_cell(list, cell);
    }
}

/* Of a sorted list: each cell once, and only if it changed. */
static void keep_changed(struct vector_changes *list,
                         struct el2_machine *machine)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        el2_cell cell = list->at[i].cell;
        if (i + 1 < list->count && list->at[i + 1].cell == cell) {
            continue;
        }
        struct el2_value now = vector_value_now(machine, cell);
        if (!el2_value_equal(now, vector_value_before(machine, cell))) {
            list->at[kept++] = (struct vector_change){cell, now};
        }
    }
    list->count = kept;
}

bool vector_changes_of_step(struct vector_changes *list,
                            struct el2_machine *machine)
{
    struct el2_touched touched = machine->operations->touched(machine);
    list->count = 0;
    for (size_t i = 0; i < touched.count; i++) {
        if (el2_cell_kind(touched.cells[i]) < EL2_CELL_KIND_COUNT &&
            !add_touched(list, touched.cells[i])) {
            return false;
        }
    }
    vector_changes_sort(list, 0);
    keep_changed(list, machine);
    return true;
}
