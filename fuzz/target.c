#include "fuzz/target.h"

#include "devicetree/known.h"
#include "fuzz/crash_run.h"
#include "fuzz/pairing.h"
#include "fuzz/random.h"
#include "fuzz/statistics.h"
#include "fuzz/trail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More than there are built-in platforms. */
#define PAIR_LIMIT 16

/* Most mutations that make a program of nothing: of some 60 calls. */
#define DRAW_MUTATIONS 24

enum mutation {
    MUTATE_CALLS,
    MUTATE_BYTES,
    MUTATE_RANDOM
};

/* libFuzzer looks for a section of this name. */
__attribute__((section("__libfuzzer_extra_counters")))
uint8_t target_counters[TRAIL_COUNTERS];

static struct {
    const struct pairing *pairing;
    const char *platform; /* for all programs, or NULL */
    const char *past;     /* signatures with commas, or NULL */
    struct statistics *statistics;
    struct paired_machines *pairs[PAIR_LIMIT]; /* the default first */
    size_t pair_count;
    enum mutation mutation;
    bool crashes_only;
    struct mutator mutator;
    struct guide guides[PAIR_LIMIT]; /* of the pairs, in their order */
    struct trail trail;
    struct page_state page; /* that the call names, before it */
    struct program program;
} target;

_Noreturn static void refuse(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s: %s\n", target.pairing->target, what, why);
    exit(2);
}

static void note_page(void *context, const struct lockstep_call *call)
{
    const struct lockstep *lockstep = context;
    target.page = page_state_before(lockstep->specification, lockstep->platform,
                                    call->call);
}

static void note_call(void *context, const struct lockstep_call *call)
{
    const struct lockstep *lockstep = context;
    if (call->expected != NULL) {
        if (!target.crashes_only) {
            outcome_table_add(&target.statistics->table, call->call->number,
                              call->expected->outcome, target.page);
        }
        struct el2_touched touched =
            lockstep->specification->operations->touched(
                lockstep->specification);
        trail_add(&target.trail, call->call->number, call->expected->outcome,
                  &touched);
    }
}

static void boot(const char *platform_name)
{
    struct el2_platform platform;
    char why[DEVICETREE_WHY_SIZE];
    if (!platform_load(platform_name, &platform, why, sizeof why)) {
        refuse(platform_name, why);
    }
    struct paired_machines *pair = malloc(sizeof *pair);
    const char *reason = "not enough memory";
    if (pair == NULL || target.pair_count == PAIR_LIMIT ||
        !pairing_boot(target.pairing, &platform, pair, &reason)) {
        refuse(platform_name, reason);
    }
    pair->lockstep.counts = &target.statistics->counts;
    pair->lockstep.before = note_page;
    pair->lockstep.after = note_call;
    pair->lockstep.watch_context = &pair->lockstep;
    if (!guide_create(&target.guides[target.pair_count], &platform, &reason)) {
        refuse(platform_name, reason);
    }
    target.statistics->smmus |= platform.smmu_count > 0;
    target.pairs[target.pair_count++] = pair;
    target.mutator.guide_count = target.pair_count;
}

/* Which of the words the variable holds; the first when it is not set. */
static unsigned choice(const char *variable, const char *const *words,
                       unsigned count)
{
    const char *value = getenv(variable);
    if (value == NULL) {
        return 0;
    }
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(value, words[i]) == 0) {
            return i;
        }
    }
    char why[128];
    snprintf(why, sizeof why, "'%.40s' is none of what it can be: %s, %s%s%s",
             value, words[0], words[1], count > 2 ? ", " : "",
             count > 2 ? words[2] : "");
    refuse(variable, why);
}

static void read_choices(void)
{
    static const char *const mutations[] = {"calls", "bytes", "random"};
    static const char *const oracles[] = {"all", "crashes"};
    target.mutation = (enum mutation)choice("EL2DIFF_MUTATION", mutations, 3);
    target.mutator.is_blind = target.mutation == MUTATE_RANDOM;
    target.crashes_only = choice("EL2DIFF_ORACLES", oracles, 2) == 1;
}

/* A program made of nothing. */
static size_t draw(uint8_t *bytes, size_t max_size, uint32_t seed)
{
    struct random random = random_from(seed);
    size_t size = 0;
    for (uint64_t n = 1 + random_below(&random, DRAW_MUTATIONS); n > 0; n--) {
        size = mutator_mutate(&target.mutator, bytes, size, max_size,
                              (uint32_t)random_next(&random));
    }
    return size;
}

size_t target_mutate(uint8_t *bytes, size_t size, size_t max_size,
                     uint32_t seed, target_byte_mutations byte_mutations)
{
    switch (target.mutation) {
    case MUTATE_BYTES:
        if (byte_mutations == NULL) {
            refuse("EL2DIFF_MUTATION", "this engine cannot mutate bytes");
        }
        return byte_mutations(bytes, size, max_size);
    case MUTATE_RANDOM:
        return draw(bytes, max_size, seed);
    default:
        return mutator_mutate(&target.mutator, bytes, size, max_size, seed);
    }
}

/* Only with the mutator: 0 says that there is no crossing. The engine's
 * mutations of bytes cross bytes among other things. */
size_t target_cross_over(const uint8_t *first, size_t first_size,
                         const uint8_t *second, size_t second_size,
                         uint8_t *out, size_t max_size, uint32_t seed)
{
    if (target.mutation != MUTATE_CALLS) {
        return 0;
    }
    return mutator_cross_over(&target.mutator, first, first_size, second,
                              second_size, out, max_size, seed);
}

void target_start(const char *name)
{
    const char *why;
    target.pairing = pairing_find(name);
    mutator_create(&target.mutator, target.pairing->weight);
    target.mutator.guides = target.guides;
    read_choices();
    trail_start(&target.trail, target_counters);
    target.platform = getenv("EL2DIFF_PLATFORM");
    target.past = getenv("EL2DIFF_PAST");
    target.statistics =
        statistics_open(getenv("EL2DIFF_STATISTICS"), name, &why);
    if (why != NULL) {
        refuse(getenv("EL2DIFF_STATISTICS"), why);
    }
    if (target.platform != NULL) {
        boot(target.platform);
        return;
    }
    /* All of them now: what a program covers must not depend on whether it is
     * the first to name its platform. */
    boot(KNOWN_PLATFORM_DEFAULT);
    for (size_t i = 0; i < known_platform_count(); i++) {
        const char *known = known_platform_at(i)->name;
        if (strcmp(known, KNOWN_PLATFORM_DEFAULT) != 0) {
            boot(known);
        }
    }
}

/* The machines of the platform that the program names; a name that is not
 * built in means the default. */
static struct paired_machines *pair_for(const struct program *program)
{
    for (size_t i = 0; i < target.pair_count; i++) {
        if (strcmp(target.pairs[i]->platform.name, program->platform) == 0) {
            return target.pairs[i];
        }
    }
    return target.pairs[0];
}

/* Whether the signature is one of those to go past. */
static bool is_past(const char *signature)
{
    size_t length = strlen(signature);
    const char *at = target.past;
    while (at != NULL && (at = strstr(at, signature)) != NULL) {
        bool starts = at == target.past || at[-1] == ',';
        bool ends = at[length] == '\0' || at[length] == ',';
        if (starts && ends) {
            return true;
        }
        at += length;
    }
    return false;
}

static void diverged(const struct divergence *divergence)
{
    char signature[DIVERGENCE_SIGNATURE_SIZE];
    divergence_signature(divergence, signature, sizeof signature);
    if (is_past(signature)) {
        statistics_add_past(target.statistics, signature);
        return;
    }
    char replay[512];
    snprintf(replay, sizeof replay, "el2diff replay --target %s%s%s FILE",
             target.pairing->target,
             target.platform != NULL ? " --platform " : "",
             target.platform != NULL ? target.platform : "");
    divergence_abort(divergence, replay);
}

int target_run(const uint8_t *bytes, size_t size)
{
    program_decode(bytes, size, &target.program);
    struct lockstep *lockstep = &pair_for(&target.program)->lockstep;
    struct divergence divergence;
    trail_begin_program(&target.trail);
    enum lockstep_end end =
        target.crashes_only
            ? crash_run(lockstep, &target.program, &divergence)
            : lockstep_run(lockstep, &target.program, &divergence);
    if (end == LOCKSTEP_DIVERGED) {
        diverged(&divergence);
    }
    return 0;
}
