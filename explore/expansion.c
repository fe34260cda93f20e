#include "explore/expansion.h"

bool expansion_create(struct expansion *expansion)
{
    return cell_set_create(&expansion->seen);
}

void expansion_destroy(struct expansion *expansion)
{
    cell_set_destroy(&expansion->seen);
}

/* Both machines at a state. */
struct place {
    const struct found_state *state;
    size_t position; /* of the specification */
    bool is_kept;    /* the other machine can go back by itself */
};

static void bring_up_to_date(struct expansion *expansion, size_t count,
                             struct state_hash *hash)
{
    state_hash_step(expansion->renamings, count,
                    expansion->lockstep->specification, &expansion->seen, hash);
}

/* From boot. False when a call on the way diverges or panics: it did not when
 * the state was found. */
static bool go_there(struct expansion *expansion, const struct state_path *path)
{
    struct lockstep *lockstep = expansion->lockstep;
    struct el2_machine *specification = lockstep->specification;
    struct divergence divergence;
    specification->operations->reset(specification);
    lockstep->other->operations->reset(lockstep->other);
    for (size_t i = 0; i < path->length; i++) {
        const struct el2_call *call = &expansion->calls[path->calls[i]];
        divergence = (struct divergence){.observation = EL2_OBSERVE_PANIC};
        if (!specification->operations->admits(specification, expansion->run,
                                               call) ||
            lockstep_step(lockstep, expansion->run, call, &divergence) ||
            divergence.expected_step.panicked) {
            return false;
        }
    }
    return true;
}

static bool arrive(struct expansion *expansion, const struct found_state *state,
                   struct place *place)
{
    struct el2_machine *specification = expansion->lockstep->specification;
    struct el2_machine *other = expansion->lockstep->other;
    if (!go_there(expansion, &state->path)) {
        return false;
    }
    place->state = state;
    place->position = specification->operations->position(specification);
    place->is_kept = other->operations->keep != NULL;
    if (place->is_kept) {
        other->operations->keep(other);
    }
    return true;
}

/* The last call is taken back. A machine that cannot go back by itself goes
 * all the way once more. */
static bool return_to(struct expansion *expansion, const struct place *place)
{
    struct el2_machine *specification = expansion->lockstep->specification;
    struct el2_machine *other = expansion->lockstep->other;
    if (!place->is_kept) {
        return go_there(expansion, &place->state->path);
    }
    specification->operations->rewind(specification, place->position);
    other->operations->go_back(other);
    return true;
}

/* The call was made and the specification did not panic. */
static void look_where_it_led(struct expansion *expansion, size_t call,
                              const struct place *place)
{
    const struct expansion_listener *listener = &expansion->listener;
    struct state_hash hash;
    hash.by_renaming[0] = place->state->hash.by_renaming[0];
    bring_up_to_date(expansion, 1, &hash);
    if (listener->is_known(listener->context, hash.by_renaming[0])) {
        return;
    }
    hash = place->state->hash;
    bring_up_to_date(expansion, expansion->renamings->count, &hash);
    listener->reached(listener->context, call, &hash);
}

enum expansion_end expansion_run(struct expansion *expansion,
                                 const struct found_state *state, size_t *call,
                                 struct divergence *divergence)
{
    struct lockstep *lockstep = expansion->lockstep;
    struct el2_machine *specification = lockstep->specification;
    const struct expansion_listener *listener = &expansion->listener;
    struct place place;
    if (!arrive(expansion, state, &place)) {
        return EXPANSION_NOT_REPEATABLE;
    }
    for (size_t i = 0; i < expansion->call_count; i++) {
        const struct el2_call *made = &expansion->calls[i];
        if (!specification->operations->admits(specification, expansion->run,
                                               made)) {
            continue;
        }
        *divergence = (struct divergence){.observation = EL2_OBSERVE_PANIC};
        listener->begins(listener->context, i);
        if (lockstep_step(lockstep, expansion->run, made, divergence)) {
            divergence->step = state->path.length;
            divergence->call = *made;
            divergence->outcome = divergence->expected_step.outcome;
            *call = i;
            return EXPANSION_DIVERGED;
        }
        listener->made(listener->context, i, &divergence->expected_step);
        if (!divergence->expected_step.panicked) {
            look_where_it_led(expansion, i, &place);
        }
        if (!return_to(expansion, &place)) {
            return EXPANSION_NOT_REPEATABLE;
        }
    }
    return EXPANSION_DONE;
}
