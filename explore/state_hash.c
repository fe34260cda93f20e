#include "explore/state_hash.h"

#include <stdbool.h>

/* A cell with what it holds, taken apart into what is renamed and what is
 * not. */
struct content {
    struct vm_name vm;
    struct page_name index;
    struct page_name page; /* in the value */
    struct vm_name owner;  /* in the value */
    uint64_t rest[2];
};

/* Of an entry: the page that it maps stands in the descriptor and once more as
 * the one to which it is translated; the second follows from the first. */
static void take_entry_apart(const struct renamings *renamings,
                             struct el2_value value, struct content *content)
{
    uint64_t descriptor = el2_value_descriptor(value);
    content->page = name_page(renamings, (descriptor & EL2_DESCRIPTOR_ADDRESS) /
                                             EL2_PAGE_SIZE);
    content->rest[0] = descriptor & ~EL2_DESCRIPTOR_ADDRESS;
    content->rest[1] = el2_value_level(value);
    if (el2_value_translation(value) != content->page.page) {
        content->rest[1] |= el2_value_translation(value) << 8;
    }
}

static struct content take_apart(const struct renamings *renamings,
                                 el2_cell cell, struct el2_value value)
{
    uint32_t id = el2_cell_id(cell);
    uint64_t index = el2_cell_index(cell);
    struct content content = {
        .vm = name_vm(renamings, id),
        .index = {index, NOT_RENAMED},
        .page = {0, NOT_RENAMED},
        .owner = {0, NOT_RENAMED},
        .rest = {value.words[0], value.words[1]},
    };
    switch (el2_cell_kind(cell)) {
    case EL2_CELL_PAGE:
        content.index = name_page(renamings, index);
        content.owner = name_vm(renamings, el2_value_owner(value));
        content.page = name_page(renamings, el2_value_gfn(value));
        content.rest[0] = el2_value_count(value);
        content.rest[1] = 0;
        break;
    case EL2_CELL_NPT:
        content.index = name_page(renamings, index);
        take_entry_apart(renamings, value, &content);
        break;
    case EL2_CELL_SPT:
        content.vm = (struct vm_name){id, NOT_RENAMED};
        content.index = name_page(renamings, index);
        take_entry_apart(renamings, value, &content);
        break;
    case EL2_CELL_NPT_BLOCK:
        take_entry_apart(renamings, value, &content);
        break;
    case EL2_CELL_BANK:
        content.vm = (struct vm_name){id, NOT_RENAMED};
        content.owner = name_vm(renamings, value.words[0]);
        content.rest[0] = 0;
        break;
    case EL2_CELL_MEMORY_UNKNOWN:
        content.index = name_page(renamings, index);
        break;
    default:
        break;
    }
    return content;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9fb21c651e98df25);
    return hash ^ (hash >> 29);
}

static uint64_t content_hash(const struct renaming *renaming,
                             enum el2_cell_kind kind,
                             const struct content *content)
{
    uint64_t hash = mix(kind + UINT64_C(0x2545f4914f6cdd1d),
                        rename_vm(renaming, content->vm) << 32 |
                            rename_vm(renaming, content->owner));
    hash = mix(hash, rename_page(renaming, content->index));
    hash = mix(hash, rename_page(renaming, content->page));
    hash = mix(hash, content->rest[0]);
    hash = mix(hash, content->rest[1]);
    return mix(hash, hash >> 32);
}

/* Whether what a cell of the kind holds is part of the state. */
static bool counts(enum el2_cell_kind kind)
{
    switch (kind) {
    case EL2_CELL_MEMORY:
    case EL2_CELL_DATA_LOG:
    case EL2_CELL_NPT_TABLES:
    case EL2_CELL_SPT_TABLES:
        return false;
    default:
        return true;
    }
}

static void change_cell(const struct renamings *renamings, size_t count,
                        el2_cell cell, struct el2_value before,
                        struct el2_value after, struct state_hash *hash)
{
    enum el2_cell_kind kind = el2_cell_kind(cell);
    struct content old = take_apart(renamings, cell, before);
    struct content new = take_apart(renamings, cell, after);
    for (size_t i = 0; i < count; i++) {
        const struct renaming *renaming = &renamings->to[i];
        hash->by_renaming[i] += content_hash(renaming, kind, &new) -
                                content_hash(renaming, kind, &old);
    }
}

void state_hash_step(const struct renamings *renamings, size_t count,
                     struct el2_machine *specification, struct cell_set *seen,
                     struct state_hash *hash)
{
    const struct el2_machine_operations *operations = specification->operations;
    struct el2_touched touched = operations->touched(specification);
    cell_set_begin_program(seen);
    for (size_t i = 0; i < touched.count; i++) {
        size_t others = seen->count;
        el2_cell cell = touched.cells[i];
        cell_set_add(seen, cell);
        if (seen->count == others || !counts(el2_cell_kind(cell))) {
            continue;
        }
        struct el2_value before = operations->before(specification, cell);
        if (!el2_value_equal(before, touched.values[i])) {
            change_cell(renamings, count, cell, before, touched.values[i],
                        hash);
        }
    }
}

uint64_t state_hash_fold(const struct renamings *renamings,
                         const struct state_hash *hash)
{
    uint64_t least = hash->by_renaming[0];
    for (size_t i = 1; i < renamings->count; i++) {
        least = hash->by_renaming[i] < least ? hash->by_renaming[i] : least;
    }
    return least;
}
