#include "explore/visited.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Slots at first; a power of 2, as every number of slots is. */
#define FIRST_SLOTS (UINT64_C(1) << 12)

/* 0 is an empty slot. */
struct visited {
    uint64_t bytes; /* of the whole */
    uint64_t slot_limit;
    uint64_t slot_count;
    uint64_t count;
    uint64_t slots[];
};

struct visited *visited_create(uint64_t bytes)
{
    uint64_t limit = FIRST_SLOTS;
    while (limit * 2 * sizeof(uint64_t) <= bytes) {
        limit *= 2;
    }
    bytes = sizeof(struct visited) + limit * sizeof(uint64_t);
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        return NULL;
    }
    struct visited *visited = memory;
    visited->bytes = bytes;
    visited->slot_limit = limit;
    visited->slot_count = FIRST_SLOTS;
    return visited;
}

void visited_destroy(struct visited *visited)
{
    if (visited != NULL) {
        munmap(visited, visited->bytes);
    }
}

/* Where the hash is, or else the empty slot where it belongs. */
static uint64_t find(const struct visited *visited, uint64_t hash)
{
    uint64_t mask = visited->slot_count - 1;
    uint64_t at = hash & mask;
    for (;;) {
        uint64_t slot = __atomic_load_n(&visited->slots[at], __ATOMIC_RELAXED);
        if (slot == hash || slot == 0) {
            return at;
        }
        at = (at + 1) & mask;
    }
}

static uint64_t not_empty(uint64_t hash)
{
    return hash == 0 ? 1 : hash;
}

bool visited_has(const struct visited *visited, uint64_t hash)
{
    uint64_t at = find(visited, not_empty(hash));
    return __atomic_load_n(&visited->slots[at], __ATOMIC_RELAXED) != 0;
}

bool visited_add(struct visited *visited, uint64_t hash)
{
    uint64_t at = find(visited, not_empty(hash));
    if (visited->slots[at] != 0) {
        return false;
    }
    __atomic_store_n(&visited->slots[at], not_empty(hash), __ATOMIC_RELAXED);
    visited->count++;
    return true;
}

/* At most two of three slots are used. */
static bool fits(uint64_t count, uint64_t slots)
{
    return count <= slots / 3 * 2;
}

bool visited_has_room(const struct visited *visited, size_t more)
{
    return fits(visited->count + more, visited->slot_count);
}

bool visited_grow(struct visited *visited, size_t more)
{
    uint64_t slots = visited->slot_count;
    while (!fits(visited->count + more, slots)) {
        slots *= 2;
    }
    size_t size = visited->slot_count * sizeof(uint64_t);
    uint64_t *old = slots > visited->slot_limit ? NULL : malloc(size);
    if (old == NULL) {
        return false;
    }
    uint64_t old_count = visited->slot_count;
    memcpy(old, visited->slots, size);
    memset(visited->slots, 0, size);
    visited->slot_count = slots;
    visited->count = 0;
    for (uint64_t i = 0; i < old_count; i++) {
        if (old[i] != 0) {
            visited_add(visited, old[i]);
        }
    }
    free(old);
    return true;
}

size_t visited_count(const struct visited *visited)
{
    return visited->count;
}

bool visited_save(const struct visited *visited, FILE *file)
{
    uint64_t sizes[2] = {visited->slot_count, visited->count};
    return fwrite(sizes, sizeof sizes, 1, file) == 1 &&
           fwrite(visited->slots, sizeof(uint64_t), visited->slot_count,
                  file) == visited->slot_count;
}

bool visited_load(struct visited *visited, FILE *file)
{
    uint64_t sizes[2];
    if (fread(sizes, sizeof sizes, 1, file) != 1 || sizes[0] < FIRST_SLOTS ||
        sizes[0] > visited->slot_limit || (sizes[0] & (sizes[0] - 1)) != 0 ||
        !fits(sizes[1], sizes[0])) {
        return false;
    }
    visited->slot_count = sizes[0];
    visited->count = sizes[1];
    return fread(visited->slots, sizeof(uint64_t), sizes[0], file) == sizes[0];
}
