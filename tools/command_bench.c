/* el2diff bench: how fast the machines are, as ratios within one run. */
#include "devicetree/known.h"
#include "explore/domain.h"
#include "explore/explore.h"
#include "fuzz/pairing.h"
#include "tools/bench_mix.h"
#include "tools/commands.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static const char usage[] =
    "usage: el2diff bench [--json] [--rounds N]\n"
    "\n"
    "Measure, in CPU time of one core: the EL2 code alone, the lockstep of\n"
    "specification and EL2 code with comparison and the specification's\n"
    "invariants, the same with the invariants of both, as the fuzz targets\n"
    "run it, the same program on boards with 16 MiB and 16 GiB, and the\n"
    "exploration of the set `pages` to a bounded depth. All are measured in\n"
    "turn, N rounds (default 15), and the medians are told.\n"
    "\n"
    "  --json   one object: calls_per_second (EL2 code alone),\n"
    "           checked_calls_per_second (lockstep), lockstep_to_impl (their\n"
    "           ratio), both_invariants_to_impl (the same with the\n"
    "           invariants of both), run_16GiB_to_16MiB (ratio of the times "
    "of\n"
    "           a run, with the invariants of both, as in all that follows),\n"
    "           blocks_calls_per_second, blocks_checked_calls_per_second,\n"
    "           transitions_per_second (exploration), "
    "explore_to_lockstep\n"
    "\n"
    "Example: el2diff bench --json\n";

#define ROUNDS_LIMIT 1000

/* Programs run for one figure of one round. */
#define PROGRAMS_PER_ROUND 4096

/* How deep one round explores: some 700,000 transitions. */
#define EXPLORED_DEPTH 7

enum figure {
    FIGURE_IMPL_PAGES,
    FIGURE_LOCKSTEP_PAGES,
    FIGURE_BOTH_PAGES, /* lockstep, with the invariants of both machines */
    FIGURE_IMPL_BLOCKS,
    FIGURE_LOCKSTEP_BLOCKS,
    FIGURE_16MIB,
    FIGURE_16GIB,
    FIGURE_EXPLORE,
    FIGURE_COUNT
};

/* One board with both machines. */
struct board {
    struct el2_platform platform;
    struct paired_machines pair;
};

struct bench {
    struct bench_mix pages;
    struct bench_mix blocks;
    struct board small; /* 16 MiB */
    struct board large; /* 16 GiB */
    struct board explored;
    struct program domain;
    size_t rounds;
    double seconds[FIGURE_COUNT][ROUNDS_LIMIT];
    uint64_t calls[FIGURE_COUNT]; /* in one round */
};

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* What is timed starts at the raw registers of each call. */
static struct el2_call resolved[BENCH_PROGRAMS][PROGRAM_CALL_LIMIT];

static void resolve(const struct board *board, const struct bench_mix *mix)
{
    for (size_t i = 0; i < BENCH_PROGRAMS; i++) {
        for (size_t c = 0; c < mix->programs[i].call_count; c++) {
            program_resolve(&mix->programs[i].calls[c], &board->platform,
                            &resolved[i][c]);
        }
    }
}

/* The EL2 code alone: reset and calls, nothing looked at. */
static double time_impl(struct board *board, const struct bench_mix *mix,
                        size_t programs, uint64_t *calls)
{
    struct el2_machine *impl = board->pair.lockstep.other;
    resolve(board, mix);
    *calls = 0;
    double start = cpu_seconds();
    for (size_t n = 0; n < programs; n++) {
        size_t i = n % BENCH_PROGRAMS;
        impl->operations->reset(impl);
        for (size_t c = 0; c < mix->programs[i].call_count; c++) {
            struct el2_step step;
            impl->operations->step(impl, &resolved[i][c], &step);
        }
        *calls += mix->programs[i].call_count;
    }
    return cpu_seconds() - start;
}

/* False when a program diverged, panicked or left a call out: then the figure
 * would mean nothing. */
static bool time_lockstep(struct board *board, const struct bench_mix *mix,
                          size_t programs, bool both_invariants,
                          uint64_t *calls, double *seconds)
{
    struct lockstep *lockstep = &board->pair.lockstep;
    const struct lockstep_counts before = *lockstep->counts;
    struct divergence divergence;
    bool same = true;
    lockstep->check_other_invariants = both_invariants;
    resolve(board, mix);
    double start = cpu_seconds();
    for (size_t n = 0; n < programs; n++) {
        size_t i = n % BENCH_PROGRAMS;
        same &= lockstep_run_resolved(lockstep, &mix->programs[i], resolved[i],
                                      &divergence) == LOCKSTEP_SAME;
    }
    *seconds = cpu_seconds() - start;
    *calls = lockstep->counts->calls - before.calls;
    return same && lockstep->counts->panics == before.panics &&
           lockstep->counts->skipped == before.skipped;
}

static double seconds_of(const struct timeval *time)
{
    return (double)time->tv_sec + (double)time->tv_usec * 1e-6;
}

/* CPU time of this process and of those that have ended. */
static double cpu_seconds_of_all(void)
{
    struct rusage own;
    struct rusage ended;
    getrusage(RUSAGE_SELF, &own);
    getrusage(RUSAGE_CHILDREN, &ended);
    return seconds_of(&own.ru_utime) + seconds_of(&own.ru_stime) +
           seconds_of(&ended.ru_utime) + seconds_of(&ended.ru_stime);
}

/* One worker, and whoever merges what it finds. False when there was anything
 * to find but states. */
static bool time_exploration(struct bench *bench, uint64_t *transitions,
                             double *seconds)
{
    static struct exploration exploration;
    exploration = (struct exploration){
        .pair = &bench->explored.pair,
        .domain = &bench->domain,
        .folds = true,
        .depth_limit = EXPLORED_DEPTH,
        .memory = UINT64_C(256) << 20,
        .workers = 1,
    };
    double start = cpu_seconds_of_all();
    enum explore_end end = explore(&exploration);
    *seconds = cpu_seconds_of_all() - start;
    *transitions = exploration.counts.transitions;
    return end == EXPLORE_DEPTH_REACHED;
}

static bool measure_round(struct bench *bench, size_t round)
{
    size_t n = PROGRAMS_PER_ROUND;
    size_t few = n / 32;
    bench->seconds[FIGURE_IMPL_PAGES][round] = time_impl(
        &bench->small, &bench->pages, n, &bench->calls[FIGURE_IMPL_PAGES]);
    bench->seconds[FIGURE_IMPL_BLOCKS][round] = time_impl(
        &bench->small, &bench->blocks, few, &bench->calls[FIGURE_IMPL_BLOCKS]);
    return time_lockstep(&bench->small, &bench->pages, n, false,
                         &bench->calls[FIGURE_LOCKSTEP_PAGES],
                         &bench->seconds[FIGURE_LOCKSTEP_PAGES][round]) &&
           time_lockstep(&bench->small, &bench->pages, n, true,
                         &bench->calls[FIGURE_BOTH_PAGES],
                         &bench->seconds[FIGURE_BOTH_PAGES][round]) &&
           time_lockstep(&bench->small, &bench->blocks, few, true,
                         &bench->calls[FIGURE_LOCKSTEP_BLOCKS],
                         &bench->seconds[FIGURE_LOCKSTEP_BLOCKS][round]) &&
           time_lockstep(&bench->large, &bench->pages, n, true,
                         &bench->calls[FIGURE_16GIB],
                         &bench->seconds[FIGURE_16GIB][round]) &&
           time_lockstep(&bench->small, &bench->pages, n, true,
                         &bench->calls[FIGURE_16MIB],
                         &bench->seconds[FIGURE_16MIB][round]) &&
           time_exploration(bench, &bench->calls[FIGURE_EXPLORE],
                            &bench->seconds[FIGURE_EXPLORE][round]);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const double *values, size_t count)
{
    double sorted[ROUNDS_LIMIT];
    memcpy(sorted, values, count * sizeof *values);
    qsort(sorted, count, sizeof *sorted, compare_doubles);
    return sorted[count / 2];
}

/* Median over the rounds of how a figure's time compares with another's, call
 * by call. */
static double ratio(const struct bench *bench, enum figure a, enum figure b)
{
    double ratios[ROUNDS_LIMIT];
    for (size_t i = 0; i < bench->rounds; i++) {
        double per_call_a = bench->seconds[a][i] / (double)bench->calls[a];
        double per_call_b = bench->seconds[b][i] / (double)bench->calls[b];
        ratios[i] = per_call_a / per_call_b;
    }
    return median(ratios, bench->rounds);
}

static double rate(const struct bench *bench, enum figure figure)
{
    return (double)bench->calls[figure] /
           median(bench->seconds[figure], bench->rounds);
}

static bool boot(struct board *board, const char *name)
{
    char why[DEVICETREE_WHY_SIZE];
    const char *reason = why;
    if (!platform_load(name, &board->platform, why, sizeof why) ||
        !pairing_boot(pairing_find(PAIRING_DEFAULT), &board->platform,
                      &board->pair, &reason)) {
        fprintf(stderr, "el2diff bench: %s: %s\n", name, reason);
        return false;
    }
    return true;
}

static bool load_domain(struct bench *bench)
{
    const char *text = known_domain_find("pages")->text;
    struct program_error error;
    if (!domain_parse(text, strlen(text), &bench->domain, &error)) {
        fprintf(stderr, "el2diff bench: pages: line %zu: %s\n", error.line,
                error.message);
        return false;
    }
    return true;
}

static void print_json(const struct bench *bench)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddNumberToObject(object, "calls_per_second",
                            rate(bench, FIGURE_IMPL_PAGES));
    cJSON_AddNumberToObject(object, "checked_calls_per_second",
                            rate(bench, FIGURE_LOCKSTEP_PAGES));
    cJSON_AddNumberToObject(
        object, "lockstep_to_impl",
        ratio(bench, FIGURE_IMPL_PAGES, FIGURE_LOCKSTEP_PAGES));
    cJSON_AddNumberToObject(object, "both_invariants_to_impl",
                            ratio(bench, FIGURE_IMPL_PAGES, FIGURE_BOTH_PAGES));
    cJSON_AddNumberToObject(object, "run_16GiB_to_16MiB",
                            ratio(bench, FIGURE_16GIB, FIGURE_16MIB));
    cJSON_AddNumberToObject(object, "blocks_calls_per_second",
                            rate(bench, FIGURE_IMPL_BLOCKS));
    cJSON_AddNumberToObject(object, "blocks_checked_calls_per_second",
                            rate(bench, FIGURE_LOCKSTEP_BLOCKS));
    cJSON_AddNumberToObject(object, "transitions_per_second",
                            rate(bench, FIGURE_EXPLORE));
    cJSON_AddNumberToObject(
        object, "explore_to_lockstep",
        ratio(bench, FIGURE_LOCKSTEP_PAGES, FIGURE_EXPLORE));
    char *text = cJSON_Print(object);
    if (text != NULL) {
        puts(text);
    }
    cJSON_free(text);
    cJSON_Delete(object);
}

static void print_row(const struct bench *bench, const struct bench_mix *mix,
                      enum figure impl, enum figure lockstep)
{
    printf("%-8s %10.2f %14.2f %10.2f   %s\n", mix->name,
           rate(bench, impl) * 1e-6, rate(bench, lockstep) * 1e-6,
           ratio(bench, impl, lockstep), mix->says);
}

static void print_table(const struct bench *bench)
{
    printf("million calls/s of one core, medians of %zu rounds\n\n",
           bench->rounds);
    printf("mix        EL2 code  in lockstep      ratio\n");
    print_row(bench, &bench->pages, FIGURE_IMPL_PAGES, FIGURE_LOCKSTEP_PAGES);
    printf("  with the invariants of both:\n");
    print_row(bench, &bench->pages, FIGURE_IMPL_PAGES, FIGURE_BOTH_PAGES);
    print_row(bench, &bench->blocks, FIGURE_IMPL_BLOCKS,
              FIGURE_LOCKSTEP_BLOCKS);
    printf("\na run on 16 GiB takes %.2f of the time on 16 MiB\n",
           ratio(bench, FIGURE_16GIB, FIGURE_16MIB));
    printf("exploration makes %.2f million transitions/s, %.2f of the calls in "
           "lockstep\n",
           rate(bench, FIGURE_EXPLORE) * 1e-6,
           ratio(bench, FIGURE_LOCKSTEP_PAGES, FIGURE_EXPLORE));
}

static int run(struct bench *bench, bool json)
{
    if (!bench_mix_pages(&bench->pages) || !bench_mix_blocks(&bench->blocks)) {
        fputs("el2diff bench: not enough memory\n", stderr);
        return EXIT_BAD_INPUT;
    }
    if (!boot(&bench->small, "bench-16m") ||
        !boot(&bench->large, "bench-16g") ||
        !boot(&bench->explored, "explore-pages") || !load_domain(bench)) {
        return EXIT_BAD_INPUT;
    }
    size_t rounds = bench->rounds;
    for (size_t i = 0; i <= rounds; i++) {
        /* The first round warms up and is overwritten. */
        if (!measure_round(bench, i == 0 ? 0 : i - 1)) {
            fputs("el2diff bench: a program of the mix does not run to its "
                  "end on both machines\n",
                  stderr);
            return EXIT_FOUND;
        }
    }
    if (json) {
        print_json(bench);
    } else {
        print_table(bench);
    }
    pairing_shut_down(&bench->small.pair);
    pairing_shut_down(&bench->large.pair);
    pairing_shut_down(&bench->explored.pair);
    bench_mix_free(&bench->pages);
    bench_mix_free(&bench->blocks);
    return EXIT_GOOD;
}

static bool parse_rounds(const char *text, size_t *rounds)
{
    char *end;
    *rounds = strtoul(text, &end, 10);
    return end != text && *end == '\0' && *rounds > 0 &&
           *rounds <= ROUNDS_LIMIT;
}

int command_bench(int argc, char **argv)
{
    static struct bench bench = {.rounds = 15};
    bool json = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            fputs(usage, stdout);
            return EXIT_GOOD;
        }
        if (strcmp(argv[i], "--json") == 0) {
            json = true;
        } else if (strcmp(argv[i], "--rounds") != 0) {
            fprintf(stderr, "el2diff bench: %s: no such option (see --help)\n",
                    argv[i]);
            return EXIT_BAD_INPUT;
        } else if (++i == argc || !parse_rounds(argv[i], &bench.rounds)) {
            fprintf(stderr,
                    "el2diff bench: --rounds: not a number from 1 to %d\n",
                    ROUNDS_LIMIT);
            return EXIT_BAD_INPUT;
        }
    }
    return run(&bench, json);
}
