/* The text of a program taken apart: lines, words, and how near two are. */
#ifndef FUZZ_PROGRAM_WORDS_H
#define FUZZ_PROGRAM_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* Part of a text. Not terminated, and may hold any bytes. */
struct slice {
    const char *text;
    size_t length;
};

/* A word as a message may hold it: printable, and cut when it is long. */
struct shown_word {
    char text[44];
};

/* Skip `count` characters at the front. */
void slice_skip(struct slice *slice, size_t count);

bool slice_has(struct slice slice, char c);

/* Take what comes before the first `separator`, and the separator itself; all
 * that there is when there is none. */
struct slice take_until(struct slice *rest, char separator);

/* Take the next line, without what follows a '#'. */
struct slice take_line(struct slice *text);

/* Take the next word of a line; empty when there is none. Spaces, tabs and
 * carriage returns stand between words. */
struct slice take_word(struct slice *line);

bool word_is(struct slice word, const char *name);

struct shown_word show_word(struct slice word);

/* The name that a word may be a slip for: begin with the word alone, offer the
 * names that there are, then look at `name`. */
struct nearest_name {
    struct slice word;
    const char *name; /* NULL: none is near enough */
    size_t edits;     /* from the word to the name, when there is one */
};

void nearest_name_offer(struct nearest_name *nearest, const char *name);

#endif
