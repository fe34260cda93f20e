/* el2diff replay: programs on two machines, call by call. */
#include "devicetree/known.h"
#include "fuzz/program_file.h"
#include "fuzz/vectors/vector.h"
#include "tools/commands.h"
#include "tools/program_platform.h"
#include "tools/replay.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: el2diff replay [OPTION...] FILE...\n"
    "\n"
    "Run each program, in text or bytes (also a crash file of libFuzzer or\n"
    "AFL++), on two machines; print every call with what it changed, and the\n"
    "first difference. FILE - is standard input.\n"
    "\n"
    "  --target NAME    the machines of this fuzz target (default fuzz_pages;\n"
    "                   also fuzz_primitives, fuzz_published)\n"
    "  --platform P     a built-in platform or a device tree, instead of the\n"
    "                   one that the program names\n"
    "  --json           a JSON object for each FILE, one a line\n"
    "  --quiet          only how each FILE ended\n"
    "  --break N        stop the debugger that runs this before call N\n"
    "  --fail-table N   as if the program said that the Nth table which it\n"
    "                   takes fails; 0: none\n"
    "  --fail-each-table\n"
    "                   run the program as it is and once for each table that\n"
    "                   it takes, without that table; at most 1024 tables,\n"
    "                   evenly chosen. Prints how that ended only\n"
    "  --record OUT     write the run as a conformance vector (one FILE)\n"
    "\n"
    "Exit status: 0 the same, 1 diverged, 2 bad input.\n"
    "\n"
    "Example: el2diff replay --target fuzz_pages crash-1f3a\n";

struct options {
    const struct pairing *pairing;
    const char *platform;
    const char *record;
    bool json;
    bool quiet;
    size_t break_step;
    size_t failing_table; /* SIZE_MAX: the one that the program says */
    bool each_table;
    int first_file; /* index in argv */
};

static int refuse(const char *what, const char *why)
{
    fflush(stdout);
    fprintf(stderr, "el2diff replay: %s: %s\n", what, why);
    return EXIT_BAD_INPUT;
}

/* Stop a debugger here; without one the signal would end the program. */
static void stop_debugger(size_t step)
{
    char line[128];
    bool traced = false;
    FILE *status = fopen("/proc/self/status", "r");
    while (status != NULL && fgets(line, sizeof line, status) != NULL) {
        traced |= strncmp(line, "TracerPid:", 10) == 0 &&
                  strtol(line + 10, NULL, 10) != 0;
    }
    if (status != NULL) {
        fclose(status);
    }
    if (traced) {
        raise(SIGTRAP);
    } else {
        fprintf(stderr, "el2diff replay: no debugger is attached at call %zu\n",
                step);
    }
}

static void before_call(void *context, const struct lockstep_call *call)
{
    const struct replay *replay = context;
    if (call->step == replay->break_step) {
        stop_debugger(call->step);
    }
}

static void after_call(void *context, const struct lockstep_call *call)
{
    const struct replay *replay = context;
    if (replay->recorder != NULL && call->expected != NULL) {
        struct el2_step step;
        replay->recorded->operations->step(replay->recorded, call->call, &step);
        vector_record_step(replay->recorder, call->call, &step);
    }
    if (replay->calls != NULL) {
        replay_json_call(replay, call);
    } else if (!replay->quiet) {
        replay_print_call(replay, call);
    }
}

static enum lockstep_end run(struct replay *replay,
                             struct divergence *divergence)
{
    struct lockstep *lockstep = &replay->pair->lockstep;
    lockstep->before = before_call;
    lockstep->after = after_call;
    lockstep->watch_context = replay;
    lockstep->end_comparison_period = 1;
    if (replay->calls == NULL && !replay->quiet) {
        replay_print_header(replay);
    }
    enum lockstep_end end = lockstep_run(lockstep, replay->program, divergence);
    if (replay->calls != NULL) {
        replay_json_end(replay, end, divergence);
    } else {
        replay_print_end(replay, end, divergence);
    }
    return end;
}

/* Run without each table in turn. */
static enum lockstep_end run_each_table(struct replay *replay,
                                        struct program *program,
                                        struct divergence *divergence)
{
    struct lockstep *lockstep = &replay->pair->lockstep;
    lockstep->end_comparison_period = 1;
    enum lockstep_end end =
        table_failures_run(lockstep, program, TABLE_FAILURES_RUN_LIMIT,
                           &replay->failures, divergence);
    if (replay->calls != NULL) {
        replay_json_end(replay, end, divergence);
    } else {
        replay_print_end(replay, end, divergence);
    }
    return end;
}

/*
 * Run, and write what a specification did that draws its values from the
 * formula that readers of vectors know.
 */
static int run_recorded(const struct options *options, struct replay *replay,
                        struct divergence *divergence)
{
    const struct el2_platform *platform = &replay->pair->platform;
    char why[VECTOR_TEXT_SIZE];
    const char *reason = "not enough memory";
    FILE *out = fopen(options->record, "w");
    if (out == NULL) {
        return refuse(options->record, strerror(errno));
    }
    replay->recorded = el2_create_model(platform, el2_oracle_formula, &reason);
    replay->recorder =
        replay->recorded == NULL
            ? NULL
            : vector_record_begin(replay->recorded, platform, "recorded");
    if (replay->recorder == NULL) {
        fclose(out);
        return refuse(options->record, reason);
    }
    enum lockstep_end end = run(replay, divergence);
    bool written = vector_record_end(replay->recorder, out, why, sizeof why);
    replay->recorded->operations->destroy(replay->recorded);
    if (fclose(out) != 0 || !written) {
        return refuse(options->record, written ? strerror(errno) : why);
    }
    return end == LOCKSTEP_DIVERGED ? EXIT_FOUND : EXIT_GOOD;
}

/* NULL, or why a table cannot fail in a run like this. */
static const char *why_no_failure(const struct options *options,
                                  const struct paired_machines *pair)
{
    if (options->record != NULL) {
        return "a vector cannot say that a table fails";
    }
    return lockstep_can_fail_tables(&pair->lockstep)
               ? NULL
               : "these machines cannot make a table fail";
}

static int replay_on(const struct options *options, const char *path,
                     struct paired_machines *pair, struct program *program)
{
    struct replay replay = {
        .path = path,
        .pairing = options->pairing,
        .pair = pair,
        .program = program,
        .break_step = options->break_step,
        .quiet = options->quiet,
        .each_table = options->each_table,
    };
    struct divergence divergence;
    bool fails = options->each_table || program->failing_table != 0;
    const char *why = fails ? why_no_failure(options, pair) : NULL;
    if (why != NULL) {
        return refuse(path, why);
    }
    if (options->json && !replay_json_begin(&replay)) {
        return refuse(path, "not enough memory");
    }
    if (options->record != NULL) {
        return run_recorded(options, &replay, &divergence);
    }
    enum lockstep_end end = options->each_table
                                ? run_each_table(&replay, program, &divergence)
                                : run(&replay, &divergence);
    return end == LOCKSTEP_DIVERGED ? EXIT_FOUND : EXIT_GOOD;
}

static int replay_file(const struct options *options, const char *path)
{
    static struct program program;
    static struct paired_machines pair;
    enum program_form form;
    struct el2_platform platform;
    char why[DEVICETREE_WHY_SIZE];
    if (!program_read_file_form(path, &program, &form, why, sizeof why)) {
        return refuse(path, why);
    }
    if (options->failing_table != SIZE_MAX) {
        program.failing_table = (uint16_t)options->failing_table;
    }
    const char *name = options->platform != NULL
                           ? options->platform
                           : program_platform(&program, form);
    if (!platform_load(name, &platform, why, sizeof why)) {
        return refuse(name, why);
    }
    const char *reason;
    if (!pairing_boot(options->pairing, &platform, &pair, &reason)) {
        return refuse(name, reason);
    }
    int status = replay_on(options, path, &pair, &program);
    pairing_shut_down(&pair);
    return status;
}

static bool parse_number(const char *text, size_t limit, size_t *number)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    *number = (size_t)value;
    return errno == 0 && end != text && *end == '\0' && text[0] != '-' &&
           value <= limit;
}

/* NULL when the option takes that value, otherwise why it does not. */
static const char *set_option(struct options *options, const char *option,
                              const char *value)
{
    if (strcmp(option, "--target") == 0) {
        options->pairing = pairing_find(value);
        return options->pairing != NULL ? NULL : "no such target";
    }
    if (strcmp(option, "--break") == 0) {
        return parse_number(value, SIZE_MAX, &options->break_step)
                   ? NULL
                   : "not a call number";
    }
    if (strcmp(option, "--fail-table") == 0) {
        return parse_number(value, UINT16_MAX, &options->failing_table)
                   ? NULL
                   : "not the number of a table";
    }
    if (strcmp(option, "--platform") == 0) {
        options->platform = value;
    } else if (strcmp(option, "--record") == 0) {
        options->record = value;
    } else {
        return "no such option";
    }
    return NULL;
}

/* The options at argv[*at] with its value, if it takes one. */
static bool parse_option(int argc, char **argv, int *at,
                         struct options *options)
{
    const char *option = argv[*at];
    if (strcmp(option, "--json") == 0) {
        options->json = true;
        return true;
    }
    if (strcmp(option, "--quiet") == 0) {
        options->quiet = true;
        return true;
    }
    if (strcmp(option, "--fail-each-table") == 0) {
        options->each_table = true;
        return true;
    }
    const char *value = ++*at < argc ? argv[*at] : "";
    const char *why = set_option(options, option, value);
    if (why != NULL) {
        fprintf(stderr, "el2diff replay: %s %s: %s (see --help)\n", option,
                value, why);
    }
    return why == NULL;
}

static bool parse_options(int argc, char **argv, struct options *options)
{
    int at = 1;
    while (at < argc && strncmp(argv[at], "--", 2) == 0) {
        if (!parse_option(argc, argv, &at, options)) {
            return false;
        }
        at++;
    }
    options->first_file = at;
    if (at == argc) {
        fputs("el2diff replay: no FILE (see --help)\n", stderr);
        return false;
    }
    if (options->record != NULL && at + 1 != argc) {
        fputs("el2diff replay: --record takes one FILE\n", stderr);
        return false;
    }
    return true;
}

int command_replay(int argc, char **argv)
{
    struct options options = {
        .pairing = pairing_find(PAIRING_DEFAULT),
        .break_step = SIZE_MAX,
        .failing_table = SIZE_MAX,
    };
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return EXIT_GOOD;
    }
    if (!parse_options(argc, argv, &options)) {
        return EXIT_BAD_INPUT;
    }
    int worst = EXIT_GOOD;
    for (int i = options.first_file; i < argc; i++) {
        int status = replay_file(&options, argv[i]);
        worst = status > worst ? status : worst;
    }
    return worst;
}
