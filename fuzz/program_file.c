#include "fuzz/program_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Read all of a stream into PROGRAM_FILE_LIMIT + 1 bytes. */
static bool read_stream(FILE *stream, uint8_t *bytes, size_t *size, char *why,
                        size_t why_size)
{
    errno = 0;
    *size = fread(bytes, 1, PROGRAM_FILE_LIMIT + 1, stream);
    if (ferror(stream)) {
        (void)snprintf(why, why_size, "cannot be read: %s", strerror(errno));
        return false;
    }
    if (*size > PROGRAM_FILE_LIMIT) {
        (void)snprintf(why, why_size, "is larger than %d KiB",
                       PROGRAM_FILE_LIMIT / 1024);
        return false;
    }
    return true;
}

static bool read_bytes(const char *path, uint8_t *bytes, size_t *size,
                       char *why, size_t why_size)
{
    if (strcmp(path, "-") == 0) {
        return read_stream(stdin, bytes, size, why, why_size);
    }
    FILE *stream = fopen(path, "rb");

    if (stream == NULL) {
        (void)snprintf(why, why_size, "cannot be opened: %s", strerror(errno));
        return false;
    }
    bool ok = read_stream(stream, bytes, size, why, why_size);

    (void)fclose(stream);
    return ok;
}

static bool interpret(const uint8_t *bytes, size_t size,
                      struct program *program, enum program_form *form,
                      char *why, size_t why_size)
{
    struct program_error error;

    if (!program_is_text(bytes, size)) {
        *form = PROGRAM_FORM_BYTES;
        program_decode(bytes, size, program);
        return true;
    }
    *form = PROGRAM_FORM_TEXT;
    if (!program_parse((const char *)bytes, size, program, &error)) {
        (void)snprintf(why, why_size, "line %zu: %s", error.line,
                       error.message);
        return false;
    }
    return true;
}

bool program_read_file_form(const char *path, struct program *program,
                            enum program_form *form, char *why, size_t why_size)
{
    uint8_t *bytes = malloc(PROGRAM_FILE_LIMIT + 1);
    size_t size;

    if (bytes == NULL) {
        (void)snprintf(why, why_size, "cannot be read: out of memory");
        return false;
    }
    bool ok = read_bytes(path, bytes, &size, why, why_size) &&
              interpret(bytes, size, program, form, why, why_size);

    free(bytes);
    return ok;
}

bool program_read_file(const char *path, struct program *program, char *why,
                       size_t why_size)
{
    enum program_form form;

    return program_read_file_form(path, program, &form, why, why_size);
}
