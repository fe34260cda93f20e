#include "fuzz/triage.h"

#include <stdlib.h>
#include <string.h>

bool triage_files_add(struct triage_files *files, const char *name,
                      const char *note)
{
    size_t room = (files->count + 1) * sizeof *files->names;
    char **names = realloc(files->names, room);
    files->names = names != NULL ? names : files->names;
    char **notes = realloc(files->notes, room);
    files->notes = notes != NULL ? notes : files->notes;
    char *name_copy = strdup(name);
    char *note_copy = note == NULL ? NULL : strdup(note);
    if (names == NULL || notes == NULL || name_copy == NULL ||
        (note != NULL && note_copy == NULL)) {
        free(name_copy);
        free(note_copy);
        return false;
    }
    files->names[files->count] = name_copy;
    files->notes[files->count++] = note_copy;
    return true;
}

static void free_files(struct triage_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        free(files->names[i]);
        free(files->notes[i]);
    }
    free(files->names);
    free(files->notes);
}

/* The names of the program's calls, in order; the caller frees it. */
static char *calls_of(const struct program *program)
{
    size_t size = 1;
    for (size_t i = 0; i < program->call_count; i++) {
        size += strlen(el2_calls[program->calls[i].number].name) + 1;
    }
    char *text = malloc(size);
    char *at = text;
    for (size_t i = 0; text != NULL && i < program->call_count; i++) {
        at = stpcpy(at, el2_calls[program->calls[i].number].name);
        *at++ = ' ';
    }
    if (text != NULL) {
        *at = '\0';
    }
    return text;
}

static bool add_way(struct triage_finding *finding,
                    const struct program *program)
{
    char *way = calls_of(program);
    if (way == NULL) {
        return false;
    }
    for (size_t i = 0; i < finding->way_count; i++) {
        if (strcmp(finding->ways[i], way) == 0) {
            free(way);
            return true;
        }
    }
    char **ways =
        realloc(finding->ways, (finding->way_count + 1) * sizeof *ways);
    if (ways == NULL) {
        free(way);
        return false;
    }
    finding->ways = ways;
    finding->ways[finding->way_count++] = way;
    return true;
}

/* Fewer calls, then shorter bytes, then the lower ones: the order in which
 * files came does not decide. */
static bool is_less(const struct program *a, const struct program *b)
{
    static uint8_t of_a[PROGRAM_BYTES_LIMIT];
    static uint8_t of_b[PROGRAM_BYTES_LIMIT];
    if (a->call_count != b->call_count) {
        return a->call_count < b->call_count;
    }
    size_t size = program_encode(a, of_a, sizeof of_a);
    size_t other = program_encode(b, of_b, sizeof of_b);
    return size != other ? size < other : memcmp(of_a, of_b, size) < 0;
}

/* The finding of this signature and pairing, new if need be. */
static struct triage_finding *find(struct triage *triage, const char *signature,
                                   const struct triage_result *result)
{
    for (size_t i = 0; i < triage->count; i++) {
        struct triage_finding *finding = triage->findings[i];
        if (finding->least.pairing == result->pairing &&
            strcmp(finding->signature, signature) == 0) {
            return finding;
        }
    }
    struct triage_finding **findings =
        realloc(triage->findings, (triage->count + 1) * sizeof(void *));
    struct triage_finding *finding = calloc(1, sizeof *finding);
    triage->findings = findings != NULL ? findings : triage->findings;
    if (findings == NULL || finding == NULL) {
        free(finding);
        return NULL;
    }
    (void)snprintf(finding->signature, sizeof finding->signature, "%s",
                   signature);
    finding->least = *result;
    finding->cause = finding;
    triage->findings[triage->count++] = finding;
    return finding;
}

bool triage_add(struct triage *triage, const char *name,
                const struct triage_result *result)
{
    char signature[DIVERGENCE_SIGNATURE_SIZE];
    divergence_signature(&result->minimized.divergence, signature,
                         sizeof signature);
    struct triage_finding *finding = find(triage, signature, result);
    if (finding == NULL || !add_way(finding, &result->program) ||
        !triage_files_add(&finding->files, name, NULL)) {
        return false;
    }
    if (is_less(&result->program, &finding->least.program)) {
        finding->least = *result;
    }
    return true;
}

void triage_free(struct triage *triage)
{
    for (size_t i = 0; i < triage->count; i++) {
        struct triage_finding *finding = triage->findings[i];
        for (size_t n = 0; n < finding->way_count; n++) {
            free(finding->ways[n]);
        }
        free(finding->ways);
        free_files(&finding->files);
        free(finding);
    }
    free(triage->findings);
    free_files(&triage->same);
    free_files(&triage->ended);
    free_files(&triage->unused);
    *triage = (struct triage){0};
}
