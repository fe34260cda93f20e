/*
 * The state of the specification as a map from cells to values, with a journal
 * of every change.
 *
 * A cell that was never written has the value that its reader gives it by
 * default (its value at boot), so boot and reset cost nothing however large
 * the platform is. The journal is the one mechanism behind the set of cells
 * that a step changed, "what was it before", and a walk over all that a
 * program ever touched.
 *
 * Everything is allocated by store_create(); after that nothing is.
 */
#ifndef MODEL_STORE_H
#define MODEL_STORE_H

#include "el2/cell.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most changes that one call can make: each page that it takes changes its
 * record, its content and whether that is known, the host's entry and an
 * oracle's count. */
#define STORE_CHANGES_PER_CALL (6 * EL2_CALL_PAGES_MAX)

/* How many changes a program can make in all. */
#define STORE_JOURNAL_LIMIT (UINT64_C(1) << 20)

struct store_slot {
    el2_cell cell;
    uint64_t generation; /* in use when equal to the store's */
    struct el2_value value;
};

/* An entry of the journal: the slot that changed, and what it held before. */
struct store_change {
    struct store_slot *slot;
    struct el2_value before;
};

struct store {
    struct store_slot *slots;
    size_t used;
    uint64_t generation;
    struct store_change *journal;
    size_t journal_length;
    size_t step_start; /* where the current step's changes begin */
};

/* False when there is not enough memory. */
bool store_create(struct store *store);
void store_destroy(struct store *store);

/* Forget every write. */
void store_reset(struct store *store);

/* From here on changes belong to a new step. */
static inline void store_begin_step(struct store *store)
{
    store->step_start = store->journal_length;
}

/* Take back all changes but the first so many in the journal. */
void store_rewind(struct store *store, size_t journal_length);

/* How many calls still fit, whatever they are. */
size_t store_room(const struct store *store);

/* The slots are a power of two; neighbours of one kind lie side by side. */
#define STORE_SLOTS      (UINT64_C(1) << 19)
#define STORE_GROUP_BITS 6

static inline size_t store_hash(el2_cell cell)
{
    uint64_t group = cell >> STORE_GROUP_BITS;
    uint64_t within = cell & ((UINT64_C(1) << STORE_GROUP_BITS) - 1);
    group *= UINT64_C(0x9e3779b97f4a7c15);
    group >>= 64 - 19 + STORE_GROUP_BITS;
    return (size_t)((group << STORE_GROUP_BITS) | within);
}

/* The slot that holds the cell, or the free one where it belongs. */
static inline struct store_slot *store_slot(const struct store *store,
                                            el2_cell cell)
{
    size_t at = store_hash(cell);
    for (;;) {
        struct store_slot *slot = &store->slots[at];
        if (slot->generation != store->generation || slot->cell == cell) {
            return slot;
        }
        at = (at + 1) & (STORE_SLOTS - 1);
    }
}

/* Whether somebody wrote the slot's cell since boot. */
static inline bool store_is_written(const struct store *store,
                                    const struct store_slot *slot)
{
    return slot->generation == store->generation;
}

/* The value of a cell, or NULL when it still has its value of boot. */
static inline const struct el2_value *store_find(const struct store *store,
                                                 el2_cell cell)
{
    const struct store_slot *slot = store_slot(store, cell);
    return store_is_written(store, slot) ? &slot->value : NULL;
}

/*
 * Change a cell, given its slot and what it holds. When it has the new value
 * already nothing happens and nothing is journaled.
 */
static inline void store_write(struct store *store, struct store_slot *slot,
                               el2_cell cell, struct el2_value before,
                               struct el2_value value)
{
    if (el2_value_equal(before, value)) {
        return;
    }
    if (!store_is_written(store, slot)) {
        slot->generation = store->generation;
        slot->cell = cell;
        store->used++;
    }
    slot->value = value;
    store->journal[store->journal_length++] =
        (struct store_change){slot, before};
}

/* The same by name: the cell holds `at_boot` as long as nobody wrote it. */
static inline void store_change(struct store *store, el2_cell cell,
                                struct el2_value at_boot,
                                struct el2_value value)
{
    struct store_slot *slot = store_slot(store, cell);
    store_write(store, slot, cell,
                store_is_written(store, slot) ? slot->value : at_boot, value);
}

#endif
