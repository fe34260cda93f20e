/* Programs in files, as bytes or as text. */
#ifndef FUZZ_PROGRAM_FILE_H
#define FUZZ_PROGRAM_FILE_H

#include "fuzz/program.h"

/* Files above this many bytes are refused. */
#define PROGRAM_FILE_LIMIT (1024 * 1024)

enum program_form {
    PROGRAM_FORM_BYTES,
    PROGRAM_FORM_TEXT,
};

/*
 * Read a program from a file, or from standard input when path is "-". It is
 * read as text when program_is_text() says so, otherwise as bytes, which
 * always succeeds. On failure returns false and puts one line in `why`, at
 * most why_size bytes with its NUL, that does not repeat the path; errors in
 * text begin with "line N: ". What *program then holds must not be used.
 */
bool program_read_file(const char *path, struct program *program, char *why,
                       size_t why_size);

/* The same; *form says in which form the file was. */
bool program_read_file_form(const char *path, struct program *program,
                            enum program_form *form, char *why,
                            size_t why_size);

#endif
