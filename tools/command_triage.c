/* el2diff triage: from crash files to what is likely wrong. */
#include "tools/commands.h"
#include "tools/program_platform.h"
#include "tools/program_sources.h"
#include "tools/triage_output.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Seconds of silence before progress shows on a terminal. */
#define PROGRESS_AFTER 1

static const char usage[] =
    "usage: el2diff triage [OPTION...] FILE...\n"
    "\n"
    "Replay and minimize programs that a fuzzer found, in text or bytes (also\n"
    "crash files of libFuzzer and AFL++), packs of them or directories with\n"
    "them. Say which signatures they have, which of these are likely one\n"
    "cause, and leave a folder for each with the least program as text, "
    "bytes,\n"
    "a unit test and a page to read.\n"
    "\n"
    "  --target NAME    the machines of this fuzz target. Default: the first,\n"
    "                   in the order of 'el2diff regress', on which a program\n"
    "                   diverges; but fuzz_published must be named\n"
    "  --platform P     a built-in platform or a device tree, instead of the\n"
    "                   one that each program names\n"
    "  -o DIR           where the folders are written (default triage/)\n"
    "\n"
    "The causes are listed so that each is as different as possible from "
    "those\n"
    "before it. DIR/index.txt has the list. What is there of an earlier "
    "triage\n"
    "is replaced by signature and otherwise left. docs/triage.md says more.\n"
    "\n"
    "Exit status: 0 no program diverges, 1 some do, or crash; 2 bad input; "
    "what\n"
    "can be used of it is done all the same.\n"
    "\n"
    "Example: el2diff triage --target fuzz_smmu build/findings/fuzz_smmu\n";

struct session {
    struct triage_machines machines;
    const char *platform; /* NULL: what each program names */
    const char *directory;
    struct program_sources sources;
    struct triage triage;
    size_t at; /* in the sources */
    bool shows_progress;
    time_t progress_at; /* when it is next due */
    bool out_of_memory;
};

static int refuse(const char *what, const char *why)
{
    (void)fprintf(stderr, "el2diff triage: %s: %s\n", what, why);
    return EXIT_BAD_INPUT;
}

static void clear_progress(const struct session *session)
{
    if (session->shows_progress) {
        (void)fputs("\r\033[K", stderr);
    }
}

static void show_progress(struct session *session)
{
    if (!session->shows_progress || time(NULL) < session->progress_at) {
        return;
    }
    (void)fprintf(stderr, "\rfile %zu of %zu, %zu signatures ", session->at + 1,
                  session->sources.count, session->triage.count);
    session->progress_at = time(NULL) + 1;
}

/* Named, and the others are done all the same. */
static bool note_unused(struct session *session, const char *path,
                        const char *why)
{
    clear_progress(session);
    refuse(path, why);
    return triage_files_add(&session->triage.unused, path, why);
}

static bool note_ended(struct session *session, const char *name,
                       const struct triage_result *result)
{
    char how[128];
    if (result->ended_by == 0) {
        (void)snprintf(how, sizeof how, "ended by itself");
    } else {
        (void)snprintf(how, sizeof how, "ended by signal %d, %s",
                       result->ended_by, strsignal(result->ended_by));
    }
    return triage_files_add(&session->triage.ended, name, how);
}

static bool note_result(struct session *session, const char *name,
                        const struct triage_result *result)
{
    switch (result->end) {
    case TRIAGE_DIVERGED:
        return triage_add(&session->triage, name, result);
    case TRIAGE_ENDED:
        return note_ended(session, name, result);
    case TRIAGE_REFUSED:
        return note_unused(session, name, result->why);
    case TRIAGE_SAME:
        break;
    }
    return triage_files_add(&session->triage.same, name, NULL);
}

static bool run_program(void *context, const struct sourced_program *program)
{
    static struct triage_result result; /* large */
    static struct program named;
    struct session *session = context;
    char name[4096];
    char platform[4096];
    show_progress(session);
    (void)snprintf(name, sizeof name,
                   program->entry > 0 ? "%s entry %zu" : "%s", program->path,
                   program->entry);
    (void)snprintf(platform, sizeof platform, "%s",
                   session->platform != NULL
                       ? session->platform
                       : program_platform(&program->program, program->form));
    named = program->program;
    program_name_platform(&named, platform);
    triage_run(&session->machines, &named, platform, &result);
    session->out_of_memory = !note_result(session, name, &result);
    return !session->out_of_memory;
}

/* Each file by itself: one that cannot be read is no reason not to read the
 * next. */
static void run_files(struct session *session)
{
    struct program_sources_error error;
    for (; session->at < session->sources.count && !session->out_of_memory;
         session->at++) {
        struct program_sources one = {&session->sources.paths[session->at], 1,
                                      1};
        if (program_sources_walk(&one, run_program, session, &error) ==
            SOURCES_REFUSED) {
            session->out_of_memory =
                !note_unused(session, error.path, error.why);
        }
    }
    clear_progress(session);
}

static int finish(struct session *session)
{
    struct triage *triage = &session->triage;
    char what[4096];
    char why[512];
    triage_rank(triage);
    bool written = triage_write(triage, &session->machines, session->directory,
                                what, sizeof what, why, sizeof why);
    bool printed =
        triage_print(triage, session->directory, stdout) && fflush(stdout) == 0;
    if (!written) {
        return refuse(what, why);
    }
    if (!printed || triage->unused.count > 0) {
        return EXIT_BAD_INPUT;
    }
    return triage->count > 0 || triage->ended.count > 0 ? EXIT_FOUND
                                                        : EXIT_GOOD;
}

static bool set_option(struct session *session, const char *option,
                       const char *value)
{
    if (strcmp(option, "--platform") == 0) {
        session->platform = value;
    } else if (strcmp(option, "-o") == 0) {
        session->directory = value;
    } else {
        session->machines.only = pairing_find(value);
        if (session->machines.only == NULL) {
            refuse(value, "no such target");
            return false;
        }
    }
    return true;
}

static bool takes_value(const char *word)
{
    return strcmp(word, "-o") == 0 || strcmp(word, "--target") == 0 ||
           strcmp(word, "--platform") == 0;
}

/* What is refused is the last of the sources then, and is not run. */
static void add_source(struct session *session, const char *path)
{
    struct program_sources *sources = &session->sources;
    struct program_sources_error error;
    if (program_sources_add(sources, path, &error)) {
        return;
    }
    session->out_of_memory |= !note_unused(session, error.path, error.why);
    if (sources->count > 0 &&
        sources->paths[sources->count - 1] == error.path) {
        free(sources->paths[--sources->count]);
    }
}

/* Options first: a wrong one is told before anything is read. */
static bool read_options(int argc, char **argv, struct session *session,
                         int *first)
{
    int at = 1;
    for (; at < argc && argv[at][0] == '-' && argv[at][1] != '\0'; at++) {
        const char *word = argv[at];
        if (strcmp(word, "--") == 0) {
            at++;
            break;
        }
        if (!takes_value(word)) {
            refuse(word, "no such option (see --help)");
            return false;
        }
        if (++at == argc || argv[at][0] == '\0') {
            refuse(word, "needs a value");
            return false;
        }
        if (!set_option(session, word, argv[at])) {
            return false;
        }
    }
    *first = at;
    if (at >= argc) {
        refuse("FILE", "is missing (see --help)");
    }
    return at < argc;
}

static int run(struct session *session, int argc, char **argv)
{
    int first;
    if (!read_options(argc, argv, session, &first)) {
        return EXIT_BAD_INPUT;
    }
    for (int i = first; i < argc; i++) {
        add_source(session, argv[i]);
    }
    run_files(session);
    if (session->out_of_memory) {
        return refuse("FILE", "not enough memory for so many");
    }
    return finish(session);
}

int command_triage(int argc, char **argv)
{
    static struct session session;
    if (argc == 2 &&
        (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        (void)fputs(usage, stdout);
        return EXIT_GOOD;
    }
    session.directory = "triage";
    session.shows_progress = isatty(STDERR_FILENO) != 0;
    session.progress_at = time(NULL) + PROGRESS_AFTER;
    int status = run(&session, argc, argv);
    triage_shut_down(&session.machines);
    program_sources_free(&session.sources);
    triage_free(&session.triage);
    return status;
}
