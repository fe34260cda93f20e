#include "fuzz/vectors/line.h"

#include "fuzz/vectors/vector.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void vector_line_fail(struct vector_line *line, const char *why)
{
    if (line->error == NULL) {
        line->error = why;
    }
}

/* Whether `size` more bytes fit, with memory for them. */
static bool make_room(struct vector_line *line, size_t size)
{
    size_t wanted = line->length + size;
    if (wanted > VECTOR_LINE_LIMIT + 1) {
        vector_line_fail(line, "the vector is longer than 16 MiB");
        return false;
    }
    if (wanted <= line->capacity) {
        return true;
    }
    size_t capacity = line->capacity == 0 ? 4096 : line->capacity;
    while (capacity < wanted) {
        capacity *= 2;
    }
    char *larger = realloc(line->text, capacity);
    if (larger == NULL) {
        vector_line_fail(line, "not enough memory");
        return false;
    }
    line->text = larger;
    line->capacity = capacity;
    return true;
}

void vector_line_put(struct vector_line *line, const char *format, ...)
{
    char piece[256];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(piece, sizeof(piece), format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof(piece)) {
        vector_line_fail(line, "a name is too long");
        return;
    }
    /* One more for the line's NUL. */
    if (line->error != NULL || !make_room(line, (size_t)length + 1)) {
        return;
    }
    memcpy(line->text + line->length, piece, (size_t)length + 1);
    line->length += (size_t)length;
}

const char *vector_line_comma(bool wanted)
{
    return wanted ? "," : "";
}
