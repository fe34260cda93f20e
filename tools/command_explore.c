/* el2diff explore: every state of a small board. */
#include "devicetree/known.h"
#include "explore/domain.h"
#include "explore/explore.h"
#include "fuzz/program_file.h"
#include "tools/commands.h"
#include "tools/explore_report.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: el2diff explore [OPTION...]\n"
    "\n"
    "Go to every state that a set of calls reaches from boot, breadth first,\n"
    "make every call of the set there on two machines, and stop at the first\n"
    "difference, with the shortest program that shows it.\n"
    "\n"
    "  --calls SET      what to call: a file as docs/explore.md has it, or a\n"
    "                   built-in set: pages (the default), dma, hypercalls,\n"
    "                   edges, devices, tables\n"
    "  --platform P     a built-in platform or a device tree, instead of the\n"
    "                   one that the set names\n"
    "  --machines A,B   model,impl (default), model,primitives or\n"
    "                   published-model,published-primitives\n"
    "  --depth N        no ways longer than N calls (at most 64)\n"
    "  --seconds N      no longer than N seconds\n"
    "  --workers N      processes (default: one for each core)\n"
    "  --memory N       MiB for the states that were seen (default 1024)\n"
    "  --no-folding     tell states apart that differ by names only\n"
    "  --state FILE     go on from FILE when it is there, and leave there "
    "what\n"
    "                   is left when it is interrupted or ends early\n"
    "  -o FILE          write the program of a divergence to FILE too\n"
    "  --json           states, transitions, depth, exhausted, seconds and\n"
    "                   divergences, as one object\n"
    "\n"
    "Exit status: 0 nothing found, 1 a divergence, 2 bad input, 130\n"
    "interrupted.\n"
    "\n"
    "Example: el2diff explore --calls pages --depth 5\n";

#define EXIT_INTERRUPTED 130

struct options {
    const char *calls;
    const char *platform; /* NULL: what the set names */
    const struct pairing *pairing;
    const char *output;
    const char *state_file;
    uint64_t depth;
    double seconds;
    uint64_t workers;
    uint64_t megabytes;
    bool folds;
    bool json;
};

static volatile bool interrupted;

static void interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = true;
}

static bool complain(const char *subject, const char *why)
{
    fprintf(stderr, "el2diff explore: %s: %s\n", subject, why);
    return false;
}

static const struct pairing *find_machines(const char *names)
{
    static const struct {
        const char *machines;
        const char *target;
    } known[] = {
        {"model,impl", "fuzz_pages"},
        {"model,primitives", "fuzz_primitives"},
        {"published-model,published-primitives", "fuzz_published"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(names, known[i].machines) == 0) {
            return pairing_find(known[i].target);
        }
    }
    return NULL;
}

static bool read_number(const char *option, const char *text, uint64_t least,
                        uint64_t most, uint64_t *number)
{
    char why[80];
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 10);
    if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 &&
        *number >= least && *number <= most) {
        return true;
    }
    snprintf(why, sizeof why, "takes a number from %llu to %llu",
             (unsigned long long)least, (unsigned long long)most);
    return complain(option, why);
}

static bool set_option(struct options *options, const char *option,
                       const char *value)
{
    uint64_t seconds;
    if (strcmp(option, "--calls") == 0) {
        options->calls = value;
    } else if (strcmp(option, "--platform") == 0) {
        options->platform = value;
    } else if (strcmp(option, "--state") == 0) {
        options->state_file = value;
    } else if (strcmp(option, "-o") == 0) {
        options->output = value;
    } else if (strcmp(option, "--machines") == 0) {
        options->pairing = find_machines(value);
        return options->pairing != NULL ||
               complain(value, "no such machines (see --help)");
    } else if (strcmp(option, "--depth") == 0) {
        return read_number(option, value, 0, EXPLORE_DEPTH_LIMIT,
                           &options->depth);
    } else if (strcmp(option, "--workers") == 0) {
        return read_number(option, value, 1, 64, &options->workers);
    } else if (strcmp(option, "--memory") == 0) {
        return read_number(option, value, 1, UINT64_C(1) << 24,
                           &options->megabytes);
    } else if (!read_number(option, value, 1, 1u << 30, &seconds)) {
        return false;
    } else {
        options->seconds = (double)seconds;
    }
    return true;
}

static bool takes_value(const char *word)
{
    static const char *const options[] = {
        "--calls",   "--platform", "--machines", "--depth", "--seconds",
        "--workers", "--memory",   "--state",    "-o",
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (strcmp(word, options[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool read_options(int argc, char **argv, struct options *options)
{
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (takes_value(word)) {
            if (i + 1 == argc) {
                return complain(word, "needs a value");
            }
            if (!set_option(options, word, argv[++i])) {
                return false;
            }
        } else if (strcmp(word, "--json") == 0) {
            options->json = true;
        } else if (strcmp(word, "--no-folding") == 0) {
            options->folds = false;
        } else {
            return complain(word, "no such option (see --help)");
        }
    }
    return true;
}

/* The set of calls: a built-in one, or a file. */
static bool load_domain(const char *name, struct program *domain)
{
    static char text[DOMAIN_TEXT_LIMIT];
    char why[200];
    struct program_error error;
    const struct known_domain *known = known_domain_find(name);
    size_t length;
    if (known != NULL) {
        length = strlen(known->text);
        memcpy(text, known->text, length);
    } else {
        FILE *file = fopen(name, "rb");
        if (file == NULL) {
            return complain(name, errno == ENOENT ? "no such set or file"
                                                  : strerror(errno));
        }
        length = fread(text, 1, sizeof text, file);
        bool failed = ferror(file) != 0;
        fclose(file);
        if (failed) {
            return complain(name, "cannot be read");
        }
    }
    if (domain_parse(text, length, domain, &error)) {
        return true;
    }
    snprintf(why, sizeof why, "line %zu: %s", error.line, error.message);
    return complain(name, why);
}

static void show_progress(void *context,
                          const struct exploration_counts *counts,
                          double seconds)
{
    double *shown = context;
    if (seconds - *shown < 0.5) {
        return;
    }
    *shown = seconds;
    fprintf(stderr,
            "\r\033[Kdepth %llu, %llu states, %llu waiting, %.0f "
            "transitions/s, %.0f s",
            (unsigned long long)counts->depth,
            (unsigned long long)counts->states,
            (unsigned long long)counts->waiting,
            (double)counts->transitions / seconds, seconds);
}

static bool ended_badly(enum explore_end end)
{
    return end == EXPLORE_DIVERGED || end == EXPLORE_CRASHED ||
           end == EXPLORE_NOT_REPEATABLE;
}

/* The calls to where it ended badly. */
static void make_program(const struct exploration *exploration,
                         struct program *program)
{
    const struct program *domain = exploration->domain;
    const struct state_path *path = &exploration->path;
    memcpy(program->platform, domain->platform, sizeof program->platform);
    program->run = domain->run;
    program->failing_table = 0;
    program->call_count = 0;
    for (size_t i = 0; i < path->length; i++) {
        program->calls[program->call_count++] = domain->calls[path->calls[i]];
    }
    program->calls[program->call_count++] = domain->calls[exploration->call];
}

static bool write_program(const char *path, const struct program *program)
{
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        return complain(path, strerror(errno));
    }
    bool written = program_print_stream(program, file);
    written = fclose(file) == 0 && written;
    return written || complain(path, "cannot be written");
}

static int status_of(enum explore_end end)
{
    return end == EXPLORE_INTERRUPTED ? EXIT_INTERRUPTED
           : ended_badly(end)         ? EXIT_FOUND
                                      : EXIT_GOOD;
}

static int report(const struct options *options, const char *platform,
                  struct exploration *exploration, enum explore_end end)
{
    static struct program program;
    static struct divergence divergence;
    struct explore_report report = {
        .exploration = exploration,
        .end = end,
        .pairing = options->pairing,
        .platform = platform,
    };
    if (end == EXPLORE_FAILED) {
        complain("failed", exploration->why);
        return EXIT_BAD_INPUT;
    }
    if (ended_badly(end)) {
        make_program(exploration, &program);
        report.program = &program;
        if (options->output != NULL &&
            !write_program(options->output, &program)) {
            return EXIT_BAD_INPUT;
        }
    }
    /* The workers are gone; here it is once more. */
    if (end == EXPLORE_DIVERGED &&
        lockstep_run(&exploration->pair->lockstep, &program, &divergence) ==
            LOCKSTEP_DIVERGED) {
        report.divergence = &divergence;
    }
    if (!options->json) {
        explore_report_text(&report);
    } else if (!explore_report_json(&report)) {
        complain("--json", "not enough memory");
        return EXIT_BAD_INPUT;
    }
    return status_of(end);
}

static void catch_interrupts(void)
{
    struct sigaction action = {.sa_handler = interrupt};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static int explore_with(const struct options *options)
{
    static struct program domain;
    static struct paired_machines pair;
    static struct exploration exploration;
    struct el2_platform platform;
    char why[DEVICETREE_WHY_SIZE];
    const char *reason;
    double shown = 0;
    if (!load_domain(options->calls, &domain)) {
        return EXIT_BAD_INPUT;
    }
    const char *name = options->platform != NULL    ? options->platform
                       : domain.platform[0] != '\0' ? domain.platform
                                                    : KNOWN_PLATFORM_DEFAULT;
    if (!platform_load(name, &platform, why, sizeof why)) {
        complain(name, why);
        return EXIT_BAD_INPUT;
    }
    if (!pairing_boot(options->pairing, &platform, &pair, &reason)) {
        complain(name, reason);
        return EXIT_BAD_INPUT;
    }
    bool shows = !options->json && isatty(STDERR_FILENO);
    exploration = (struct exploration){
        .pair = &pair,
        .domain = &domain,
        .folds = options->folds,
        .depth_limit = options->depth,
        .seconds = options->seconds,
        .memory = options->megabytes << 20,
        .workers = options->workers,
        .interrupted = &interrupted,
        .state_file = options->state_file,
        .progress = shows ? show_progress : NULL,
        .progress_context = &shown,
    };
    catch_interrupts();
    enum explore_end end = explore(&exploration);
    if (shows) {
        fputs("\r\033[K", stderr);
    }
    int status = report(options, name, &exploration, end);
    pairing_shut_down(&pair);
    return status;
}

int command_explore(int argc, char **argv)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct options options = {
        .calls = "pages",
        .pairing = pairing_find(PAIRING_DEFAULT),
        .depth = EXPLORE_DEPTH_LIMIT,
        .workers = cores > 0 ? (uint64_t)cores : 1,
        .megabytes = 1024,
        .folds = true,
    };
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            fputs(usage, stdout);
            return EXIT_GOOD;
        }
    }
    return read_options(argc, argv, &options) ? explore_with(&options)
                                              : EXIT_BAD_INPUT;
}
