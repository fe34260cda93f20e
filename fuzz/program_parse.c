/*
 * Programs from text (docs/programs.md). People write this by hand, so every
 * error names its line, the word that is wrong, and what would be right.
 */
#include "fuzz/program.h"
#include "fuzz/program_words.h"

#include <stdarg.h>
#include <string.h>

/* What lines that are no calls begin with. */
static const char *const settings[] = {"platform", "run", "fail"};
#define SETTING_COUNT (sizeof(settings) / sizeof(settings[0]))

struct parser {
    size_t line; /* from 1 */
    bool has_header;
    bool has_platform;
    bool has_run;
    bool has_failure;
    struct program *program;
    struct program_error *error;
};

/* Record an error; false, for the caller to return. */
__attribute__((format(printf, 2, 3))) static bool
fail(const struct parser *parser, const char *format, ...)
{
    va_list arguments;

    parser->error->line = parser->line;
    va_start(arguments, format);
    (void)vsnprintf(parser->error->message, sizeof(parser->error->message),
                    format, arguments);
    va_end(arguments);
    return false;
}

/* What a line that begins with `word` may have meant; NULL: no idea. */
static const char *nearest_to(struct slice word)
{
    struct nearest_name nearest = {.word = word};

    for (size_t i = 0; i < EL2_CALL_NUMBER_LIMIT; i++) {
        if (el2_calls[i].name != NULL) {
            nearest_name_offer(&nearest, el2_calls[i].name);
        }
    }
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        nearest_name_offer(&nearest, settings[i]);
    }
    return nearest.name;
}

/* The value of a hexadecimal digit; 16 when it is none. */
static unsigned digit_value(char c)
{
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return (unsigned)(c - 'a') + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return (unsigned)(c - 'A') + 10;
    }
    return 16;
}

static bool parse_number(const struct parser *parser, const char *argument,
                         struct slice word, uint64_t *value)
{
    bool is_hexadecimal =
        word.length > 2 && word.text[0] == '0' && word.text[1] == 'x';
    unsigned radix = is_hexadecimal ? 16 : 10;
    uint64_t number = 0;

    for (size_t i = is_hexadecimal ? 2 : 0; i < word.length; i++) {
        unsigned digit = digit_value(word.text[i]);

        if (digit >= radix) {
            return fail(parser, "%s: '%s' is not a number", argument,
                        show_word(word).text);
        }
        if (number > (UINT64_MAX - digit) / radix) {
            return fail(parser, "%s: %s does not fit in 64 bits", argument,
                        show_word(word).text);
        }
        number = number * radix + digit;
    }
    if (word.length == 0) {
        return fail(parser, "%s: a number is missing", argument);
    }
    *value = number;
    return true;
}

/* Take "ram", "el2" or "dma" and the '+' after it from the front of a term.
 * The term is then empty when it was the base alone. */
static enum operand_base take_base(struct slice *term)
{
    static const char names[][4] = {
        [OPERAND_RAM] = "ram",
        [OPERAND_EL2] = "el2",
        [OPERAND_DMA] = "dma",
    };

    for (int base = OPERAND_RAM; base <= OPERAND_DMA; base++) {
        if (word_is(*term, names[base])) {
            slice_skip(term, 3);
            return (enum operand_base)base;
        }
        if (term->length > 4 && memcmp(term->text, names[base], 3) == 0 &&
            term->text[3] == '+') {
            slice_skip(term, 4);
            return (enum operand_base)base;
        }
    }
    return OPERAND_NUMBER;
}

/* One term of a value, joined to the operand by OR. */
static bool parse_term(const struct parser *parser, enum el2_argument_kind kind,
                       const char *argument, struct slice term,
                       struct operand *operand)
{
    bool takes_base = operand_rules(kind)->takes_base;
    uint64_t value = 0;
    enum operand_base base = take_base(&term);

    if (takes_base && base == OPERAND_NUMBER && term.length > 0 &&
        digit_value(term.text[0]) > 9) {
        return fail(parser, "%s: '%s' is no number, ram+N, el2+N or dma+N",
                    argument, show_word(term).text);
    }
    if (base != OPERAND_NUMBER) {
        if (!takes_base) {
            return fail(parser, "%s takes a number without a base", argument);
        }
        if (operand->base != OPERAND_NUMBER) {
            return fail(parser, "%s: only one part can have a base", argument);
        }
        operand->base = base;
    }
    bool is_base_alone = base != OPERAND_NUMBER && term.length == 0;

    if (!is_base_alone && !parse_number(parser, argument, term, &value)) {
        return false;
    }
    operand->value |= value;
    return true;
}

static bool parse_operand(const struct parser *parser,
                          const struct el2_argument_description *argument,
                          struct slice text, struct operand *operand)
{
    uint64_t maximum = operand_rules(argument->kind)->maximum;
    bool is_joined = slice_has(text, '|');
    bool has_more = true;

    if (is_joined && argument->kind != EL2_ARGUMENT_DESCRIPTOR) {
        return fail(parser, "%s: '|' joins the parts of descriptors only",
                    argument->name);
    }
    *operand = (struct operand){OPERAND_NUMBER, 0};
    while (has_more) {
        has_more = slice_has(text, '|');
        if (!parse_term(parser, argument->kind, argument->name,
                        take_until(&text, '|'), operand)) {
            return false;
        }
    }
    if (operand->value > maximum) {
        return fail(parser, "%s: a range may be at most %d pages long",
                    argument->name, EL2_RANGE_PAGES_MAX);
    }
    return true;
}

/* The position of an argument in its call; argument_count: it has none. */
static uint32_t find_argument(const struct el2_call_description *description,
                              struct slice name)
{
    uint32_t i = 0;

    while (i < description->argument_count &&
           !word_is(name, description->arguments[i].name)) {
        i++;
    }
    return i;
}

static bool
fail_unknown_argument(const struct parser *parser,
                      const struct el2_call_description *description,
                      struct slice name)
{
    char names[64] = "none";
    size_t length = 0;

    for (uint32_t i = 0; i < description->argument_count; i++) {
        int added =
            snprintf(&names[length], sizeof(names) - length, "%s%s",
                     i == 0 ? "" : ", ", description->arguments[i].name);

        if (added < 0 || (size_t)added >= sizeof(names) - length) {
            break;
        }
        length += (size_t)added;
    }
    return fail(parser, "%s has no argument '%s' (it has: %s)",
                description->name, show_word(name).text, names);
}

/* Bit i of *given: argument i has been seen. */
static bool parse_argument(const struct parser *parser,
                           struct program_call *call, struct slice word,
                           uint32_t *given)
{
    const struct el2_call_description *description = &el2_calls[call->number];
    struct slice value = word;
    struct slice name = take_until(&value, '=');

    if (name.length == word.length) {
        return fail(parser, "expected name=value, not '%s'",
                    show_word(word).text);
    }
    uint32_t i = find_argument(description, name);

    if (i == description->argument_count) {
        return fail_unknown_argument(parser, description, name);
    }
    if ((*given & (1u << i)) != 0) {
        return fail(parser, "%s is given twice",
                    description->arguments[i].name);
    }
    *given |= 1u << i;
    return parse_operand(parser, &description->arguments[i], value,
                         &call->operands[i]);
}

static bool parse_arguments(const struct parser *parser,
                            struct program_call *call, struct slice line)
{
    const struct el2_call_description *description = &el2_calls[call->number];
    uint32_t given = 0;
    struct slice word = take_word(&line);

    while (word.length > 0) {
        if (!parse_argument(parser, call, word, &given)) {
            return false;
        }
        word = take_word(&line);
    }
    for (uint32_t i = 0; i < description->argument_count; i++) {
        if ((given & (1u << i)) == 0) {
            return fail(parser, "%s needs %s=", description->name,
                        description->arguments[i].name);
        }
    }
    return true;
}

static bool parse_call(const struct parser *parser, struct slice name,
                       struct slice line)
{
    struct program *program = parser->program;
    uint32_t number = 0;

    while (number < EL2_CALL_NUMBER_LIMIT &&
           (el2_calls[number].name == NULL ||
            !word_is(name, el2_calls[number].name))) {
        number++;
    }
    if (number == EL2_CALL_NUMBER_LIMIT) {
        const char *nearest = nearest_to(name);

        return fail(parser, "unknown call '%s'%s%s%s", show_word(name).text,
                    nearest == NULL ? "" : " (did you mean ",
                    nearest == NULL ? "" : nearest,
                    nearest == NULL ? "" : "?)");
    }
    if (program->call_count == PROGRAM_CALL_LIMIT) {
        return fail(parser, "a program has at most %d calls",
                    PROGRAM_CALL_LIMIT);
    }
    struct program_call *call = &program->calls[program->call_count++];

    call->number = number;
    return parse_arguments(parser, call, line);
}

static bool is_platform_name(struct slice name)
{
    if (name.length == 0 || name.length >= EL2_PLATFORM_NAME_SIZE) {
        return false;
    }
    for (size_t i = 0; i < name.length; i++) {
        if (!program_name_has(name.text[i])) {
            return false;
        }
    }
    return true;
}

static bool parse_platform(struct parser *parser, struct slice name)
{
    if (parser->has_platform) {
        return fail(parser, "platform is given twice");
    }
    if (!is_platform_name(name)) {
        return fail(parser,
                    "'%s' is not a platform name (1 to %d of a-z, 0-9, -)",
                    show_word(name).text, EL2_PLATFORM_NAME_SIZE - 1);
    }
    parser->has_platform = true;
    memcpy(parser->program->platform, name.text, name.length);
    parser->program->platform[name.length] = '\0';
    return true;
}

static bool parse_run(struct parser *parser, struct slice name)
{
    if (parser->has_run) {
        return fail(parser, "run is given twice");
    }
    parser->has_run = true;
    if (word_is(name, "tables")) {
        parser->program->run = EL2_RUN_TABLES;
    } else if (word_is(name, "contracts")) {
        parser->program->run = EL2_RUN_CONTRACTS;
    } else {
        return fail(parser, "run is 'contracts' or 'tables', not '%s'",
                    show_word(name).text);
    }
    return true;
}

static bool parse_failing_table(struct parser *parser, struct slice number)
{
    uint64_t table = 0;

    if (parser->has_failure) {
        return fail(parser, "fail is given twice");
    }
    if (!parse_number(parser, "fail table", number, &table)) {
        return false;
    }
    if (table == 0 || table > UINT16_MAX) {
        return fail(parser, "fail table: tables are counted from 1 to %d",
                    UINT16_MAX);
    }
    parser->has_failure = true;
    parser->program->failing_table = (uint16_t)table;
    return true;
}

/* A line "fail table N". */
static bool parse_failure(struct parser *parser, struct slice what,
                          struct slice number)
{
    return word_is(what, "table")
               ? parse_failing_table(parser, number)
               : fail(parser, "what fails is a 'table', not '%s'",
                      show_word(what).text);
}

/* A line "platform NAME", "run NAME" or "fail table N". */
static bool parse_setting(struct parser *parser, const char *keyword,
                          struct slice line)
{
    bool is_failure = strcmp(keyword, "fail") == 0;
    struct slice name = take_word(&line);
    struct slice number = {"", 0};

    if (is_failure) {
        number = take_word(&line);
    }
    struct slice more = take_word(&line);

    if (parser->program->call_count > 0) {
        return fail(parser, "%s must stand before the first call", keyword);
    }
    if (more.length > 0) {
        return fail(parser, "'%s' is one word too many", show_word(more).text);
    }
    if (is_failure) {
        return parse_failure(parser, name, number);
    }
    return strcmp(keyword, "run") == 0 ? parse_run(parser, name)
                                       : parse_platform(parser, name);
}

static bool fail_no_header(const struct parser *parser)
{
    return fail(parser, "a program begins with the line 'el2diff program %d'",
                PROGRAM_VERSION);
}

/* The line "el2diff program 1". */
static bool parse_header(struct parser *parser, struct slice line)
{
    struct slice first = take_word(&line);
    struct slice second = take_word(&line);
    struct slice version = take_word(&line);
    struct slice more = take_word(&line);
    uint64_t number = 0;

    if (!word_is(first, "el2diff") || !word_is(second, "program") ||
        version.length == 0 || more.length > 0) {
        return fail_no_header(parser);
    }
    if (!parse_number(parser, "version", version, &number)) {
        return false;
    }
    if (number != PROGRAM_VERSION) {
        return fail(parser, "program version %s is not known, only %d is",
                    show_word(version).text, PROGRAM_VERSION);
    }
    parser->has_header = true;
    return true;
}

static bool parse_line(struct parser *parser, struct slice line)
{
    struct slice rest = line;
    struct slice first = take_word(&rest);

    if (first.length == 0) {
        return true;
    }
    if (!parser->has_header) {
        return parse_header(parser, line);
    }
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        if (word_is(first, settings[i])) {
            return parse_setting(parser, settings[i], rest);
        }
    }
    return parse_call(parser, first, rest);
}

bool program_parse(const char *text, size_t length, struct program *program,
                   struct program_error *error)
{
    struct parser parser = {.program = program, .error = error};
    struct slice rest = {text, length};

    program->platform[0] = '\0';
    program->run = EL2_RUN_CONTRACTS;
    program->failing_table = 0;
    program->call_count = 0;
    while (rest.length > 0) {
        parser.line++;
        if (!parse_line(&parser, take_line(&rest))) {
            return false;
        }
    }
    if (!parser.has_header) {
        parser.line++;
        return fail_no_header(&parser);
    }
    return true;
}

bool program_is_text(const uint8_t *bytes, size_t size)
{
    struct slice rest = {(const char *)bytes, size};

    while (rest.length > 0) {
        struct slice line = take_line(&rest);
        struct slice first = take_word(&line);

        if (first.length > 0) {
            return word_is(first, "el2diff");
        }
    }
    return false;
}
