/*
 * The programs that a command is given: files with one, in text or bytes,
 * packs (fuzz/pack.h), and directories with all of these.
 */
#ifndef TOOLS_PROGRAM_SOURCES_H
#define TOOLS_PROGRAM_SOURCES_H

#include "fuzz/program_file.h"

/* The files, in order. Begins as {0}. */
struct program_sources {
    char **paths;
    size_t count;
    size_t capacity;
};

/* Why a file or directory cannot be used: one line that does not repeat it. */
struct program_sources_error {
    const char *path; /* lives as long as the sources */
    char why[256];
};

/*
 * Add a file, or all files of a directory and of those in it, in the order of
 * their names. Of a directory, what begins with a dot or ends in ".md" is left
 * out, and so is what is neither file nor directory.
 */
bool program_sources_add(struct program_sources *sources, const char *path,
                         struct program_sources_error *error);

void program_sources_free(struct program_sources *sources);

struct sourced_program {
    const char *path;
    size_t entry; /* in a pack, from 1; 0: the file is this program */
    enum program_form form;
    struct program program;
};

enum sources_walk {
    SOURCES_WALKED,
    SOURCES_STOPPED, /* the visitor wanted no more */
    SOURCES_REFUSED, /* see the error */
};

/* False: no more programs are wanted. */
typedef bool (*program_visitor)(void *context,
                                const struct sourced_program *program);

/* Every program in order. All of them are read anew each time. */
enum sources_walk program_sources_walk(const struct program_sources *sources,
                                       program_visitor visit, void *context,
                                       struct program_sources_error *error);

#endif
