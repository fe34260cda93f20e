/* el2diff regress: the committed corpus on every pair of machines. */
#include "devicetree/known.h"
#include "fuzz/pairing.h"
#include "tools/commands.h"
#include "tools/program_platform.h"
#include "tools/program_sources.h"
#include "tools/run_digest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* More than there are platforms in a corpus. */
#define PLATFORM_LIMIT 16

/* Signatures of divergences that are told apart. */
#define REPORTED_LIMIT 64

/* Seconds of silence before progress shows on a terminal. */
#define PROGRESS_AFTER 2

static const char usage[] =
    "usage: el2diff regress [OPTION...] [FILE...]\n"
    "\n"
    "Run programs on every pair of machines that a fuzz target compares,\n"
    "without a fuzzing engine, and compare everything at the end of each run\n"
    "as well. FILE is a program in text or bytes, a pack (el2diff pack), or a\n"
    "directory with these; without FILE it is corpus/, and tests/regressions/\n"
    "if there is one.\n"
    "\n"
    "  --target NAME   only the pair of this fuzz target\n"
    "  --verbose       name each program before it runs\n"
    "\n"
    "Each pair has a line. Its digest is over how every call ended on both\n"
    "machines and what it changed: the same programs have the same digest,\n"
    "whatever compiler and processor ran them. Divergences of fuzz_published\n"
    "by the known disagreements E1 and E2 are counted apart.\n"
    "\n"
    "Exit status: 0 all the same, 1 a divergence, 2 bad input.\n"
    "\n"
    "Example: el2diff regress corpus/packed/fuzz_pages\n";

/*
 * How two published texts disagree (semantics.md section 10); the primitives
 * that they are compared with are not wrong there.
 */
static const struct {
    const char *target;
    const char *signature;
    const char *reading;
} known_divergences[] = {
    {"fuzz_published", "clear_vm_page.cleared.npt", "E1"},
    {"fuzz_published", "clear_vm_range.range_changed.npt", "E1"},
    {"fuzz_published", "clear_vm_s2_range.range_changed.npt", "E1"},
    {"fuzz_published", "assign_pfn_to_smmu.assigned_to_device.memory", "E2"},
    {"fuzz_published", "smmu_map.assigned_to_device.memory", "E2"},
};

#define KNOWN_COUNT (sizeof known_divergences / sizeof known_divergences[0])

struct booted {
    char name[EL2_PLATFORM_NAME_SIZE];
    struct paired_machines *machines;
};

/* One pair of machines, on each platform that a program asked for. */
struct pair_run {
    const struct pairing *pairing;
    struct booted platforms[PLATFORM_LIMIT];
    size_t platform_count;
    struct lockstep_counts counts;
    uint64_t divergences;
    uint64_t known[KNOWN_COUNT];
    /* Signatures that were reported, the first so many. */
    char reported[REPORTED_LIMIT][DIVERGENCE_SIGNATURE_SIZE];
    size_t reported_count;
    struct run_digest digest;
    /* Of the program that runs. */
    struct lockstep *lockstep;
    struct divergence divergence;
};

struct session {
    struct program_sources sources;
    const struct pairing *only; /* NULL: all */
    uint64_t programs;          /* in the sources */
    struct pair_run run;
    bool verbose;
    bool shows_progress;
    time_t progress_at; /* when it is next due */
};

static int refuse(const char *what, const char *why)
{
    fflush(stdout);
    fprintf(stderr, "el2diff regress: %s: %s\n", what, why);
    return EXIT_BAD_INPUT;
}

/* Pairs that differ in what their mutator prefers are one here. */
static bool same_machines(const struct pairing *a, const struct pairing *b)
{
    return a->create_specification == b->create_specification &&
           a->create_other == b->create_other &&
           a->check_invariants == b->check_invariants;
}

/* Whether the pairing's machines are those of an earlier one. */
static bool is_repeated(const struct pairing *pairing)
{
    for (size_t i = 0; pairing_at(i) != pairing; i++) {
        if (same_machines(pairing_at(i), pairing)) {
            return true;
        }
    }
    return false;
}

static void show_progress(struct session *session)
{
    if (!session->shows_progress || time(NULL) < session->progress_at) {
        return;
    }
    fprintf(stderr, "\r%s: program %" PRIu64 " of %" PRIu64 " ",
            session->run.pairing->target, session->run.counts.programs + 1,
            session->programs);
    session->progress_at = time(NULL) + 1;
}

/* Before anything else is printed. */
static void clear_progress(const struct session *session)
{
    if (session->shows_progress) {
        fputs("\r\033[K", stderr);
    }
}

/* The engine has filled in how the call ended on the other machine, too. */
static void note_call(void *context, const struct lockstep_call *call)
{
    struct pair_run *run = context;
    struct el2_machine *specification = run->lockstep->specification;
    run_digest_add(&run->digest, call->step);
    if (call->expected == NULL) {
        return;
    }
    struct el2_touched touched =
        specification->operations->touched(specification);
    run_digest_add_step(&run->digest, call->expected);
    run_digest_add_step(&run->digest, &run->divergence.actual_step);
    run_digest_add_touched(&run->digest, &touched);
}

static struct paired_machines *boot(struct pair_run *run, const char *name,
                                    char *why, size_t why_size)
{
    struct el2_platform platform;
    const char *reason = "not enough memory";
    if (!platform_load(name, &platform, why, why_size)) {
        return NULL;
    }
    struct paired_machines *pair = malloc(sizeof *pair);
    if (pair == NULL || !pairing_boot(run->pairing, &platform, pair, &reason)) {
        snprintf(why, why_size, "%s", reason);
        free(pair);
        return NULL;
    }
    pair->lockstep.counts = &run->counts;
    pair->lockstep.end_comparison_period = 1;
    pair->lockstep.after = note_call;
    pair->lockstep.watch_context = run;
    return pair;
}

/* The machines on a platform, booted when it is first asked for. NULL, and
 * why, when that cannot be. */
static struct paired_machines *
machines_on(struct pair_run *run, const char *name, char *why, size_t why_size)
{
    for (size_t i = 0; i < run->platform_count; i++) {
        if (strcmp(run->platforms[i].name, name) == 0) {
            return run->platforms[i].machines;
        }
    }
    if (run->platform_count == PLATFORM_LIMIT) {
        snprintf(why, why_size, "is one platform too many");
        return NULL;
    }
    struct paired_machines *machines = boot(run, name, why, why_size);
    if (machines != NULL) {
        struct booted *booted = &run->platforms[run->platform_count++];
        snprintf(booted->name, sizeof booted->name, "%s", name);
        booted->machines = machines;
    }
    return machines;
}

/* Whether it is a known disagreement, counted as such. */
static bool count_known(struct pair_run *run, const char *signature)
{
    for (size_t i = 0; i < KNOWN_COUNT; i++) {
        if (strcmp(known_divergences[i].target, run->pairing->target) == 0 &&
            strcmp(known_divergences[i].signature, signature) == 0) {
            run->known[i]++;
            return true;
        }
    }
    return false;
}

/* Whether a program diverged like that before; from now on one did. */
static bool was_reported(struct pair_run *run, const char *signature)
{
    for (size_t i = 0; i < run->reported_count; i++) {
        if (strcmp(run->reported[i], signature) == 0) {
            return true;
        }
    }
    if (run->reported_count < REPORTED_LIMIT) {
        snprintf(run->reported[run->reported_count++],
                 DIVERGENCE_SIGNATURE_SIZE, "%s", signature);
    }
    return false;
}

static void print_replay(const char *target,
                         const struct sourced_program *program)
{
    if (program->entry == 0) {
        printf("replay: el2diff replay --target %s %s\n", target,
               program->path);
    } else {
        printf("replay: el2diff unpack --entry %zu %s | "
               "el2diff replay --target %s -\n",
               program->entry, program->path, target);
    }
}

/* One line for each program, and more for the first with its signature. */
static void report(struct session *session, const char *signature,
                   const struct sourced_program *program)
{
    struct pair_run *run = &session->run;
    char text[DIVERGENCE_TEXT_SIZE];
    clear_progress(session);
    printf("DIVERGENCE %s in %s", signature, program->path);
    if (program->entry > 0) {
        printf(", program %zu", program->entry);
    }
    putchar('\n');
    if (!was_reported(run, signature)) {
        divergence_describe(&run->divergence, text, sizeof text);
        fputs(text, stdout);
        print_replay(run->pairing->target, program);
    }
}

static void diverged(struct session *session,
                     const struct sourced_program *program)
{
    struct pair_run *run = &session->run;
    char signature[DIVERGENCE_SIGNATURE_SIZE];
    divergence_signature(&run->divergence, signature, sizeof signature);
    for (const char *c = signature; *c != '\0'; c++) {
        run_digest_add(&run->digest, (unsigned char)*c);
    }
    if (!count_known(run, signature)) {
        run->divergences++;
        report(session, signature, program);
    }
}

/* A program_visitor. */
static bool run_program(void *context, const struct sourced_program *program)
{
    struct session *session = context;
    struct pair_run *run = &session->run;
    char why[DEVICETREE_WHY_SIZE];
    const char *name = program_platform(&program->program, program->form);
    struct paired_machines *machines = machines_on(run, name, why, sizeof why);
    show_progress(session);
    if (machines == NULL) {
        clear_progress(session);
        fflush(stdout);
        fprintf(stderr, "el2diff regress: %s: platform %s: %s\n", program->path,
                name, why);
        return false;
    }
    if (session->verbose) {
        printf("%s: %s program %zu\n", run->pairing->target, program->path,
               program->entry);
        fflush(stdout);
    }
    run->lockstep = &machines->lockstep;
    enum lockstep_end end =
        lockstep_run(run->lockstep, &program->program, &run->divergence);
    run_digest_add(&run->digest, end);
    if (end == LOCKSTEP_DIVERGED) {
        diverged(session, program);
    }
    return true;
}

/* The targets that compare these machines. */
static void print_targets(const struct session *session)
{
    const struct pairing *pairing = session->run.pairing;
    printf("%s", pairing->target);
    for (size_t i = 0; session->only == NULL && pairing_at(i) != NULL; i++) {
        if (pairing_at(i) != pairing && same_machines(pairing_at(i), pairing)) {
            printf(", %s", pairing_at(i)->target);
        }
    }
}

/* The table has what belongs to one reading together. */
static void print_known(const struct pair_run *run)
{
    uint64_t count = 0;
    for (size_t i = 0; i < KNOWN_COUNT; i++) {
        const char *reading = known_divergences[i].reading;
        count += run->known[i];
        if (count > 0 &&
            (i + 1 == KNOWN_COUNT ||
             strcmp(known_divergences[i + 1].reading, reading) != 0)) {
            printf(", %" PRIu64 " known as %s", count, reading);
            count = 0;
        }
    }
}

static void print_pair(const struct session *session)
{
    const struct pair_run *run = &session->run;
    const struct lockstep_counts *counts = &run->counts;
    print_targets(session);
    printf(": %" PRIu64 " programs, %" PRIu64 " calls, %" PRIu64
           " skipped, %" PRIu64 " panics, %" PRIu64 " divergences",
           counts->programs, counts->calls, counts->skipped, counts->panics,
           run->divergences);
    print_known(run);
    printf(", digest %016" PRIx64 "\n", run->digest.value);
    fflush(stdout);
}

static int run_pair(struct session *session, const struct pairing *pairing)
{
    struct pair_run *run = &session->run;
    struct program_sources_error error;
    *run = (struct pair_run){
        .pairing = pairing,
        .digest = run_digest_begin(),
    };
    enum sources_walk end =
        program_sources_walk(&session->sources, run_program, session, &error);
    for (size_t i = 0; i < run->platform_count; i++) {
        pairing_shut_down(run->platforms[i].machines);
        free(run->platforms[i].machines);
    }
    clear_progress(session);
    if (end == SOURCES_REFUSED) {
        return refuse(error.path, error.why);
    }
    if (end == SOURCES_STOPPED) {
        return EXIT_BAD_INPUT;
    }
    print_pair(session);
    return run->divergences > 0 ? EXIT_FOUND : EXIT_GOOD;
}

/* A program_visitor. */
static bool count_program(void *context, const struct sourced_program *program)
{
    struct session *session = context;
    (void)program;
    session->programs++;
    return true;
}

/* Everything is read once before anything runs. */
static int regress(struct session *session)
{
    struct program_sources_error error;
    int worst = EXIT_GOOD;
    if (program_sources_walk(&session->sources, count_program, session,
                             &error) == SOURCES_REFUSED) {
        return refuse(error.path, error.why);
    }
    if (session->programs == 0) {
        return refuse("FILE", "has no programs");
    }
    for (size_t i = 0; pairing_at(i) != NULL; i++) {
        const struct pairing *pairing = pairing_at(i);
        if (session->only != NULL ? pairing != session->only
                                  : is_repeated(pairing)) {
            continue;
        }
        int status = run_pair(session, pairing);
        if (status == EXIT_BAD_INPUT) {
            return status;
        }
        worst = status > worst ? status : worst;
    }
    return worst;
}

static bool add_source(struct session *session, const char *path)
{
    struct program_sources_error error;
    if (program_sources_add(&session->sources, path, &error)) {
        return true;
    }
    refuse(error.path, error.why);
    return false;
}

static bool add_committed(struct session *session)
{
    struct stat status;
    return add_source(session, "corpus") &&
           (stat("tests/regressions", &status) != 0 ||
            add_source(session, "tests/regressions"));
}

static bool set_option(struct session *session, const char *option,
                       const char *value)
{
    if (strcmp(option, "--verbose") == 0) {
        session->verbose = true;
        return true;
    }
    if (strcmp(option, "--target") != 0) {
        refuse(option, "no such option (see --help)");
        return false;
    }
    session->only = value == NULL ? NULL : pairing_find(value);
    if (session->only == NULL) {
        refuse(value == NULL ? option : value,
               value == NULL ? "needs a value" : "no such target");
    }
    return session->only != NULL;
}

static bool parse_arguments(int argc, char **argv, struct session *session)
{
    int at = 1;
    for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
        if (!set_option(session, argv[at],
                        at + 1 < argc ? argv[at + 1] : NULL)) {
            return false;
        }
        at += strcmp(argv[at], "--target") == 0;
    }
    if (at == argc) {
        return add_committed(session);
    }
    for (; at < argc; at++) {
        if (!add_source(session, argv[at])) {
            return false;
        }
    }
    return true;
}

int command_regress(int argc, char **argv)
{
    static struct session session;
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return EXIT_GOOD;
    }
    session.shows_progress = isatty(STDERR_FILENO) != 0;
    session.progress_at = time(NULL) + PROGRESS_AFTER;
    int status = parse_arguments(argc, argv, &session) ? regress(&session)
                                                       : EXIT_BAD_INPUT;
    program_sources_free(&session.sources);
    return status;
}
