#include "model/store.h"

#include <stdlib.h>

bool store_create(struct store *store)
{
    *store = (struct store){.generation = 1};
    store->slots = calloc(STORE_SLOTS, sizeof *store->slots);
    store->journal = calloc(STORE_JOURNAL_LIMIT, sizeof *store->journal);
    store->journal_before =
        calloc(STORE_JOURNAL_LIMIT, sizeof *store->journal_before);
    if (store->slots == NULL || store->journal == NULL ||
        store->journal_before == NULL) {
        store_destroy(store);
        return false;
    }
    return true;
}

void store_destroy(struct store *store)
{
    free(store->slots);
    free(store->journal);
    free(store->journal_before);
    *store = (struct store){0};
}

void store_reset(struct store *store)
{
    store->generation++; /* 64 bits: never comes round */
    store->used = 0;
    store->journal_length = 0;
    store->step_start = 0;
}

bool store_has_room(const struct store *store)
{
    /* Three quarters full is where probing starts to hurt. */
    return store->used + STORE_CHANGES_PER_CALL <= STORE_SLOTS / 4 * 3 &&
           store->journal_length + STORE_CHANGES_PER_CALL <=
               STORE_JOURNAL_LIMIT;
}
