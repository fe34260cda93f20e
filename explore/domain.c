#include "explore/domain.h"

#include <stdlib.h>
#include <string.h>

/* Text with every choice spelled out, and of each of its lines the line that
 * it was made of. */
struct spelled {
    char *text;
    size_t length;
    size_t *line_of;
    size_t lines;
};

/* Most lines: the calls, the header, and room for comments. */
#define LINE_LIMIT (PROGRAM_CALL_LIMIT * 4)

/* Choices in one line. */
#define CHOICE_LIMIT EL2_ARGUMENT_LIMIT

/* A part of the text. */
struct part {
    const char *begin;
    const char *end;
};

/* {a,b,c}: where it stands, and which of its values it has now. */
struct choice {
    struct part whole; /* with its braces */
    struct part value;
};

static bool complain(struct program_error *error, size_t line,
                     const char *message)
{
    error->line = line;
    strncpy(error->message, message, sizeof error->message - 1);
    error->message[sizeof error->message - 1] = '\0';
    return false;
}

static const char *find(struct part part, char c)
{
    return memchr(part.begin, c, (size_t)(part.end - part.begin));
}

/* The value that begins there. */
static struct part value_at(const struct choice *choice, const char *begin)
{
    struct part rest = {begin, choice->whole.end - 1};
    const char *comma = find(rest, ',');
    return (struct part){begin, comma != NULL ? comma : rest.end};
}

/* The choices of a line, a comment left out; false when a brace has no
 * partner or there are too many. */
static bool find_choices(struct part line, struct choice *choices,
                         size_t *count)
{
    const char *comment = find(line, '#');
    line.end = comment != NULL ? comment : line.end;
    *count = 0;
    for (;;) {
        const char *open = find(line, '{');
        const char *close = find(line, '}');
        if (open == NULL && close == NULL) {
            return true;
        }
        if (open == NULL || close == NULL || close < open ||
            *count == CHOICE_LIMIT) {
            return false;
        }
        struct choice *choice = &choices[(*count)++];
        choice->whole = (struct part){open, close + 1};
        choice->value = value_at(choice, open + 1);
        line.begin = close + 1;
    }
}

static bool append(struct spelled *spelled, const char *begin, const char *end)
{
    size_t length = (size_t)(end - begin);
    if (length > DOMAIN_TEXT_LIMIT - spelled->length) {
        return false;
    }
    memcpy(spelled->text + spelled->length, begin, length);
    spelled->length += length;
    return true;
}

/* The line with the values that its choices have now. */
static bool spell_line(struct spelled *spelled, size_t number, struct part line,
                       const struct choice *choices, size_t count)
{
    static const char line_end[] = "\n";
    const char *at = line.begin;
    if (spelled->lines == LINE_LIMIT) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!append(spelled, at, choices[i].whole.begin) ||
            !append(spelled, choices[i].value.begin, choices[i].value.end)) {
            return false;
        }
        at = choices[i].whole.end;
    }
    spelled->line_of[spelled->lines++] = number;
    return append(spelled, at, line.end) &&
           append(spelled, line_end, line_end + 1);
}

/* The next values; false when there are no more. */
static bool next_values(struct choice *choices, size_t count)
{
    for (size_t i = count; i-- > 0;) {
        struct choice *choice = &choices[i];
        if (*choice->value.end == ',') {
            choice->value = value_at(choice, choice->value.end + 1);
            return true;
        }
        choice->value = value_at(choice, choice->whole.begin + 1);
    }
    return false;
}

static bool spell(const char *text, size_t length, struct spelled *spelled,
                  struct program_error *error)
{
    struct part rest = {text, text + length};
    for (size_t number = 1; rest.begin < rest.end; number++) {
        const char *line_end = find(rest, '\n');
        struct part line = {rest.begin, line_end != NULL ? line_end : rest.end};
        struct choice choices[CHOICE_LIMIT];
        size_t count;
        if (!find_choices(line, choices, &count)) {
            return complain(error, number,
                            "a brace without its partner, or too many");
        }
        do {
            if (!spell_line(spelled, number, line, choices, count)) {
                return complain(error, number, "too many calls to choose from");
            }
        } while (next_values(choices, count));
        rest.begin = line_end != NULL ? line_end + 1 : rest.end;
    }
    return true;
}

bool domain_parse(const char *text, size_t length, struct program *domain,
                  struct program_error *error)
{
    struct spelled spelled = {
        .text = malloc(DOMAIN_TEXT_LIMIT),
        .line_of = malloc(LINE_LIMIT * sizeof *spelled.line_of),
    };
    bool parsed = false;
    if (spelled.text == NULL || spelled.line_of == NULL) {
        complain(error, 1, "not enough memory");
    } else if (spell(text, length, &spelled, error)) {
        parsed = program_parse(spelled.text, spelled.length, domain, error);
        if (!parsed && error->line > 0 && error->line <= spelled.lines) {
            error->line = spelled.line_of[error->line - 1];
        }
    }
    free(spelled.text);
    free(spelled.line_of);
    return parsed;
}
