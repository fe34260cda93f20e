/*
 * el2diff vectors: whether a specification does what conformance vectors say.
 */
#include "el2/machine.h"
#include "fuzz/vectors/vector.h"
#include "tools/commands.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Mismatches printed in full; bad lines after which a file is given up. */
#define MISMATCHES_SHOWN    20
#define BAD_LINES_OF_A_FILE 20

/* Seconds of silence before progress shows on a terminal. */
#define PROGRESS_AFTER 2

static const char usage[] =
    "usage: el2diff vectors [--machine NAME] FILE...\n"
    "\n"
    "Replay conformance vectors, one JSON object a line, and compare result,\n"
    "panic and every change of each step with what the vector says. After a\n"
    "mismatch the rest of that vector is skipped. Steps count from 0. FILE -\n"
    "is standard input. The first 20 mismatches are printed; a file with 20\n"
    "bad lines is given up there.\n"
    "\n"
    "  --machine NAME  model: the atomic operations (default);\n"
    "                  primitives: the same as sequences of primitives\n"
    "\n"
    "Exit status: 0, 1 when there are mismatches, 2 on bad input.\n"
    "\n"
    "Example: el2diff vectors tests/vectors/pages.jsonl\n";

typedef struct el2_machine *(*machine_create)(
    const struct el2_platform *platform, el2_oracle oracle, const char **why);

struct session {
    machine_create create;
    struct el2_machine *machine; /* NULL, or one that booted `platform` */
    struct el2_platform platform;
    uint64_t vectors;
    uint64_t steps;
    uint64_t mismatches;
    uint64_t refused; /* lines and files that could not be checked */
    bool shows_progress;
    time_t progress_at; /* when it is next due */
};

/* One line of a file, without its end. */
struct line {
    char *text;
    size_t length;
    size_t capacity;
    uint64_t number; /* from 1 */
};

enum line_end {
    LINE_READ,
    LINE_NO_MORE,
    LINE_TOO_LONG,
    LINE_NO_MEMORY,
};

static bool append(struct line *line, char c)
{
    if (line->length == line->capacity) {
        size_t capacity = line->capacity == 0 ? 65536 : 2 * line->capacity;
        char *larger = realloc(line->text, capacity);
        if (larger == NULL) {
            return false;
        }
        line->text = larger;
        line->capacity = capacity;
    }
    line->text[line->length++] = c;
    return true;
}

static enum line_end read_line(FILE *file, struct line *line)
{
    line->length = 0;
    line->number++;
    int c;
    while ((c = getc_unlocked(file)) != EOF && c != '\n') {
        if (line->length == VECTOR_LINE_LIMIT) {
            return LINE_TOO_LONG;
        }
        if (!append(line, (char)c)) {
            return LINE_NO_MEMORY;
        }
    }
    return c == EOF && line->length == 0 ? LINE_NO_MORE : LINE_READ;
}

static bool is_blank(const struct line *line)
{
    for (size_t i = 0; i < line->length; i++) {
        if (line->text[i] != ' ' && line->text[i] != '\t' &&
            line->text[i] != '\r') {
            return false;
        }
    }
    return true;
}

static void show_progress(struct session *session)
{
    if (!session->shows_progress || time(NULL) < session->progress_at) {
        return;
    }
    fprintf(stderr, "\r%" PRIu64 " vectors, %" PRIu64 " steps ",
            session->vectors, session->steps);
    session->progress_at = time(NULL) + 1;
}

/* Before anything else is printed. */
static void clear_progress(const struct session *session)
{
    if (session->shows_progress) {
        fputs("\r\033[K", stderr);
    }
}

/* What is wrong with a file, or with one line of it when `number` is not 0. */
static void complain(const struct session *session, const char *file,
                     uint64_t number, const char *why)
{
    clear_progress(session);
    if (number == 0) {
        fprintf(stderr, "el2diff vectors: %s: %s\n", file, why);
    } else {
        fprintf(stderr, "el2diff vectors: %s:%" PRIu64 ": %s\n", file, number,
                why);
    }
}

static void refuse(struct session *session, const char *file, uint64_t number,
                   const char *why)
{
    complain(session, file, number, why);
    session->refused++;
}

static void destroy_machine(struct session *session)
{
    if (session->machine != NULL) {
        session->machine->operations->destroy(session->machine);
        session->machine = NULL;
    }
}

/* The machine for a platform. Most vectors share theirs with the one before;
 * a difference only in padding costs a machine and nothing else. */
static bool boot(struct session *session, const struct el2_platform *platform,
                 const char **why)
{
    if (session->machine != NULL &&
        memcmp(&session->platform, platform, sizeof(*platform)) == 0) {
        return true;
    }
    destroy_machine(session);
    memcpy(&session->platform, platform, sizeof(*platform));
    session->machine =
        session->create(&session->platform, el2_oracle_formula, why);
    return session->machine != NULL;
}

static void report(struct session *session, const struct vector *vector,
                   const struct vector_mismatch *mismatch)
{
    char text[VECTOR_TEXT_SIZE];
    session->mismatches++;
    if (session->mismatches <= MISMATCHES_SHOWN) {
        clear_progress(session);
        vector_describe(vector, mismatch, text, sizeof(text));
        puts(text);
    }
}

/* NULL, or why the vector could not be checked. */
static const char *check(struct session *session, const struct vector *vector)
{
    const char *why = NULL;
    struct vector_mismatch mismatch;
    size_t steps;
    if (!boot(session, &vector->platform, &why)) {
        return why;
    }
    enum vector_verdict verdict =
        vector_check(session->machine, vector, &mismatch, &steps);
    session->steps += steps;
    if (verdict == VECTOR_NO_MEMORY) {
        return "not enough memory for so many changes";
    }
    session->vectors++;
    if (verdict == VECTOR_MISMATCH) {
        report(session, vector, &mismatch);
    }
    return NULL;
}

/* False when the line is bad. */
static bool check_line(struct session *session, const char *file,
                       const struct line *line)
{
    struct vector vector;
    char text[VECTOR_TEXT_SIZE];
    const char *why = text;
    if (vector_read(line->text, line->length, &vector, text, sizeof(text))) {
        why = check(session, &vector);
        vector_destroy(&vector);
    }
    if (why != NULL) {
        refuse(session, file, line->number, why);
    }
    show_progress(session);
    return why == NULL;
}

static void check_lines(struct session *session, const char *name, FILE *file,
                        struct line *line)
{
    uint64_t found = 0;
    unsigned bad = 0;
    enum line_end end;
    errno = 0;
    while ((end = read_line(file, line)) == LINE_READ) {
        if (is_blank(line)) {
            continue;
        }
        found++;
        bad += !check_line(session, name, line);
        if (bad == BAD_LINES_OF_A_FILE) {
            complain(session, name, 0, "too many bad lines, giving it up");
            return;
        }
        errno = 0;
    }
    if (ferror(file)) {
        refuse(session, name, 0, strerror(errno));
    } else if (end == LINE_TOO_LONG) {
        refuse(session, name, line->number, "longer than 16 MiB");
    } else if (end == LINE_NO_MEMORY) {
        refuse(session, name, line->number, "not enough memory");
    } else if (found == 0) {
        refuse(session, name, 0, "no vectors in it");
    }
}

static void check_file(struct session *session, const char *name)
{
    bool is_input = strcmp(name, "-") == 0;
    FILE *file = is_input ? stdin : fopen(name, "r");
    struct line line = {.text = NULL};
    if (file == NULL) {
        refuse(session, name, 0, strerror(errno));
        return;
    }
    check_lines(session, name, file, &line);
    free(line.text);
    if (!is_input) {
        fclose(file);
    }
}

/* Returns the exit status. */
static int finish(const struct session *session)
{
    clear_progress(session);
    if (session->mismatches > MISMATCHES_SHOWN) {
        printf("%" PRIu64 " further mismatches\n",
               session->mismatches - MISMATCHES_SHOWN);
    }
    printf("%" PRIu64 " vectors, %" PRIu64 " steps, %" PRIu64 " mismatches",
           session->vectors, session->steps, session->mismatches);
    if (session->refused > 0) {
        printf(", %" PRIu64 " refused", session->refused);
    }
    putchar('\n');
    if (fflush(stdout) != 0) {
        fprintf(stderr, "el2diff vectors: standard output: %s\n",
                strerror(errno));
        return EXIT_BAD_INPUT;
    }
    if (session->refused > 0) {
        return EXIT_BAD_INPUT;
    }
    return session->mismatches > 0 ? EXIT_FOUND : EXIT_GOOD;
}

static bool choose_machine(struct session *session, const char *name)
{
    if (name != NULL && strcmp(name, "model") == 0) {
        session->create = el2_create_model;
        return true;
    }
    if (name != NULL && strcmp(name, "primitives") == 0) {
        session->create = el2_create_primitives;
        return true;
    }
    fprintf(stderr,
            "el2diff vectors: --machine: expected model or primitives%s%s\n",
            name == NULL ? "" : ", not ", name == NULL ? "" : name);
    return false;
}

/* argv[0] is the command's own name. Returns the exit status. */
int command_vectors(int argc, char **argv)
{
    struct session session = {
        .create = el2_create_model,
        .shows_progress = isatty(STDERR_FILENO) != 0,
        .progress_at = time(NULL) + PROGRESS_AFTER,
    };
    int first = 1;
    for (; first < argc && argv[first][0] == '-' && argv[first][1] != '\0';
         first++) {
        const char *option = argv[first];
        if (strcmp(option, "--help") == 0) {
            fputs(usage, stdout);
            return EXIT_GOOD;
        }
        if (strcmp(option, "--") == 0) {
            first++;
            break;
        }
        if (strcmp(option, "--machine") != 0) {
            fprintf(stderr, "el2diff vectors: %s: no such option, see --help\n",
                    option);
            return EXIT_BAD_INPUT;
        }
        first++;
        if (!choose_machine(&session, first < argc ? argv[first] : NULL)) {
            return EXIT_BAD_INPUT;
        }
    }
    if (first >= argc) {
        fputs("el2diff vectors: no FILE, see --help\n", stderr);
        return EXIT_BAD_INPUT;
    }
    for (int i = first; i < argc; i++) {
        check_file(&session, argv[i]);
    }
    destroy_machine(&session);
    return finish(&session);
}
