#include "tools/program_sources.h"

#include "fuzz/pack.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Directories in directories; there may be links that go round. */
#define DEPTH_LIMIT 16

static bool refuse(struct program_sources_error *error, const char *path,
                   const char *why)
{
    error->path = path != NULL ? path : "a file";
    (void)snprintf(error->why, sizeof error->why, "%s", why);
    return false;
}

/* The copy that the sources keep, or NULL without memory. */
static const char *keep_path(struct program_sources *sources, const char *path)
{
    if (sources->count == sources->capacity) {
        size_t capacity = sources->capacity == 0 ? 64 : 2 * sources->capacity;
        char **larger =
            realloc(sources->paths, capacity * sizeof *sources->paths);
        if (larger == NULL) {
            return NULL;
        }
        sources->paths = larger;
        sources->capacity = capacity;
    }
    char *copy = strdup(path);
    if (copy != NULL) {
        sources->paths[sources->count++] = copy;
    }
    return copy;
}

static int is_wanted(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return entry->d_name[0] != '.' && (dot == NULL || strcmp(dot, ".md") != 0);
}

/* By bytes, and so the same everywhere. */
static int compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool add(struct program_sources *sources, const char *path,
                unsigned depth, struct program_sources_error *error);

static bool add_entry(struct program_sources *sources, const char *directory,
                      const char *name, unsigned depth,
                      struct program_sources_error *error)
{
    char *path;
    struct stat status;
    if (asprintf(&path, "%s/%s", directory, name) < 0) {
        return refuse(error, "a directory", "not enough memory");
    }
    bool ok = true;
    if (stat(path, &status) == 0 &&
        (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode))) {
        ok = add(sources, path, depth, error);
    }
    free(path);
    return ok;
}

static bool add_directory(struct program_sources *sources, const char *path,
                          unsigned depth, struct program_sources_error *error)
{
    struct dirent **entries = NULL;
    if (depth == DEPTH_LIMIT) {
        return refuse(error, keep_path(sources, path),
                      "is too deep in directories");
    }
    int count = scandir(path, &entries, is_wanted, compare_names);
    if (count < 0) {
        return refuse(error, keep_path(sources, path), strerror(errno));
    }
    bool ok = true;
    for (int i = 0; i < count; i++) {
        ok = ok &&
             add_entry(sources, path, entries[i]->d_name, depth + 1, error);
        free(entries[i]);
    }
    free(entries);
    return ok;
}

/* One at `path`, which may soon be gone. */
static bool add(struct program_sources *sources, const char *path,
                unsigned depth, struct program_sources_error *error)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        return refuse(error, keep_path(sources, path), strerror(errno));
    }
    if (S_ISDIR(status.st_mode)) {
        return add_directory(sources, path, depth, error);
    }
    return keep_path(sources, path) != NULL ||
           refuse(error, "a file", "not enough memory");
}

bool program_sources_add(struct program_sources *sources, const char *path,
                         struct program_sources_error *error)
{
    return add(sources, path, 0, error);
}

void program_sources_free(struct program_sources *sources)
{
    for (size_t i = 0; i < sources->count; i++) {
        free(sources->paths[i]);
    }
    free(sources->paths);
    *sources = (struct program_sources){0};
}

static enum sources_walk walk_pack(FILE *stream, program_visitor visit,
                                   void *context, struct sourced_program *at,
                                   struct program_sources_error *error)
{
    static struct pack_reader reader;
    char why[PACK_WHY_SIZE];
    enum pack_next next;
    if (!pack_begin(&reader, stream, why)) {
        refuse(error, at->path, why);
        return SOURCES_REFUSED;
    }
    at->form = PROGRAM_FORM_BYTES;
    while ((next = pack_next(&reader, why)) == PACK_PROGRAM) {
        at->entry = reader.taken;
        program_decode(reader.bytes, reader.size, &at->program);
        if (!visit(context, at)) {
            return SOURCES_STOPPED;
        }
    }
    if (next == PACK_BROKEN) {
        refuse(error, at->path, why);
        return SOURCES_REFUSED;
    }
    return SOURCES_WALKED;
}

static enum sources_walk walk_file(program_visitor visit, void *context,
                                   struct sourced_program *at,
                                   struct program_sources_error *error)
{
    FILE *stream = fopen(at->path, "rb");
    if (stream == NULL) {
        refuse(error, at->path, strerror(errno));
        return SOURCES_REFUSED;
    }
    if (pack_is(stream)) {
        rewind(stream);
        enum sources_walk end = walk_pack(stream, visit, context, at, error);
        fclose(stream);
        return end;
    }
    fclose(stream);
    at->entry = 0;
    if (!program_read_file_form(at->path, &at->program, &at->form, error->why,
                                sizeof error->why)) {
        error->path = at->path;
        return SOURCES_REFUSED;
    }
    return visit(context, at) ? SOURCES_WALKED : SOURCES_STOPPED;
}

enum sources_walk program_sources_walk(const struct program_sources *sources,
                                       program_visitor visit, void *context,
                                       struct program_sources_error *error)
{
    static struct sourced_program at; /* large */
    enum sources_walk end = SOURCES_WALKED;
    for (size_t i = 0; i < sources->count && end == SOURCES_WALKED; i++) {
        at.path = sources->paths[i];
        end = walk_file(visit, context, &at, error);
    }
    return end;
}
