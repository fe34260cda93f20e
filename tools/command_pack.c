/* el2diff pack and unpack: many programs in one file. */
#include "fuzz/pack.h"
#include "tools/commands.h"
#include "tools/program_sources.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char pack_usage[] =
    "usage: el2diff pack FILE... -o PACK\n"
    "\n"
    "Write programs into one file, as bytes, in an order of their own and "
    "each\n"
    "once: the same programs make the same PACK. FILE is a program in text or\n"
    "bytes, a pack, or a directory with these.\n"
    "\n"
    "Exit status: 0, or 2 when FILE is refused or PACK cannot be written.\n"
    "\n"
    "Example: el2diff pack build/corpus/fuzz_pages -o fuzz_pages\n";

static const char unpack_usage[] =
    "usage: el2diff unpack PACK -o DIRECTORY\n"
    "       el2diff unpack --entry N PACK [-o OUT]\n"
    "\n"
    "Write each program of a pack, in bytes, to a file of its own, named "
    "after\n"
    "its place; or one of them, counted from 1, to OUT or standard output.\n"
    "\n"
    "Exit status: 0, or 2 when PACK is refused or a file cannot be written.\n"
    "\n"
    "Example: read the third program of a pack\n"
    "\n"
    "  el2diff unpack --entry 3 corpus/packed/fuzz_pages | el2diff convert -\n";

/* What both commands are told. */
struct arguments {
    bool unpacks;
    struct program_sources sources; /* for pack */
    const char *pack;               /* for unpack; NULL: not given */
    const char *output;             /* NULL: not given */
    size_t entry;                   /* 0: all */
};

static bool complain(const struct arguments *arguments, const char *subject,
                     const char *why)
{
    fprintf(stderr, "el2diff %s: %s: %s\n",
            arguments->unpacks ? "unpack" : "pack", subject, why);
    return false;
}

static bool read_entry(struct arguments *arguments, const char *text)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    arguments->entry = value;
    return (errno == 0 && value > 0 && *end == '\0' && text[0] != '-') ||
           complain(arguments, text, "is no number of a program");
}

/* Option argv[*at] with its value. */
static bool read_option(int argc, char **argv, int *at,
                        struct arguments *arguments)
{
    const char *option = argv[*at];
    bool is_entry = arguments->unpacks && strcmp(option, "--entry") == 0;
    if (!is_entry && strcmp(option, "-o") != 0) {
        return complain(arguments, option, "no such option (see --help)");
    }
    if (++*at == argc) {
        return complain(arguments, option, "needs a value");
    }
    if (is_entry) {
        return read_entry(arguments, argv[*at]);
    }
    arguments->output = argv[*at];
    return true;
}

static bool read_file(const char *path, struct arguments *arguments)
{
    struct program_sources_error error;
    if (!arguments->unpacks) {
        return program_sources_add(&arguments->sources, path, &error) ||
               complain(arguments, error.path, error.why);
    }
    if (arguments->pack != NULL) {
        return complain(arguments, path,
                        "is a second PACK; there can be one only");
    }
    arguments->pack = path;
    return true;
}

static bool read_arguments(int argc, char **argv, struct arguments *arguments)
{
    for (int i = 1; i < argc; i++) {
        bool ok = argv[i][0] == '-' ? read_option(argc, argv, &i, arguments)
                                    : read_file(argv[i], arguments);
        if (!ok) {
            return false;
        }
    }
    return true;
}

/* Whether there is what the command needs. */
static bool is_complete(const struct arguments *arguments)
{
    if (arguments->unpacks && arguments->pack == NULL) {
        return complain(arguments, "PACK", "is missing (see --help)");
    }
    if (!arguments->unpacks && arguments->sources.count == 0) {
        return complain(arguments, "FILE", "has no programs");
    }
    return arguments->output != NULL || arguments->entry != 0 ||
           complain(arguments, "-o", "is missing (see --help)");
}

/* Close a stream that is not standard output; whether all was written. */
static bool finish(FILE *stream, bool written)
{
    int (*end)(FILE *) = stream == stdout ? fflush : fclose;
    int reason = errno;
    if (end(stream) != 0 && written) {
        return false;
    }
    errno = written ? errno : reason;
    return written;
}

/* A program_visitor. */
static bool add_program(void *context, const struct sourced_program *program)
{
    return pack_add(context, &program->program);
}

static bool write_pack(const struct arguments *arguments,
                       const struct pack *pack)
{
    FILE *stream = fopen(arguments->output, "wb");
    return (stream != NULL && finish(stream, pack_write(pack, stream))) ||
           complain(arguments, arguments->output, strerror(errno));
}

static bool make_pack(const struct arguments *arguments)
{
    struct pack pack = {0};
    struct program_sources_error error;
    enum sources_walk end =
        program_sources_walk(&arguments->sources, add_program, &pack, &error);
    pack_sort(&pack);
    bool ok = end == SOURCES_WALKED && write_pack(arguments, &pack);
    pack_free(&pack);
    if (end == SOURCES_REFUSED) {
        complain(arguments, error.path, error.why);
    } else if (end == SOURCES_STOPPED) {
        complain(arguments, "FILE", "not enough memory");
    }
    return ok;
}

/* The program that the reader has taken last. */
static bool write_program(const struct arguments *arguments,
                          const struct pack_reader *reader, const char *path)
{
    FILE *stream = path == NULL ? stdout : fopen(path, "wb");
    return (stream != NULL &&
            finish(stream, fwrite(reader->bytes, 1, reader->size, stream) ==
                               reader->size)) ||
           complain(arguments, path == NULL ? "standard output" : path,
                    strerror(errno));
}

/* To a file of its own in the directory. */
static bool write_numbered(const struct arguments *arguments,
                           const struct pack_reader *reader)
{
    char *path;
    if (asprintf(&path, "%s/%04lu", arguments->output,
                 (unsigned long)reader->taken) < 0) {
        return complain(arguments, arguments->output, "not enough memory");
    }
    bool ok = write_program(arguments, reader, path);
    free(path);
    return ok;
}

static bool unpack_all(const struct arguments *arguments,
                       struct pack_reader *reader)
{
    char why[PACK_WHY_SIZE];
    enum pack_next next;
    if (mkdir(arguments->output, 0777) != 0 && errno != EEXIST) {
        return complain(arguments, arguments->output, strerror(errno));
    }
    while ((next = pack_next(reader, why)) == PACK_PROGRAM) {
        if (!write_numbered(arguments, reader)) {
            return false;
        }
    }
    return next == PACK_END || complain(arguments, arguments->pack, why);
}

static bool unpack_one(const struct arguments *arguments,
                       struct pack_reader *reader)
{
    char why[PACK_WHY_SIZE];
    if (arguments->output == NULL && isatty(STDOUT_FILENO)) {
        return complain(arguments, "standard output",
                        "is a terminal; use -o OUT for bytes");
    }
    while (reader->taken < arguments->entry) {
        switch (pack_next(reader, why)) {
        case PACK_PROGRAM:
            break;
        case PACK_END:
            return complain(arguments, arguments->pack,
                            "has not so many programs");
        case PACK_BROKEN:
            return complain(arguments, arguments->pack, why);
        }
    }
    return write_program(arguments, reader, arguments->output);
}

static bool unpack(const struct arguments *arguments)
{
    static struct pack_reader reader; /* large */
    char why[PACK_WHY_SIZE];
    FILE *stream = fopen(arguments->pack, "rb");
    if (stream == NULL) {
        return complain(arguments, arguments->pack, strerror(errno));
    }
    bool ok = pack_begin(&reader, stream, why) ||
              complain(arguments, arguments->pack, why);
    ok = ok && (arguments->entry == 0 ? unpack_all(arguments, &reader)
                                      : unpack_one(arguments, &reader));
    fclose(stream);
    return ok;
}

static int run(int argc, char **argv, bool unpacks)
{
    struct arguments arguments = {.unpacks = unpacks};
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(unpacks ? unpack_usage : pack_usage, stdout);
        return EXIT_GOOD;
    }
    bool ok = read_arguments(argc, argv, &arguments) &&
              is_complete(&arguments) &&
              (unpacks ? unpack(&arguments) : make_pack(&arguments));
    program_sources_free(&arguments.sources);
    return ok ? EXIT_GOOD : EXIT_BAD_INPUT;
}

int command_pack(int argc, char **argv)
{
    return run(argc, argv, false);
}

int command_unpack(int argc, char **argv)
{
    return run(argc, argv, true);
}
