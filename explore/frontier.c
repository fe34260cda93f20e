#include "explore/frontier.h"

bool frontier_create(struct frontier *frontier, uint16_t length,
                     size_t renamings)
{
    *frontier = (struct frontier){
        .file = tmpfile(), .length = length, .renamings = renamings};
    return frontier->file != NULL;
}

void frontier_destroy(struct frontier *frontier)
{
    if (frontier->file != NULL) {
        fclose(frontier->file);
    }
    *frontier = (struct frontier){0};
}

static bool write_state(const struct frontier *frontier,
                        const struct found_state *state, FILE *file)
{
    return fwrite(state->path.calls, sizeof state->path.calls[0],
                  frontier->length, file) == frontier->length &&
           fwrite(state->hash.by_renaming, sizeof state->hash.by_renaming[0],
                  frontier->renamings, file) == frontier->renamings;
}

static bool read_state(const struct frontier *frontier,
                       struct found_state *state, FILE *file)
{
    state->path.length = frontier->length;
    return fread(state->path.calls, sizeof state->path.calls[0],
                 frontier->length, file) == frontier->length &&
           fread(state->hash.by_renaming, sizeof state->hash.by_renaming[0],
                 frontier->renamings, file) == frontier->renamings;
}

bool frontier_add(struct frontier *frontier, const struct found_state *state)
{
    frontier->count++;
    return write_state(frontier, state, frontier->file);
}

bool frontier_take(struct frontier *frontier, struct found_state *states,
                   size_t most, size_t *taken)
{
    *taken = 0;
    if (frontier->taken == 0) {
        rewind(frontier->file);
    }
    while (*taken < most && frontier->taken < frontier->count) {
        if (!read_state(frontier, &states[*taken], frontier->file)) {
            return false;
        }
        frontier->taken++;
        (*taken)++;
    }
    return true;
}

bool frontier_save(struct frontier *frontier, FILE *file)
{
    uint64_t sizes[3] = {frontier->length, frontier->renamings,
                         frontier->count - frontier->taken};
    struct found_state state;
    size_t taken;
    if (fwrite(sizes, sizeof sizes, 1, file) != 1) {
        return false;
    }
    while (frontier->taken < frontier->count) {
        if (!frontier_take(frontier, &state, 1, &taken) ||
            !write_state(frontier, &state, file)) {
            return false;
        }
    }
    return true;
}

bool frontier_load(struct frontier *frontier, FILE *file)
{
    uint64_t sizes[3];
    struct found_state state;
    if (fread(sizes, sizeof sizes, 1, file) != 1 ||
        sizes[0] > EXPLORE_DEPTH_LIMIT || sizes[1] > RENAMINGS_LIMIT ||
        !frontier_create(frontier, (uint16_t)sizes[0], sizes[1])) {
        return false;
    }
    for (uint64_t i = 0; i < sizes[2]; i++) {
        if (!read_state(frontier, &state, file) ||
            !frontier_add(frontier, &state)) {
            return false;
        }
    }
    return true;
}
