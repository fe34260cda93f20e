/*
 * A minimized program as it is kept: in text, in bytes, and as a unit test in
 * C. Text and test begin with what the program is and where it came from.
 */
#ifndef TOOLS_MINIMIZED_OUTPUT_H
#define TOOLS_MINIMIZED_OUTPUT_H

#include "fuzz/minimize.h"
#include "fuzz/pairing.h"

enum minimized_form {
    MINIMIZED_TEXT,
    MINIMIZED_BYTES,
    MINIMIZED_TEST, /* fails as long as the machines diverge */
};

struct minimized_output {
    const struct pairing *pairing;
    const char *platform; /* as --platform takes it */
    const struct program *program;
    size_t calls_before;
    const struct minimized *minimized;
};

/* False when the stream refuses it; errno says why. Nothing is flushed. */
bool minimized_output_write(const struct minimized_output *output,
                            enum minimized_form form, FILE *stream);

#endif
