/* el2diff calls: what each call of calls.def is, on a terminal or as the
 * Markdown page docs/calls.md. */
#include "fuzz/call_kinds.h"
#include "fuzz/call_text.h"
#include "fuzz/program.h"
#include "tools/commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: el2diff calls [CALL...]\n"
    "       el2diff calls --markdown\n"
    "\n"
    "Show the calls of a program, or only those named: arguments and their\n"
    "kinds, what the call does and gives, and when it panics.\n"
    "\n"
    "  --markdown  all of them as a page: docs/calls.md\n"
    "\n"
    "Example: el2diff calls smmu_map\n";

#define LINE_WIDTH 80

/* Words up to the line's width; `column` is where the first one begins, each
 * further line is indented. Ends the line. */
static void print_filled(const char *text, size_t column, int indent)
{
    const char *gap = "";
    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        if (*gap != '\0' && column + 1 + length > LINE_WIDTH) {
            printf("\n%*s", indent, "");
            column = (size_t)indent;
            gap = "";
        }
        printf("%s%.*s", gap, (int)length, text);
        column += strlen(gap) + length;
        text += length;
        text += strspn(text, " ");
        gap = " ";
    }
    putchar('\n');
}

/* A word in a column of its own and what is said about it. */
static void print_entry(const char *word, int width, const char *says)
{
    printf("  %-*s", width, word);
    print_filled(says, (size_t)width + 2, width + 2);
}

static const char *bases_of(enum el2_argument_kind kind)
{
    return operand_rules(kind)->takes_base ? "ram, el2, dma" : "none";
}

/* The call as a program has it, each argument's kind in place of a value. */
static void print_form(uint32_t number)
{
    const struct el2_call_description *call = &el2_calls[number];
    printf("%s", call->name);
    for (uint32_t i = 0; i < call->argument_count; i++) {
        printf(" %s=%s", call->arguments[i].name,
               call_kind_name(call->arguments[i].kind));
    }
}

static void print_call(uint32_t number)
{
    const struct call_text *text = &call_texts[number];
    print_form(number);
    printf("  (number %u)\n  ", number);
    print_filled(text->says, 2, 2);
    if (text->gives != NULL) {
        print_entry("gives", 25, text->gives);
    }
    if (text->only != NULL) {
        print_entry("only when", 25, text->only);
    }
    for (uint32_t i = 0; i < call_panic_count(text); i++) {
        print_entry(el2_outcome_name(text->panics[i].outcome), 25,
                    text->panics[i].when);
    }
    putchar('\n');
}

/* Bit k: a call that is to be shown has an argument of kind k. */
static uint32_t kinds_of(const bool *chosen)
{
    uint32_t kinds = 0;
    for (uint32_t n = 0; n < EL2_CALL_NUMBER_LIMIT; n++) {
        for (uint32_t i = 0; chosen[n] && i < el2_calls[n].argument_count;
             i++) {
            kinds |= 1u << el2_calls[n].arguments[i].kind;
        }
    }
    return kinds;
}

static void print_kinds(uint32_t kinds)
{
    if (kinds != 0) {
        puts("Kinds of arguments; a * takes the bases ram, el2 and dma:");
    }
    for (unsigned k = 0; k < EL2_ARGUMENT_KIND_COUNT; k++) {
        enum el2_argument_kind kind = (enum el2_argument_kind)k;
        if ((kinds & (1u << k)) == 0) {
            continue;
        }
        char word[16];
        snprintf(word, sizeof word, "%s%s", call_kind_name(kind),
                 operand_rules(kind)->takes_base ? " *" : "");
        print_entry(word, 14, call_kind_says(kind));
    }
}

static bool has_issuer(uint32_t number, unsigned issuer)
{
    return el2_calls[number].name != NULL && el2_calls[number].issuer == issuer;
}

static void print_issuer(unsigned issuer, const bool *chosen)
{
    const struct call_issuer_text *text = &call_issuer_texts[issuer];
    bool headed = false;
    for (uint32_t n = 0; n < EL2_CALL_NUMBER_LIMIT; n++) {
        if (!chosen[n] || !has_issuer(n, issuer)) {
            continue;
        }
        if (!headed) {
            printf("%s. ", text->heading);
            print_filled(text->who, strlen(text->heading) + 2, 0);
            if (text->only != NULL) {
                print_filled(text->only, 0, 0);
            }
            putchar('\n');
            headed = true;
        }
        print_call(n);
    }
}

static void mark_panics(const struct call_text *text)
{
    puts("\n| panic | when |\n|---|---|");
    for (uint32_t i = 0; i < call_panic_count(text); i++) {
        printf("| `%s` | %s |\n", el2_outcome_name(text->panics[i].outcome),
               text->panics[i].when);
    }
}

static void mark_call(uint32_t number)
{
    const struct call_text *text = &call_texts[number];
    printf("\n### %s\n\n", el2_calls[number].name);
    print_filled(text->says, 0, 0);
    printf("\n    ");
    print_form(number);
    printf("\n\n- number: %u\n", number);
    if (text->gives != NULL) {
        printf("- result: %s\n", text->gives);
    }
    if (text->only != NULL) {
        printf("- only when: %s\n", text->only);
    }
    if (call_panic_count(text) != 0) {
        mark_panics(text);
    }
}

static void mark_issuer(unsigned issuer)
{
    const struct call_issuer_text *text = &call_issuer_texts[issuer];
    printf("\n## %s\n\n", text->heading);
    print_filled(text->who, 0, 0);
    if (text->only != NULL) {
        putchar('\n');
        print_filled(text->only, 0, 0);
    }
    for (uint32_t n = 0; n < EL2_CALL_NUMBER_LIMIT; n++) {
        if (has_issuer(n, issuer)) {
            mark_call(n);
        }
    }
}

static const char page_head[] =
    "# Calls\n"
    "\n"
    "`el2diff calls --markdown` made this page from `include/el2/calls.def`\n"
    "and `fuzz/call_text.c`; `el2diff calls NAME` tells about one call. How\n"
    "calls are written: [programs.md](programs.md).\n"
    "\n"
    "Each call is shown as it stands in a program, with the kind of each\n"
    "argument in place of its value. A call whose \"only when\" does not hold\n"
    "is skipped: the specification says nothing about it. A panic ends the\n"
    "machine, and both sides must panic at the same call; panics are listed\n"
    "in the order in which they are looked for.\n"
    "\n"
    "## Kinds of arguments\n"
    "\n"
    "Any argument is a 64-bit register. A base makes a page or an address\n"
    "relative to memory of the platform.\n"
    "\n"
    "| kind | is | bases |\n"
    "|---|---|---|\n";

static void print_markdown(void)
{
    fputs(page_head, stdout);
    for (unsigned k = 0; k < EL2_ARGUMENT_KIND_COUNT; k++) {
        enum el2_argument_kind kind = (enum el2_argument_kind)k;
        printf("| %s | %s | %s |\n", call_kind_name(kind), call_kind_says(kind),
               bases_of(kind));
    }
    for (unsigned issuer = 0; issuer < CALL_ISSUER_COUNT; issuer++) {
        mark_issuer(issuer);
    }
}

static void print_chosen(const bool *chosen)
{
    for (unsigned issuer = 0; issuer < CALL_ISSUER_COUNT; issuer++) {
        print_issuer(issuer, chosen);
    }
    print_kinds(kinds_of(chosen));
}

/* The calls named, or all when none is. False: a name is no call's. */
static bool choose(int count, char **names, bool *chosen)
{
    for (uint32_t n = 0; n < EL2_CALL_NUMBER_LIMIT; n++) {
        chosen[n] = count == 0 && el2_calls[n].name != NULL;
    }
    for (int i = 0; i < count; i++) {
        uint32_t n = 0;
        while (n < EL2_CALL_NUMBER_LIMIT &&
               (el2_calls[n].name == NULL ||
                strcmp(el2_calls[n].name, names[i]) != 0)) {
            n++;
        }
        if (n == EL2_CALL_NUMBER_LIMIT) {
            fprintf(stderr,
                    "el2diff calls: there is no call '%s' (see el2diff "
                    "calls)\n",
                    names[i]);
            return false;
        }
        chosen[n] = true;
    }
    return true;
}

int command_calls(int argc, char **argv)
{
    bool chosen[EL2_CALL_NUMBER_LIMIT];
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return EXIT_GOOD;
    }
    if (argc == 2 && strcmp(argv[1], "--markdown") == 0) {
        print_markdown();
    } else if (choose(argc - 1, argv + 1, chosen)) {
        print_chosen(chosen);
    } else {
        return EXIT_BAD_INPUT;
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "el2diff calls: standard output: %s\n",
                strerror(errno));
        return EXIT_BAD_INPUT;
    }
    return EXIT_GOOD;
}
