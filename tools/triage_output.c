#include "tools/triage_output.h"

#include "fuzz/isolation.h"
#include "tools/minimized_output.h"
#include "tools/report.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

/* Where something is written, and what is said when it cannot be. */
struct place {
    char path[4096];
    char *what;
    size_t what_size;
    char *why;
    size_t why_size;
};

static bool refuse(struct place *place, const char *why)
{
    (void)snprintf(place->what, place->what_size, "%s", place->path);
    (void)snprintf(place->why, place->why_size, "%s", why);
    return false;
}

/* On one line, whatever the file is called. */
static void print_name(const char *name, FILE *stream)
{
    for (; *name != '\0'; name++) {
        unsigned char c = (unsigned char)*name;
        fprintf(stream, c < ' ' || c == 0x7f ? "\\%03o" : "%c", c);
    }
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

/* "2 files, 4 calls, 2 ways, isolation broken" */
static void print_counts(const struct triage_finding *finding, FILE *stream)
{
    const struct triage_result *least = &finding->least;
    fprintf(stream, "%zu file%s, %zu call%s", finding->files.count,
            plural(finding->files.count), least->program.call_count,
            plural(least->program.call_count));
    if (finding->way_count > 1) {
        fprintf(stream, ", %zu ways", finding->way_count);
    }
    if (!least->minimized.complete) {
        fputs(", could be smaller", stream);
    }
    fprintf(stream, ", %s, %s\n",
            isolation_says(divergence_isolation(&least->minimized.divergence)),
            pairing_at(least->pairing)->target);
}

static void print_description(const struct divergence *divergence, FILE *stream)
{
    char text[DIVERGENCE_TEXT_SIZE];
    divergence_describe(divergence, text, sizeof text);
    for (char *at = text; *at != '\0';) {
        size_t length = strcspn(at, "\n");
        fprintf(stream, "   %.*s\n", (int)length, at);
        at += length + (at[length] == '\n');
    }
}

static void print_finding(const struct triage_finding *finding, size_t cause,
                          FILE *stream)
{
    if (finding->cause == finding) {
        fprintf(stream, "\n%zu. %s\n   ", cause, finding->name);
        print_counts(finding, stream);
        print_description(&finding->least.minimized.divergence, stream);
        return;
    }
    fprintf(stream, "   likely the same: %s\n     ", finding->name);
    print_counts(finding, stream);
    fprintf(stream, "     %s\n",
            finding->likeness != NULL ? finding->likeness
                                      : "like others listed here");
}

static void print_files(const struct triage_files *files, const char *title,
                        FILE *stream)
{
    if (files->count > 0) {
        fprintf(stream, "\n%s\n", title);
    }
    for (size_t i = 0; i < files->count; i++) {
        fputs("   ", stream);
        print_name(files->names[i], stream);
        if (files->notes[i] != NULL) {
            fprintf(stream, ": %s", files->notes[i]);
        }
        fputs("\n", stream);
    }
}

static size_t count_causes(const struct triage *triage)
{
    size_t causes = 0;
    for (size_t i = 0; i < triage->count; i++) {
        causes += triage->findings[i]->cause == triage->findings[i];
    }
    return causes;
}

static size_t count_diverged(const struct triage *triage)
{
    size_t programs = 0;
    for (size_t i = 0; i < triage->count; i++) {
        programs += triage->findings[i]->files.count;
    }
    return programs;
}

bool triage_print(const struct triage *triage, const char *directory,
                  FILE *stream)
{
    size_t cause = 0;
    size_t causes = count_causes(triage);
    size_t diverged = count_diverged(triage);
    size_t others =
        triage->same.count + triage->ended.count + triage->unused.count;
    fprintf(stream,
            "%zu program%s: %zu diverge%s, with %zu signature%s of %zu likely "
            "cause%s; %zu %s not\n",
            diverged + others, plural(diverged + others), diverged,
            diverged == 1 ? "s" : "", triage->count, plural(triage->count),
            causes, plural(causes), others, others == 1 ? "does" : "do");
    for (size_t i = 0; i < triage->count; i++) {
        cause += triage->findings[i]->cause == triage->findings[i];
        print_finding(triage->findings[i], cause, stream);
    }
    print_files(&triage->ended, "crash or hang, the target says more:", stream);
    print_files(&triage->same, "do not diverge:", stream);
    print_files(&triage->unused, "cannot be used:", stream);
    if (triage->count > 0) {
        fprintf(stream,
                "\nin %s/SIGNATURE/: program.txt, program.bin, test.c, "
                "report.html, files.txt\n",
                directory);
    }
    return !ferror(stream);
}

/* A directory and those above it. */
static bool make_directory(struct place *place)
{
    for (char *at = place->path + 1;; at++) {
        if (*at != '/' && *at != '\0') {
            continue;
        }
        char end = *at;
        *at = '\0';
        if (mkdir(place->path, 0777) != 0 && errno != EEXIST) {
            return refuse(place, strerror(errno));
        }
        *at = end;
        if (end == '\0') {
            return true;
        }
    }
}

static bool set_path(struct place *place, const char *directory,
                     const char *name)
{
    int length =
        snprintf(place->path, sizeof place->path, "%s/%s", directory, name);
    return length < (int)sizeof place->path ||
           refuse(place, "the name is too long");
}

static FILE *create(struct place *place, const char *directory,
                    const char *name)
{
    if (!set_path(place, directory, name)) {
        return NULL;
    }
    FILE *stream = fopen(place->path, "wb");
    if (stream == NULL) {
        refuse(place, strerror(errno));
    }
    return stream;
}

static bool finish(struct place *place, FILE *stream, bool written)
{
    written = !ferror(stream) && written;
    written = fclose(stream) == 0 && written;
    return written || refuse(place, strerror(errno));
}

static bool write_program(struct place *place, const char *directory,
                          const struct triage_result *least)
{
    static const char *const names[] = {
        [MINIMIZED_TEXT] = "program.txt",
        [MINIMIZED_BYTES] = "program.bin",
        [MINIMIZED_TEST] = "test.c",
    };
    const struct minimized_output output = {
        .pairing = pairing_at(least->pairing),
        .platform = least->platform,
        .program = &least->program,
        .calls_before = least->calls_before,
        .minimized = &least->minimized,
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        FILE *stream = create(place, directory, names[i]);
        if (stream == NULL ||
            !finish(place, stream,
                    minimized_output_write(&output, (enum minimized_form)i,
                                           stream))) {
            return false;
        }
    }
    return true;
}

static bool write_page(struct place *place, const char *directory,
                       struct triage_machines *machines,
                       const struct triage_finding *finding)
{
    const struct triage_result *least = &finding->least;
    char why[512];
    const char *reason = why;
    struct paired_machines *pair =
        triage_boot(machines, least->pairing, least->platform, why, sizeof why);
    FILE *stream = create(place, directory, "report.html");
    if (stream == NULL) {
        return false;
    }
    bool diverged;
    const struct report page = {
        .pairing = pairing_at(least->pairing),
        .pair = pair,
        .program = &least->program,
        .shown = finding->files.names[0],
        .platform = least->platform,
        .minimize = true,
    };
    bool printed =
        pair != NULL && report_print(stream, &page, &diverged, &reason);
    return finish(place, stream, true) && (printed || refuse(place, reason));
}

static bool write_names(struct place *place, const char *directory,
                        const struct triage_files *files)
{
    FILE *stream = create(place, directory, "files.txt");
    for (size_t i = 0; stream != NULL && i < files->count; i++) {
        print_name(files->names[i], stream);
        fputs("\n", stream);
    }
    return stream != NULL && finish(place, stream, true);
}

static bool write_finding(struct place *place, const char *directory,
                          struct triage_machines *machines,
                          const struct triage_finding *finding)
{
    char folder[sizeof place->path];
    if (!set_path(place, directory, finding->name) || !make_directory(place)) {
        return false;
    }
    (void)snprintf(folder, sizeof folder, "%s", place->path);
    return write_program(place, folder, &finding->least) &&
           write_page(place, folder, machines, finding) &&
           write_names(place, folder, &finding->files);
}

bool triage_write(struct triage *triage, struct triage_machines *machines,
                  const char *directory, char *what, size_t what_size,
                  char *why, size_t why_size)
{
    struct place place = {"", what, what_size, why, why_size};
    (void)snprintf(place.path, sizeof place.path, "%s", directory);
    if (!make_directory(&place)) {
        return false;
    }
    for (size_t i = 0; i < triage->count; i++) {
        if (!write_finding(&place, directory, machines, triage->findings[i])) {
            return false;
        }
    }
    FILE *stream = create(&place, directory, "index.txt");
    return stream != NULL &&
           finish(&place, stream, triage_print(triage, directory, stream));
}
