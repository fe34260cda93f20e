/*
 * Conformance vectors (tests/vectors/README.md): recorded programs with what
 * the specification says must change after each call. Vectors are read from
 * JSON lines, replayed on a specification, and recorded from one.
 */
#ifndef FUZZ_VECTORS_VECTOR_H
#define FUZZ_VECTORS_VECTOR_H

#include "el2/machine.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The longest line that is read or recorded, bytes without its end. */
#define VECTOR_LINE_LIMIT (UINT64_C(16) << 20)

/* Cells that the steps of one vector may change, runs expanded. */
#define VECTOR_CHANGE_LIMIT (UINT64_C(1) << 20)

/* Longest id, with its NUL. */
#define VECTOR_ID_SIZE 64

/* Room for any reason why a vector is refused, and for any mismatch. */
#define VECTOR_TEXT_SIZE 512

/*
 * What changed, and its value after the step. Vectors see a little less than
 * machines: of a block its 512 entries, and of the content of a page (a cell
 * EL2_CELL_MEMORY) VECTOR_UNKNOWN instead of whatever word is there while
 * EL2_CELL_MEMORY_UNKNOWN is 1; neither of those two cells stands for itself.
 */
struct vector_change {
    el2_cell cell;
    struct el2_value value;
};

#define VECTOR_UNKNOWN ((struct el2_value){{0, 1}})

/* Cells and values in a growing array. All zero: empty. */
struct vector_changes {
    struct vector_change *at;
    size_t count;
    size_t capacity;
};

struct vector_step {
    struct el2_call call;
    bool panics;
    enum el2_access access; /* of a call that is no access: NONE */
    bool has_result;
    uint64_t result;     /* when has_result */
    size_t first_change; /* index in the vector's changes; ascending by cell */
    size_t change_count;
};

struct vector {
    char id[VECTOR_ID_SIZE];
    struct el2_platform platform;
    struct vector_step *steps;
    size_t step_count;
    struct vector_changes changes;
};

/*
 * One line of a vector file, `length` bytes without line end. True: *vector
 * is set and vector_destroy() frees it; every call in it is one that a
 * specification can be given. False: `why` says where in the line what is
 * wrong, in one line, and there is nothing to free.
 *
 * Besides the keys of tests/vectors/README.md it knows, for recorded
 * platforms, `boot_pattern` at the top and `core_vmid`, `vcpus`, `images` in
 * `limits`, each with the meaning that platform.h gives it.
 */
bool vector_read(const char *line, size_t length, struct vector *vector,
                 char *why, size_t why_size);
void vector_destroy(struct vector *vector);

enum vector_verdict {
    VECTOR_SAME,
    VECTOR_MISMATCH,
    VECTOR_NO_MEMORY, /* here or, after many steps, in the machine */
};

enum vector_difference {
    VECTOR_FAULT,        /* the machine's own guard saw something */
    VECTOR_PANIC,        /* one panics and the other does not */
    VECTOR_RESULT,       /* different results, or only one has any */
    VECTOR_VALUE,        /* a cell changed to something else, or not at all */
    VECTOR_CHANGED,      /* a cell changed that should not have */
    VECTOR_NOT_A_CHANGE, /* a cell should change to what it held before */
};

/* The first thing that differs at the first step that does. */
struct vector_mismatch {
    size_t step; /* index */
    enum vector_difference difference;
    struct el2_step actual_step;
    el2_cell cell; /* for a difference of a cell, and its values: */
    struct el2_value expected;
    struct el2_value before;
    struct el2_value actual;
    size_t others; /* further cells that differ at this step */
};

/*
 * Reset the machine, which must be a specification that booted the vector's
 * platform, and replay the vector up to its end or the first mismatch.
 * *steps counts the calls made.
 */
enum vector_verdict vector_check(struct el2_machine *machine,
                                 const struct vector *vector,
                                 struct vector_mismatch *mismatch,
                                 size_t *steps);

/* A mismatch in one line, without its end: vector, step, call, what differs,
 * expected, actual. */
void vector_describe(const struct vector *vector,
                     const struct vector_mismatch *mismatch, char *text,
                     size_t size);

/*
 * Recording a run. The machine must be a specification with
 * el2_oracle_formula, or the record will not replay; it stays the caller's
 * and must outlive the recorder. `id` is 1 to VECTOR_ID_SIZE - 1 characters,
 * all of them printable ASCII but '"' and '\'. NULL: not enough memory.
 */
struct vector_recorder;
struct vector_recorder *vector_record_begin(struct el2_machine *machine,
                                            const struct el2_platform *platform,
                                            const char *id);

/* After each step that the machine made since its reset; none after a panic.
 * An error is kept until the end. */
void vector_record_step(struct vector_recorder *recorder,
                        const struct el2_call *call,
                        const struct el2_step *step);

/*
 * Write the vector as one line and free the recorder. False: nothing or only
 * a part was written, and `why` says in one line why. The stream is not
 * flushed. With stream NULL it only frees.
 */
bool vector_record_end(struct vector_recorder *recorder, FILE *stream,
                       char *why, size_t why_size);

#endif
