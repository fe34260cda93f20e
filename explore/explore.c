#include "explore/explore.h"

#include "explore/frontier.h"
#include "explore/saved.h"
#include "explore/visited.h"
#include "explore/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Most workers. */
#define WORKERS 64

/* Hashes that a batch can add. */
#define HASHES_PER_BATCH ((size_t)2 * WORKER_BATCH * PROGRAM_CALL_LIMIT)

/* An exploration that is under way. */
struct run {
    struct exploration *exploration;
    struct renamings renamings;
    struct expansion expansion;
    struct el2_call calls[PROGRAM_CALL_LIMIT];
    struct visited *visited;
    struct frontier now;
    struct frontier next;
    struct worker workers[WORKERS];
    size_t worker_count;
    struct timespec start;
    /* Batches are asked for and merged in turn, so many of each. */
    uint64_t asked;
    uint64_t merged;
};

static bool fail(struct run *run, const char *what)
{
    struct exploration *exploration = run->exploration;
    snprintf(exploration->why, sizeof exploration->why, "%s: %s", what,
             strerror(errno));
    return false;
}

static double seconds_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) +
           (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static bool prepare(struct run *run)
{
    struct exploration *exploration = run->exploration;
    const struct el2_platform *platform = &exploration->pair->platform;
    program_resolve_all(exploration->domain, platform, run->calls);
    renamings_create(&run->renamings, platform, run->calls,
                     exploration->domain->call_count, exploration->folds);
    run->expansion = (struct expansion){
        .lockstep = &exploration->pair->lockstep,
        .renamings = &run->renamings,
        .run = exploration->domain->run,
        .calls = run->calls,
        .call_count = exploration->domain->call_count,
    };
    run->visited = visited_create(exploration->memory);
    return (run->visited != NULL && expansion_create(&run->expansion)) ||
           fail(run, "memory for the states");
}

static bool start_workers(struct run *run)
{
    for (size_t i = 0; i < run->exploration->workers && i < WORKERS; i++) {
        run->worker_count++;
        if (!worker_start(&run->workers[i], &run->expansion, run->visited)) {
            return fail(run, "a worker");
        }
    }
    return true;
}

/* The state at boot, of which the hash is 0. */
static bool begin_at_boot(struct run *run)
{
    const struct found_state boot = {.path = {.length = 0}};
    size_t renamings = run->renamings.count;
    visited_add(run->visited, 0);
    run->exploration->counts.states = 1;
    return (frontier_create(&run->now, 0, renamings) &&
            frontier_create(&run->next, 1, renamings) &&
            frontier_add(&run->now, &boot)) ||
           fail(run, "a temporary file");
}

static struct worker *worker_of(struct run *run, uint64_t batch)
{
    return &run->workers[batch % run->worker_count];
}

static size_t under_way(const struct run *run)
{
    return (size_t)(run->asked - run->merged);
}

/* A state that nobody had reached: a call leads there from its parent. */
static bool add_state(struct run *run, const struct found_state *parent,
                      const struct reached_state *reached)
{
    struct found_state state = {parent->path, reached->hash};
    state.path.calls[state.path.length++] = (uint16_t)reached->call;
    run->exploration->counts.states++;
    return frontier_add(&run->next, &state) || fail(run, "a temporary file");
}

static void add_counts(struct exploration_counts *counts,
                       const struct batch *batch)
{
    counts->transitions += batch->transitions;
    counts->panics += batch->panics;
    counts->expanded += batch->count;
    for (size_t number = 0; number < EL2_CALL_NUMBER_LIMIT; number++) {
        for (size_t i = 0; i < EL2_OUTCOME_COUNT; i++) {
            counts->ends[number][i] += batch->ends[number][i];
        }
    }
}

static enum explore_end end_of(enum batch_end end)
{
    switch (end) {
    case BATCH_DIVERGED:
        return EXPLORE_DIVERGED;
    case BATCH_CRASHED:
        return EXPLORE_CRASHED;
    default:
        return EXPLORE_NOT_REPEATABLE;
    }
}

/* Take in the oldest batch that is under way. EXPLORE_EXHAUSTED when it ended
 * well. */
static enum explore_end merge(struct run *run)
{
    struct exploration *exploration = run->exploration;
    struct worker *worker = worker_of(run, run->merged);
    const struct batch *batch = worker->batch;
    while (!worker_wait(worker)) {
        /* A signal: the batch is finished all the same. */
    }
    run->merged++;
    add_counts(&exploration->counts, batch);
    for (size_t i = 0; i < batch->reached_count; i++) {
        const struct reached_state *reached = &batch->reached[i];
        bool is_new = visited_add(
            run->visited, state_hash_fold(&run->renamings, &reached->hash));
        visited_add(run->visited, reached->hash.by_renaming[0]);
        if (is_new &&
            !add_state(run, &batch->states[reached->parent], reached)) {
            return EXPLORE_FAILED;
        }
    }
    if (batch->end != BATCH_DONE) {
        exploration->path = batch->states[batch->parent].path;
        exploration->call = batch->call;
        return end_of(batch->end);
    }
    return EXPLORE_EXHAUSTED;
}

/* Whether it is time to stop; EXPLORE_EXHAUSTED when it is not. */
static enum explore_end reason_to_stop(const struct run *run)
{
    const struct exploration *exploration = run->exploration;
    if (exploration->interrupted != NULL && *exploration->interrupted) {
        return EXPLORE_INTERRUPTED;
    }
    if (exploration->seconds > 0 &&
        seconds_since(&run->start) > exploration->seconds) {
        return EXPLORE_TIME_OVER;
    }
    return EXPLORE_EXHAUSTED;
}

/* Room for all that is under way and one batch more. The table grows only when
 * nobody looks at it. */
static bool has_room(const struct run *run)
{
    return visited_has_room(run->visited,
                            (under_way(run) + 1) * HASHES_PER_BATCH);
}

/* Give the next batch to the worker whose turn it is. */
static bool ask(struct run *run)
{
    struct worker *worker = worker_of(run, run->asked);
    struct batch *batch = worker->batch;
    run->asked++;
    return (frontier_take(&run->now, batch->states, WORKER_BATCH,
                          &batch->count) ||
            fail(run, "a temporary file")) &&
           (worker_ask(worker) || fail(run, "a worker"));
}

/* As many batches as there are workers, until there is a reason to stop. */
static enum explore_end ask_all(struct run *run)
{
    while (run->now.taken < run->now.count &&
           under_way(run) < run->worker_count) {
        enum explore_end reason = reason_to_stop(run);
        if (reason != EXPLORE_EXHAUSTED) {
            return reason;
        }
        if (!has_room(run)) {
            if (under_way(run) > 0) {
                return EXPLORE_EXHAUSTED;
            }
            if (!visited_grow(run->visited,
                              run->worker_count * HASHES_PER_BATCH)) {
                return EXPLORE_MEMORY_FULL;
            }
        }
        if (!ask(run)) {
            return EXPLORE_FAILED;
        }
    }
    return EXPLORE_EXHAUSTED;
}

static void tell(struct run *run)
{
    struct exploration *exploration = run->exploration;
    exploration->counts.waiting =
        run->now.count - run->now.taken + run->next.count;
    if (exploration->progress != NULL) {
        exploration->progress(exploration->progress_context,
                              &exploration->counts, seconds_since(&run->start));
    }
}

/* Expand all states of this depth. */
static enum explore_end explore_depth(struct run *run)
{
    enum explore_end end;
    do {
        end = ask_all(run);
        if (end == EXPLORE_FAILED) {
            return end;
        }
        if (under_way(run) > 0) {
            enum explore_end merged = merge(run);
            if (merged != EXPLORE_EXHAUSTED) {
                return merged;
            }
            tell(run);
        }
    } while (under_way(run) > 0 ||
             (end == EXPLORE_EXHAUSTED && run->now.taken < run->now.count));
    return end;
}

/* The states that were found are those to expand now. */
static bool go_deeper(struct run *run)
{
    frontier_destroy(&run->now);
    run->now = run->next;
    return frontier_create(&run->next, (uint16_t)(run->now.length + 1),
                           run->renamings.count) ||
           fail(run, "a temporary file");
}

static enum explore_end explore_all(struct run *run)
{
    struct exploration *exploration = run->exploration;
    for (;;) {
        exploration->counts.depth = run->now.length;
        if (run->now.length == exploration->depth_limit) {
            return EXPLORE_DEPTH_REACHED;
        }
        enum explore_end end = explore_depth(run);
        if (end != EXPLORE_EXHAUSTED || run->next.count == 0) {
            return end;
        }
        if (!go_deeper(run)) {
            return EXPLORE_FAILED;
        }
    }
}

/* From the state file, or from boot. */
static bool begin(struct run *run)
{
    struct exploration *exploration = run->exploration;
    struct saved_exploration saved = {
        .identity = saved_identity(exploration),
        .counts = &exploration->counts,
        .visited = run->visited,
        .now = &run->now,
        .next = &run->next,
    };
    switch (exploration->state_file == NULL
                ? SAVED_NOTHING
                : saved_load(&saved, exploration->state_file, exploration->why,
                             sizeof exploration->why)) {
    case SAVED_LOADED:
        exploration->resumed = true;
        return true;
    case SAVED_NOTHING:
        return begin_at_boot(run);
    default:
        return false;
    }
}

/* What is left, for another time; or nothing is. */
static enum explore_end keep_the_rest(struct run *run, enum explore_end end)
{
    struct exploration *exploration = run->exploration;
    struct saved_exploration saved = {
        .identity = saved_identity(exploration),
        .counts = &exploration->counts,
        .visited = run->visited,
        .now = &run->now,
        .next = &run->next,
    };
    if (exploration->state_file == NULL) {
        return end;
    }
    if (end == EXPLORE_EXHAUSTED) {
        remove(exploration->state_file);
        return end;
    }
    bool has_rest = end == EXPLORE_TIME_OVER || end == EXPLORE_INTERRUPTED ||
                    end == EXPLORE_DEPTH_REACHED || end == EXPLORE_MEMORY_FULL;
    return !has_rest || saved_write(&saved, exploration->state_file,
                                    exploration->why, sizeof exploration->why)
               ? end
               : EXPLORE_FAILED;
}

static void finish(struct run *run)
{
    for (size_t i = 0; i < run->worker_count; i++) {
        worker_stop(&run->workers[i]);
    }
    frontier_destroy(&run->now);
    frontier_destroy(&run->next);
    expansion_destroy(&run->expansion);
    visited_destroy(run->visited);
    run->exploration->took = seconds_since(&run->start);
}

enum explore_end explore(struct exploration *exploration)
{
    enum explore_end end = EXPLORE_FAILED;
    struct run *run = calloc(1, sizeof *run);
    if (run == NULL) {
        snprintf(exploration->why, sizeof exploration->why,
                 "not enough memory");
        return end;
    }
    run->exploration = exploration;
    clock_gettime(CLOCK_MONOTONIC, &run->start);
    if (prepare(run) && start_workers(run) && begin(run)) {
        end = keep_the_rest(run, explore_all(run));
    }
    finish(run);
    free(run);
    return end;
}

const char *explore_end_name(enum explore_end end)
{
    static const char *const names[] = {
        [EXPLORE_EXHAUSTED] = "exhausted",
        [EXPLORE_DEPTH_REACHED] = "depth reached",
        [EXPLORE_TIME_OVER] = "time over",
        [EXPLORE_INTERRUPTED] = "interrupted",
        [EXPLORE_MEMORY_FULL] = "memory full",
        [EXPLORE_DIVERGED] = "diverged",
        [EXPLORE_CRASHED] = "crashed",
        [EXPLORE_NOT_REPEATABLE] = "not repeatable",
        [EXPLORE_FAILED] = "failed",
    };
    return names[end];
}
