/* el2diff minimize: the least program that diverges for the same reason. */
#include "devicetree/known.h"
#include "fuzz/program_file.h"
#include "tools/commands.h"
#include "tools/minimized_output.h"
#include "tools/program_platform.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: el2diff minimize FILE [-o OUT] [OPTION...]\n"
    "\n"
    "Make a program that diverges as small as it goes: leave out calls and\n"
    "simplify what is left, as long as the signature of the divergence stays.\n"
    "FILE is a program in text or bytes (also a crash file of libFuzzer or\n"
    "AFL++); - is standard input.\n"
    "\n"
    "  -o OUT           write to OUT instead of standard output\n"
    "  --format FORM    text (default); bytes, which need -o; or c: a unit "
    "test\n"
    "                   that fails as long as the machines diverge\n"
    "  --target NAME    the machines of this fuzz target (default fuzz_pages)\n"
    "  --platform P     a built-in platform or a device tree, instead of the\n"
    "                   one that the program names\n"
    "\n"
    "Exit status: 0 minimized, 1 the program does not diverge, 2 bad input.\n"
    "\n"
    "Example: el2diff minimize --target fuzz_smmu crash-1f3a -o small.txt\n";

struct options {
    const char *input;
    const char *output; /* NULL: standard output */
    enum minimized_form form;
    const struct pairing *pairing;
    const char *platform; /* NULL: what the program names */
};

static bool complain(const char *subject, const char *why)
{
    fprintf(stderr, "el2diff minimize: %s: %s\n", subject, why);
    return false;
}

static bool write_output(const struct options *options,
                         const struct minimized_output *output)
{
    const char *path = options->output;
    errno = 0;
    FILE *stream = path == NULL ? stdout : fopen(path, "wb");
    if (stream == NULL) {
        return complain(path, strerror(errno));
    }
    bool written = minimized_output_write(output, options->form, stream);
    written = (path == NULL ? fflush(stream) : fclose(stream)) == 0 && written;
    return written ||
           complain(path == NULL ? "standard output" : path, strerror(errno));
}

/* Minimize on machines that are up. */
static int minimize_on(const struct options *options, const char *platform,
                       struct lockstep *lockstep, struct program *program)
{
    static struct minimizer_room room;
    struct minimized minimized;
    const struct minimized_output output = {
        .pairing = options->pairing,
        .platform = platform,
        .program = program,
        .calls_before = program->call_count,
        .minimized = &minimized,
    };
    if (!minimize(lockstep, program, MINIMIZE_EFFORT_LIMIT, &room,
                  &minimized)) {
        complain(options->input, "the program does not diverge");
        return EXIT_FOUND;
    }
    return write_output(options, &output) ? EXIT_GOOD : EXIT_BAD_INPUT;
}

static int minimize_file(const struct options *options)
{
    static struct program program;
    static struct paired_machines pair;
    static char platform_name[4096];
    enum program_form form;
    struct el2_platform platform;
    char why[DEVICETREE_WHY_SIZE];
    const char *reason;
    if (!program_read_file_form(options->input, &program, &form, why,
                                sizeof why)) {
        complain(options->input, why);
        return EXIT_BAD_INPUT;
    }
    snprintf(platform_name, sizeof platform_name, "%s",
             options->platform != NULL ? options->platform
                                       : program_platform(&program, form));
    if (!platform_load(platform_name, &platform, why, sizeof why)) {
        complain(platform_name, why);
        return EXIT_BAD_INPUT;
    }
    if (!pairing_boot(options->pairing, &platform, &pair, &reason)) {
        complain(platform_name, reason);
        return EXIT_BAD_INPUT;
    }
    program_name_platform(&program, platform_name);
    int status = minimize_on(options, platform_name, &pair.lockstep, &program);
    pairing_shut_down(&pair);
    return status;
}

static bool read_format(struct options *options, const char *word)
{
    static const char *const names[] = {
        [MINIMIZED_TEXT] = "text",
        [MINIMIZED_BYTES] = "bytes",
        [MINIMIZED_TEST] = "c",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(word, names[i]) == 0) {
            options->form = (enum minimized_form)i;
            return true;
        }
    }
    return complain("--format", "takes 'text', 'bytes' or 'c'");
}

static bool set_option(struct options *options, const char *option,
                       const char *value)
{
    if (strcmp(option, "--format") == 0) {
        return read_format(options, value);
    }
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
    return strcmp(word, "-o") == 0 || strcmp(word, "--format") == 0 ||
           strcmp(word, "--target") == 0 || strcmp(word, "--platform") == 0;
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
        } else if (word[0] == '-' && word[1] != '\0') {
            return complain(word, "no such option (see --help)");
        } else if (options->input != NULL) {
            return complain(word, "is a second FILE; there can be one only");
        } else {
            options->input = word;
        }
    }
    if (options->input == NULL) {
        return complain("FILE", "is missing (see --help)");
    }
    return options->form != MINIMIZED_BYTES || options->output != NULL ||
           complain("--format bytes", "needs -o OUT");
}

int command_minimize(int argc, char **argv)
{
    struct options options = {.pairing = pairing_find(PAIRING_DEFAULT)};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            fputs(usage, stdout);
            return EXIT_GOOD;
        }
    }
    return read_options(argc, argv, &options) ? minimize_file(&options)
                                              : EXIT_BAD_INPUT;
}
