/* el2diff report: a run as a page for a browser. */
#include "devicetree/known.h"
#include "fuzz/program_file.h"
#include "tools/commands.h"
#include "tools/program_platform.h"
#include "tools/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: el2diff report FILE [-o OUT] [OPTION...]\n"
    "\n"
    "Run a program on two machines and make one page of HTML about it, which\n"
    "needs no other file and no network: every call and what it changed, who\n"
    "owns which page of memory, and where the machines differ. Of a program\n"
    "that diverges it also has the minimized program. FILE is a program in\n"
    "text or bytes (also a crash file of libFuzzer or AFL++); - is standard\n"
    "input.\n"
    "\n"
    "  -o OUT           write to OUT instead of standard output\n"
    "  --target NAME    the machines of this fuzz target (default fuzz_pages)\n"
    "  --platform P     a built-in platform or a device tree, instead of the\n"
    "                   one that the program names\n"
    "  --no-minimize    only the program as it is\n"
    "\n"
    "Exit status: 0 the same, 1 diverged, 2 bad input.\n"
    "\n"
    "Example: el2diff report --target fuzz_smmu crash-1f3a -o report.html\n";

struct options {
    const char *input;
    const char *output; /* NULL: standard output */
    const struct pairing *pairing;
    const char *platform; /* NULL: what the program names */
    bool minimize;
};

static bool complain(const char *subject, const char *why)
{
    fprintf(stderr, "el2diff report: %s: %s\n", subject, why);
    return false;
}

/* Nothing is written before all of it is there. */
static bool write_page(const struct options *options, const char *page,
                       size_t size)
{
    const char *path = options->output;
    errno = 0;
    FILE *stream = path == NULL ? stdout : fopen(path, "wb");
    if (stream == NULL) {
        return complain(path, strerror(errno));
    }
    bool written = fwrite(page, 1, size, stream) == size;
    written = (path == NULL ? fflush(stream) : fclose(stream)) == 0 && written;
    return written ||
           complain(path == NULL ? "standard output" : path, strerror(errno));
}

static int report_on(const struct options *options, const char *platform,
                     struct paired_machines *pair,
                     const struct program *program)
{
    const struct report report = {
        .pairing = options->pairing,
        .pair = pair,
        .program = program,
        .shown = options->input,
        .platform = platform,
        .minimize = options->minimize,
    };
    char *page = NULL;
    size_t size = 0;
    bool diverged = false;
    const char *why = "not enough memory";
    FILE *stream = open_memstream(&page, &size);
    bool made =
        stream != NULL && report_print(stream, &report, &diverged, &why);
    if (stream != NULL && fclose(stream) != 0) {
        made = false;
    }
    bool written =
        made ? write_page(options, page, size) : complain(options->input, why);
    free(page);
    if (!written) {
        return EXIT_BAD_INPUT;
    }
    return diverged ? EXIT_FOUND : EXIT_GOOD;
}

static int report_file(const struct options *options)
{
    static struct program program;
    static struct paired_machines pair;
    enum program_form form;
    struct el2_platform platform;
    char why[DEVICETREE_WHY_SIZE];
    const char *reason;
    if (!program_read_file_form(options->input, &program, &form, why,
                                sizeof why)) {
        complain(options->input, why);
        return EXIT_BAD_INPUT;
    }
    const char *name = options->platform != NULL
                           ? options->platform
                           : program_platform(&program, form);
    if (!platform_load(name, &platform, why, sizeof why)) {
        complain(name, why);
        return EXIT_BAD_INPUT;
    }
    if (!pairing_boot(options->pairing, &platform, &pair, &reason)) {
        complain(name, reason);
        return EXIT_BAD_INPUT;
    }
    int status = report_on(options, name, &pair, &program);
    pairing_shut_down(&pair);
    return status;
}

static bool set_option(struct options *options, const char *option,
                       const char *value)
{
    if (strcmp(option, "--target") == 0) {
        options->pairing = pairing_find(value);
        return options->pairing != NULL || complain(value, "no such target");
    }
    if (strcmp(option, "--platform") == 0) {
        options->platform = value;
    } else {
        options->output = value;
    }
    return true;
}

static bool takes_value(const char *word)
{
    return strcmp(word, "-o") == 0 || strcmp(word, "--target") == 0 ||
           strcmp(word, "--platform") == 0;
}

/* The word at argv[*at], with its value if it takes one. */
static bool read_word(int argc, char **argv, int *at, struct options *options)
{
    const char *word = argv[*at];
    if (takes_value(word)) {
        return *at + 1 < argc ? set_option(options, word, argv[++*at])
                              : complain(word, "needs a value");
    }
    if (strcmp(word, "--no-minimize") == 0) {
        options->minimize = false;
        return true;
    }
    if (word[0] == '-' && word[1] != '\0') {
        return complain(word, "no such option (see --help)");
    }
    if (options->input != NULL) {
        return complain(word, "is a second FILE; there can be one only");
    }
    options->input = word;
    return true;
}

int command_report(int argc, char **argv)
{
    struct options options = {
        .pairing = pairing_find(PAIRING_DEFAULT),
        .minimize = true,
    };
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            fputs(usage, stdout);
            return EXIT_GOOD;
        }
    }
    for (int i = 1; i < argc; i++) {
        if (!read_word(argc, argv, &i, &options)) {
            return EXIT_BAD_INPUT;
        }
    }
    if (options.input == NULL) {
        complain("FILE", "is missing (see --help)");
        return EXIT_BAD_INPUT;
    }
    return report_file(&options);
}
