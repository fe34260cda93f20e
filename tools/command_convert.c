/* el2diff convert: a program from one of its forms to the other. */
#include "fuzz/program_file.h"
#include "tools/commands.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: el2diff convert [--to text|bytes] FILE [-o OUT]\n"
    "\n"
    "Convert a program between text, for people, and bytes, for fuzzers.\n"
    "\n"
    "  FILE           a program in either form; - is standard input\n"
    "  --to FORM      text or bytes; default: the form that FILE is not in\n"
    "  -o OUT         write to OUT instead of standard output\n"
    "\n"
    "Exit status: 0, or 2 when FILE is refused or OUT cannot be written.\n"
    "\n"
    "Example: read what a fuzzer found, edit it, and make bytes of it again\n"
    "\n"
    "  el2diff convert crash-1f3a -o crash.txt\n"
    "  el2diff convert crash.txt -o crash.bin\n";

struct conversion {
    const char *input;
    const char *output; /* NULL: standard output */
    bool has_target;
    enum program_form target; /* when has_target */
};

static bool complain(const char *subject, const char *why)
{
    (void)fprintf(stderr, "el2diff convert: %s: %s\n", subject, why);
    return false;
}

static bool read_target(const char *word, struct conversion *conversion)
{
    conversion->has_target = true;
    if (strcmp(word, "text") == 0) {
        conversion->target = PROGRAM_FORM_TEXT;
        return true;
    }
    if (strcmp(word, "bytes") == 0) {
        conversion->target = PROGRAM_FORM_BYTES;
        return true;
    }
    return complain("--to", "takes 'text' or 'bytes'");
}

static bool read_options(int argc, char **argv, struct conversion *conversion)
{
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        bool takes_value = strcmp(word, "--to") == 0 || strcmp(word, "-o") == 0;

        if (takes_value && i + 1 == argc) {
            return complain(word, "needs a value");
        }
        if (strcmp(word, "--to") == 0) {
            if (!read_target(argv[++i], conversion)) {
                return false;
            }
        } else if (strcmp(word, "-o") == 0) {
            conversion->output = argv[++i];
        } else if (word[0] == '-' && word[1] != '\0') {
            return complain(word, "unknown option (see --help)");
        } else if (conversion->input != NULL) {
            return complain(word, "is a second FILE; there can be one only");
        } else {
            conversion->input = word;
        }
    }
    return conversion->input != NULL ||
           complain("FILE", "is missing (see --help)");
}

static bool write_bytes(const struct program *program, FILE *stream)
{
    static uint8_t bytes[PROGRAM_BYTES_LIMIT];
    size_t size = program_encode(program, bytes, sizeof(bytes));

    return fwrite(bytes, 1, size, stream) == size;
}

static bool write_program(const struct program *program, enum program_form form,
                          FILE *stream)
{
    return form == PROGRAM_FORM_TEXT ? program_print_stream(program, stream)
                                     : write_bytes(program, stream);
}

static bool write_output(const struct program *program, enum program_form form,
                         const char *path)
{
    FILE *stream = path == NULL ? stdout : fopen(path, "wb");

    if (stream == NULL) {
        return complain(path, strerror(errno));
    }
    bool ok = write_program(program, form, stream);

    ok = (path == NULL ? fflush(stream) : fclose(stream)) == 0 && ok;
    return ok ||
           complain(path == NULL ? "standard output" : path, strerror(errno));
}

static bool convert(const struct conversion *conversion,
                    struct program *program)
{
    char why[256];
    enum program_form form;

    if (!program_read_file_form(conversion->input, program, &form, why,
                                sizeof(why))) {
        return complain(conversion->input, why);
    }
    if (conversion->has_target) {
        form = conversion->target;
    } else {
        form =
            form == PROGRAM_FORM_TEXT ? PROGRAM_FORM_BYTES : PROGRAM_FORM_TEXT;
    }
    if (form == PROGRAM_FORM_BYTES && conversion->output == NULL &&
        isatty(STDOUT_FILENO)) {
        return complain("standard output",
                        "is a terminal; use -o OUT for bytes");
    }
    return write_output(program, form, conversion->output);
}

/*
 * argv[0] is the command's own name. Returns 0, or 2 after one line on
 * standard error.
 */
int command_convert(int argc, char **argv)
{
    static struct program program;
    struct conversion conversion = {.input = NULL};

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            return fputs(usage, stdout) == EOF ? EXIT_BAD_INPUT : EXIT_GOOD;
        }
    }
    if (!read_options(argc, argv, &conversion) ||
        !convert(&conversion, &program)) {
        return EXIT_BAD_INPUT;
    }
    return EXIT_GOOD;
}
