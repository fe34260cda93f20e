#include "model/store.h"

#include <stdlib.h>

bool store_create(struct store *store)
{
    *store = (struct store){.generation = 1};
    store->slots = calloc(STORE_SLOTS, sizeof *store->slots);
    store->journal = calloc(STORE_JOURNAL_LIMIT, sizeof *store->journal);
    if (store->slots == NULL || store->journal == NULL) {
        store_destroy(store);
        return false;
    }
    return true;
}

void store_destroy(struct store *store)
{
    free(store->slots);
    free(store->journal);
    *store = (struct store){0};
}

void store_reset(struct store *store)
{
    store->generation++; /* 64 bits: never comes round */
    store->used = 0;
    store->journal_length = 0;
    store->step_start = 0;
}

void store_rewind(struct store *store, size_t journal_length)
{
    while (store->journal_length > journal_length) {
        const struct store_change *change =
            &store->journal[--store->journal_length];
        change->slot->value = change->before;
    }
    store->step_start = journal_length;
}

size_t store_room(const struct store *store)
{
    /* Three quarters full is where probing starts to hurt. */
    size_t slots = STORE_SLOTS / 4 * 3 - store->used;
    size_t changes = STORE_JOURNAL_LIMIT - store->journal_length;
    return (slots < changes ? slots : changes) / STORE_CHANGES_PER_CALL;
}
