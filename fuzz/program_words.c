#include "fuzz/program_words.h"

#include <string.h>

/* Words longer than this are near to nothing. */
#define LONGEST_SLIP 40

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

void slice_skip(struct slice *slice, size_t count)
{
    slice->text += count;
    slice->length -= count;
}

bool slice_has(struct slice slice, char c)
{
    return slice.length > 0 && memchr(slice.text, c, slice.length) != NULL;
}

struct slice take_until(struct slice *rest, char separator)
{
    struct slice taken = *rest;
    const char *end =
        rest->length == 0 ? NULL : memchr(rest->text, separator, rest->length);

    if (end == NULL) {
        slice_skip(rest, rest->length);
    } else {
        taken.length = (size_t)(end - rest->text);
        slice_skip(rest, taken.length + 1);
    }
    return taken;
}

struct slice take_line(struct slice *text)
{
    struct slice line = take_until(text, '\n');

    return take_until(&line, '#');
}

struct slice take_word(struct slice *line)
{
    while (line->length > 0 && is_blank(line->text[0])) {
        slice_skip(line, 1);
    }
    struct slice word = {line->text, 0};

    while (line->length > 0 && !is_blank(line->text[0])) {
        slice_skip(line, 1);
        word.length++;
    }
    return word;
}

bool word_is(struct slice word, const char *name)
{
    return word.length == strlen(name) &&
           memcmp(word.text, name, word.length) == 0;
}

struct shown_word show_word(struct slice word)
{
    struct shown_word shown = {""};
    size_t limit = sizeof(shown.text) - sizeof("...");
    size_t length = word.length < limit ? word.length : limit;

    for (size_t i = 0; i < length; i++) {
        char c = word.text[i];

        shown.text[i] = (char)(c >= ' ' && c <= '~' ? c : '?');
    }
    if (word.length > limit) {
        memcpy(&shown.text[limit], "...", sizeof("..."));
    }
    return shown;
}

/* How many characters to insert, delete or replace: Levenshtein's distance,
 * row by row. Neither may be longer than LONGEST_SLIP. */
static size_t edits_between(struct slice word, struct slice name)
{
    size_t row[LONGEST_SLIP + 1];

    for (size_t j = 0; j <= name.length; j++) {
        row[j] = j;
    }
    for (size_t i = 0; i < word.length; i++) {
        size_t diagonal = row[0];

        row[0] = i + 1;
        for (size_t j = 0; j < name.length; j++) {
            size_t best = diagonal + (word.text[i] != name.text[j]);

            diagonal = row[j + 1];
            best = row[j] + 1 < best ? row[j] + 1 : best;
            best = diagonal + 1 < best ? diagonal + 1 : best;
            row[j + 1] = best;
        }
    }
    return row[name.length];
}

void nearest_name_offer(struct nearest_name *nearest, const char *name)
{
    struct slice offered = {name, strlen(name)};
    size_t edits;

    if (nearest->word.length > LONGEST_SLIP || offered.length > LONGEST_SLIP) {
        return;
    }
    edits = edits_between(nearest->word, offered);
    if (nearest->name == NULL ? edits <= 1 + nearest->word.length / 4
                              : edits < nearest->edits) {
        nearest->name = name;
        nearest->edits = edits;
    }
}
