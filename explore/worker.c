#include "explore/worker.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* What was found in this batch already: slots, and marks of the batch. */
#define SEEN_SLOTS (UINT64_C(1) << 18)

struct seen_slot {
    uint64_t hash;
    uint64_t batch;
};

/* Of the worker that this process is. */
static struct seen_slot seen[SEEN_SLOTS];

/* The inside of a worker. */
struct inside {
    struct batch *batch;
    const struct visited *visited;
    const struct expansion *expansion;
    uint64_t batch_number;
};

static void begins(void *context, size_t call)
{
    struct inside *inside = context;
    /* Whoever asks reads it when this process dies of the call. */
    *(volatile uint32_t *)&inside->batch->call = (uint32_t)call;
}

static void made(void *context, size_t call, const struct el2_step *step)
{
    struct inside *inside = context;
    struct batch *batch = inside->batch;
    batch->transitions++;
    batch->panics += step->panicked;
    batch->ends[inside->expansion->calls[call].number][step->outcome]++;
}

/* Whether it was found in this batch before; from now on it was. A batch finds
 * fewer than there are slots. */
static bool is_seen(const struct inside *inside, uint64_t hash)
{
    uint64_t at = hash * UINT64_C(0x9e3779b97f4a7c15) >> 46;
    while (seen[at].batch == inside->batch_number) {
        if (seen[at].hash == hash) {
            return true;
        }
        at = (at + 1) % SEEN_SLOTS;
    }
    seen[at] = (struct seen_slot){hash, inside->batch_number};
    return false;
}

static bool is_known(void *context, uint64_t exact)
{
    struct inside *inside = context;
    return visited_has(inside->visited, exact) || is_seen(inside, exact);
}

static void reached(void *context, size_t call, const struct state_hash *hash)
{
    struct inside *inside = context;
    struct batch *batch = inside->batch;
    batch->reached[batch->reached_count++] =
        (struct reached_state){*hash, batch->parent, (uint32_t)call};
}

static void begin_answer(struct batch *batch)
{
    batch->end = BATCH_DONE;
    batch->parent = 0;
    batch->call = 0;
    batch->transitions = 0;
    batch->panics = 0;
    batch->reached_count = 0;
    for (size_t number = 0; number < EL2_CALL_NUMBER_LIMIT; number++) {
        for (size_t i = 0; i < EL2_OUTCOME_COUNT; i++) {
            batch->ends[number][i] = 0;
        }
    }
}

static void expand(struct inside *inside, struct expansion *expansion)
{
    struct batch *batch = inside->batch;
    struct divergence divergence;
    size_t call = 0;
    inside->batch_number++;
    begin_answer(batch);
    for (size_t i = 0; i < batch->count; i++) {
        *(volatile uint32_t *)&batch->parent = (uint32_t)i;
        enum expansion_end end =
            expansion_run(expansion, &batch->states[i], &call, &divergence);
        if (end != EXPANSION_DONE) {
            batch->end = end == EXPANSION_DIVERGED ? BATCH_DIVERGED
                                                   : BATCH_NOT_REPEATABLE;
            batch->call = (uint32_t)call;
            return;
        }
    }
}

/* Until whoever asks hangs up. Signals of the terminal are his to handle. */
_Noreturn static void work(int ask, int answer, struct inside *inside,
                           struct expansion *expansion)
{
    char byte;
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    while (read(ask, &byte, 1) == 1) {
        expand(inside, expansion);
        if (write(answer, &byte, 1) != 1) {
            break;
        }
    }
    _exit(0);
}

static struct batch *share_batch(void)
{
    void *memory = mmap(NULL, sizeof(struct batch), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

bool worker_start(struct worker *worker, struct expansion *expansion,
                  const struct visited *visited)
{
    int ask[2];
    int answer[2];
    struct inside inside = {
        .batch = share_batch(),
        .visited = visited,
        .expansion = expansion,
    };
    *worker = (struct worker){.process = -1, .batch = inside.batch};
    if (inside.batch == NULL || pipe(ask) != 0 || pipe(answer) != 0) {
        return false;
    }
    expansion->listener = (struct expansion_listener){
        &inside, begins, made, is_known, reached,
    };
    worker->process = fork();
    if (worker->process == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ask[1]);
        close(answer[0]);
        work(ask[0], answer[1], &inside, expansion);
    }
    close(ask[0]);
    close(answer[1]);
    worker->ask = ask[1];
    worker->answer = answer[0];
    return worker->process > 0;
}

bool worker_ask(const struct worker *worker)
{
    return write(worker->ask, "", 1) == 1;
}

bool worker_wait(struct worker *worker)
{
    char byte;
    ssize_t got = read(worker->answer, &byte, 1);
    if (got < 0 && errno == EINTR) {
        return false;
    }
    if (got != 1) {
        worker->batch->end = BATCH_CRASHED;
    }
    return true;
}

void worker_stop(struct worker *worker)
{
    if (worker->process > 0) {
        close(worker->ask);
        close(worker->answer);
        kill(worker->process, SIGKILL);
        while (waitpid(worker->process, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    if (worker->batch != NULL) {
        munmap(worker->batch, sizeof *worker->batch);
    }
}
