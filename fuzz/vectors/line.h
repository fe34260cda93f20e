/* One line of text that grows, up to what readers of vectors take. */
#ifndef FUZZ_VECTORS_LINE_H
#define FUZZ_VECTORS_LINE_H

#include <stdbool.h>
#include <stddef.h>

/* All zero: empty. The owner frees `text`. */
struct vector_line {
    char *text; /* NULL, or `length` characters and a NUL */
    size_t length;
    size_t capacity;
    const char *error; /* NULL, or why nothing is appended any more */
};

/* Keep an error; the first one stays. */
void vector_line_fail(struct vector_line *line, const char *why);

/* Append at most 255 characters. */
__attribute__((format(printf, 2, 3))) void
vector_line_put(struct vector_line *line, const char *format, ...);

/* "," where one is wanted, otherwise "". */
const char *vector_line_comma(bool wanted);

#endif
