/*
 * Processes that expand states. Each has machines of its own; what it is given
 * and what it answers lie in memory that it shares with the one who asks, who
 * gives it a batch of states at a time. A worker that EL2 code kills is noticed
 * with the call that it died of.
 */
#ifndef EXPLORE_WORKER_H
#define EXPLORE_WORKER_H

#include "explore/expansion.h"
#include "explore/visited.h"

#include <sys/types.h>

/* States of a batch. What is found does not depend on who expands which. */
#define WORKER_BATCH 64

/* A state that was not known to the worker. */
struct reached_state {
    struct state_hash hash;
    uint32_t parent; /* which of the batch */
    uint32_t call;   /* of the domain */
};

enum batch_end {
    BATCH_DONE,
    BATCH_DIVERGED,
    BATCH_NOT_REPEATABLE,
    BATCH_CRASHED, /* the worker is gone */
};

struct batch {
    /* The question. */
    size_t count;
    struct found_state states[WORKER_BATCH];

    /* The answer; of a batch that did not end well, as far as it came. */
    enum batch_end end;
    uint32_t parent; /* at which state and call it is, or ended */
    uint32_t call;
    uint64_t transitions;
    uint64_t panics;
    uint32_t ends[EL2_CALL_NUMBER_LIMIT][EL2_OUTCOME_COUNT];
    size_t reached_count;
    struct reached_state reached[WORKER_BATCH * PROGRAM_CALL_LIMIT];
};

struct worker {
    pid_t process;
    int ask;    /* a byte for each batch goes there */
    int answer; /* and comes back from there */
    struct batch *batch;
};

/* Start a worker that uses this expansion, whose listener is replaced, and
 * looks at what was visited. Until worker_ask() it sleeps. False when the
 * system refuses. */
bool worker_start(struct worker *worker, struct expansion *expansion,
                  const struct visited *visited);

/* It expands worker->batch. */
bool worker_ask(const struct worker *worker);

/* Wait until it has; worker->batch is the answer. False when a signal came
 * first. */
bool worker_wait(struct worker *worker);

/* Also one that is at work, or gone. */
void worker_stop(struct worker *worker);

#endif
