/*
 * A program: the platform that it is meant for, how it is run, which table is
 * made to fail, and calls in order. It has two forms that convert into each
 * other without loss, bytes for fuzzing engines and text for people. Both are
 * specified in docs/programs.md.
 *
 * A program is *valid* when its platform name is well formed, it has at most
 * PROGRAM_CALL_LIMIT calls, each with a number from calls.def, and every
 * operand is one that operand_make() gives for its argument's kind. Decoding
 * and parsing make valid programs only; everything else here expects one.
 *
 * Nothing here allocates. A struct program is about 100 KiB, and only the
 * calls below call_count mean anything.
 */
#ifndef FUZZ_PROGRAM_H
#define FUZZ_PROGRAM_H

#include "el2/calls.h"
#include "el2/machine.h"
#include "el2/platform.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The version that both forms carry. */
#define PROGRAM_VERSION 1

#define PROGRAM_CALL_LIMIT 1024

/* Bytes of the header, without and with a failing table; of the longest call;
 * and of the longest program. */
#define PROGRAM_HEADER_BYTES       16
#define PROGRAM_HEADER_BYTES_LIMIT (PROGRAM_HEADER_BYTES + 2)
#define PROGRAM_CALL_BYTES_LIMIT   (1 + EL2_ARGUMENT_LIMIT * (1 + 8))
#define PROGRAM_BYTES_LIMIT                                                    \
    (PROGRAM_HEADER_BYTES_LIMIT + PROGRAM_CALL_LIMIT * PROGRAM_CALL_BYTES_LIMIT)

/* Longest text of one call, with its terminating NUL. */
#define PROGRAM_CALL_TEXT_LIMIT 512

/*
 * What an operand's value is relative to, so that a program means the same on
 * platforms whose memory lies elsewhere. The numbers are part of the bytes.
 */
enum operand_base {
    OPERAND_NUMBER = 0, /* nothing: the raw 64-bit register */
    OPERAND_RAM = 1,    /* the host's RAM, see el2_platform_ram_pfn() */
    OPERAND_EL2 = 2,    /* EL2's own memory, see el2_platform_own_pfn() */
    OPERAND_DMA = 3,    /* the iova at which a host bank maps that RAM */
};

/*
 * With a base, the value of a pfn or gfn counts pages; in addresses and
 * descriptors bits 47:12 are the page and all other bits are kept as they are.
 */
struct operand {
    enum operand_base base;
    uint64_t value;
};

struct program_call {
    uint32_t number; /* enum el2_call_number */
    struct operand operands[EL2_ARGUMENT_LIMIT];
};

struct program {
    char platform[EL2_PLATFORM_NAME_SIZE]; /* "": none was named */
    enum el2_run run;
    /* The table that its pool does not give, counted from 1 as the program
     * takes them, see fuzz/table_allocations.h; 0: all are given. */
    uint16_t failing_table;
    size_t call_count;
    struct program_call calls[PROGRAM_CALL_LIMIT];
};

/* What operands of one kind of argument may be. */
struct operand_rules {
    /* Without: the base is always OPERAND_NUMBER. */
    bool takes_base;
    /* With a base the value counts pages; otherwise it counts bytes. */
    bool counts_pages;
    /* 0, or how many small values a payload of one byte can mean. */
    uint8_t short_values;
    /* The greatest value. */
    uint64_t maximum;
};

const struct operand_rules *operand_rules(enum el2_argument_kind kind);

/*
 * The valid operand for any base and value: an argument that takes no base
 * gets OPERAND_NUMBER, a value above the kind's maximum is reduced modulo
 * maximum + 1.
 */
struct operand operand_make(enum el2_argument_kind kind, enum operand_base base,
                            uint64_t value);

/* Whether the name of a platform may hold this character. */
static inline bool program_name_has(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

/* Whether every bit that either form keeps is the same. */
bool program_equal(const struct program *a, const struct program *b);

/* The call as it reaches a machine on this platform. */
void program_resolve(const struct program_call *call,
                     const struct el2_platform *platform,
                     struct el2_call *resolved);

/* All calls of the program; `resolved` has room for as many. */
void program_resolve_all(const struct program *program,
                         const struct el2_platform *platform,
                         struct el2_call *resolved);

/*
 * Bytes to a program. Total: any bytes give a valid program. `bytes` may be
 * NULL when size is 0. Calls from PROGRAM_CALL_LIMIT on are ignored.
 */
void program_decode(const uint8_t *bytes, size_t size, struct program *program);

/*
 * The shortest bytes that decode to this program. Returns how many there are,
 * at most PROGRAM_BYTES_LIMIT, and writes them only when that is at most
 * capacity. `bytes` may be NULL when capacity is 0.
 */
size_t program_encode(const struct program *program, uint8_t *bytes,
                      size_t capacity);

/* What is wrong with a text, and where. */
struct program_error {
    size_t line;       /* from 1 */
    char message[160]; /* one line, without the line number */
};

/*
 * Text to a program. `text` need not end in NUL or newline and may hold any
 * bytes. On failure returns false, says why in *error, and what *program holds
 * must not be used.
 */
bool program_parse(const char *text, size_t length, struct program *program,
                   struct program_error *error);

/*
 * Whether these bytes are meant as text: their first word outside
 * comments is "el2diff". Nothing that program_encode() writes is taken for
 * text.
 */
bool program_is_text(const uint8_t *bytes, size_t size);

/*
 * The program, or one call without a newline, as canonical text: parsing it
 * gives an equal program. Like snprintf: writes at most capacity bytes, the
 * last one NUL, and returns the length of the whole text without its NUL.
 * `text` may be NULL when capacity is 0. The text of a call, with its NUL,
 * always fits in PROGRAM_CALL_TEXT_LIMIT.
 */
size_t program_print(const struct program *program, char *text,
                     size_t capacity);
size_t program_print_call(const struct program_call *call, char *text,
                          size_t capacity);

/* The same text to a stream. False when the stream refuses it; errno says
 * why. The stream is not flushed. */
bool program_print_stream(const struct program *program, FILE *stream);

#endif
