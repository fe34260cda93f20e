/* el2diff minimize: the least program that diverges for the same reason. */
#include "devicetree/known.h"
#include "fuzz/minimize.h"
#include "fuzz/pairing.h"
#include "fuzz/program_file.h"
#include "tools/commands.h"
#include "tools/program_platform.h"

#include <errno.h>
#include <stdarg.h>
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

enum format {
    FORMAT_TEXT,
    FORMAT_BYTES,
    FORMAT_C,
};

struct options {
    const char *input;
    const char *output; /* NULL: standard output */
    enum format format;
    const struct pairing *pairing;
    const char *platform; /* NULL: what the program names */
};

/* What there is to say of the program that is left. */
struct report {
    const struct options *options;
    const struct program *program;
    const char *platform; /* as --platform takes it */
    size_t calls_before;
    const struct minimized *minimized;
    char signature[DIVERGENCE_SIGNATURE_SIZE];
};

static bool complain(const char *subject, const char *why)
{
    fprintf(stderr, "el2diff minimize: %s: %s\n", subject, why);
    return false;
}

/* Lines that say what this is, each after `begin`. */
static void print_comment(const struct report *report, const char *begin,
                          FILE *stream)
{
    fprintf(stream, "%s signature: %s\n", begin, report->signature);
    fprintf(stream, "%s target: %s\n", begin, report->options->pairing->target);
    if (known_platform_find(report->platform) == NULL) {
        fprintf(stream, "%s platform: %s\n", begin, report->platform);
    }
    fprintf(stream, "%s calls: %zu, before %zu\n", begin,
            report->program->call_count, report->calls_before);
    if (!report->minimized->complete) {
        fprintf(stream, "%s not the least: the search was too long\n", begin);
    }
}

static bool write_text(const struct report *report, FILE *stream)
{
    print_comment(report, "#", stream);
    return program_print_stream(report->program, stream);
}

static bool write_bytes(const struct report *report, FILE *stream)
{
    static uint8_t bytes[PROGRAM_BYTES_LIMIT];
    size_t size = program_encode(report->program, bytes, sizeof bytes);
    return fwrite(bytes, 1, size, stream) == size;
}

/* A string of C, a line of text each. */
static void print_string(const char *text, FILE *stream)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        fprintf(stream, "\n    \"%.*s\\n\"", (int)length, text);
        text += length + (text[length] == '\n');
    }
}

/* A path as it stands between quotes in C. */
static void print_path(const char *path, FILE *stream)
{
    for (; *path != '\0'; path++) {
        unsigned char c = (unsigned char)*path;
        bool is_plain = c >= ' ' && c < 0x7f && c != '"' && c != '\\' &&
                        c != '?'; /* no trigraphs */
        fprintf(stream, is_plain ? "%c" : "\\%03o", c);
    }
}

static const char test_begin[] = "#include <setjmp.h>\n"
                                 "#include <stdarg.h>\n"
                                 "#include <stddef.h>\n"
                                 "#include <stdint.h>\n"
                                 "\n"
                                 "#include <cmocka.h>\n"
                                 "\n"
                                 "#include \"devicetree/known.h\"\n"
                                 "#include \"fuzz/pairing.h\"\n"
                                 "#include \"fuzz/program.h\"\n"
                                 "\n"
                                 "static const char text[] =";

static const char test_body[] =
    "static void machines_agree(void **state)\n"
    "{\n"
    "    static struct program program;\n"
    "    static struct paired_machines pair;\n"
    "    struct program_error error;\n"
    "    struct el2_platform platform;\n"
    "    struct divergence divergence;\n"
    "    char why[DEVICETREE_WHY_SIZE];\n"
    "    const char *reason;\n"
    "    (void)state;\n"
    "    assert_true(program_parse(text, sizeof text - 1, &program, &error));\n"
    "    assert_true(platform_load(platform_name, &platform, why, sizeof why));"
    "\n"
    "    assert_true(pairing_boot(pairing_find(target), &platform, &pair, "
    "&reason));\n"
    "    pair.lockstep.end_comparison_period = 1;\n"
    "    enum lockstep_end end = lockstep_run(&pair.lockstep, &program, "
    "&divergence);\n"
    "    pairing_shut_down(&pair);\n"
    "    assert_int_equal(end, LOCKSTEP_SAME);\n"
    "}\n"
    "\n"
    "int main(void)\n"
    "{\n"
    "    const struct CMUnitTest tests[] = {\n"
    "        cmocka_unit_test(machines_agree),\n"
    "    };\n"
    "    return cmocka_run_group_tests(tests, NULL, NULL);\n"
    "}\n";

static bool write_test(const struct report *report, FILE *stream)
{
    static char text[PROGRAM_CALL_LIMIT * PROGRAM_CALL_TEXT_LIMIT + 128];
    (void)program_print(report->program, text, sizeof text);
    fputs("/*\n * Fails as long as the machines diverge.\n *\n", stream);
    print_comment(report, " *", stream);
    fprintf(stream, " */\n%s", test_begin);
    print_string(text, stream);
    fprintf(stream,
            ";\n\nstatic const char target[] = \"%s\";\n"
            "static const char platform_name[] = \"",
            report->options->pairing->target);
    print_path(report->platform, stream);
    fprintf(stream, "\";\n\n%s", test_body);
    return !ferror(stream);
}

static bool write_report(const struct report *report, FILE *stream)
{
    switch (report->options->format) {
    case FORMAT_BYTES:
        return write_bytes(report, stream);
    case FORMAT_C:
        return write_test(report, stream);
    case FORMAT_TEXT:
        break;
    }
    return write_text(report, stream);
}

static bool write_output(const struct report *report)
{
    const char *path = report->options->output;
    errno = 0;
    FILE *stream = path == NULL ? stdout : fopen(path, "wb");
    if (stream == NULL) {
        return complain(path, strerror(errno));
    }
    bool written = write_report(report, stream) && !ferror(stream);
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
    struct report report = {
        .options = options,
        .program = program,
        .platform = platform,
        .calls_before = program->call_count,
        .minimized = &minimized,
    };
    if (!minimize(lockstep, program, MINIMIZE_EFFORT_LIMIT, &room,
                  &minimized)) {
        complain(options->input, "the program does not diverge");
        return EXIT_FOUND;
    }
    divergence_signature(&minimized.divergence, report.signature,
                         sizeof report.signature);
    return write_output(&report) ? EXIT_GOOD : EXIT_BAD_INPUT;
}

/* The program names what it ran on, unless that is the default or a file that
 * no program can name. */
static void name_platform(struct program *program, const char *platform)
{
    bool is_named = known_platform_find(platform) != NULL &&
                    strcmp(platform, KNOWN_PLATFORM_DEFAULT) != 0 &&
                    strlen(platform) < sizeof program->platform;
    snprintf(program->platform, sizeof program->platform, "%.*s",
             (int)(sizeof program->platform - 1), is_named ? platform : "");
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
    name_platform(&program, platform_name);
    int status = minimize_on(options, platform_name, &pair.lockstep, &program);
    pairing_shut_down(&pair);
    return status;
}

static bool read_format(struct options *options, const char *word)
{
    static const char *const names[] = {
        [FORMAT_TEXT] = "text",
        [FORMAT_BYTES] = "bytes",
        [FORMAT_C] = "c",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(word, names[i]) == 0) {
            options->format = (enum format)i;
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
    return options->format != FORMAT_BYTES || options->output != NULL ||
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
