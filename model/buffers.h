/*
 * What encrypt_buf and decrypt_buf (semantics.md section 6) do under the page
 * lock. Like the page operations of section 4 they are there atomic and as
 * sequences of primitives, and each machine runs its own reading.
 *
 * Each returns its outcome; on a panic model.held is what stays locked.
 */
#ifndef MODEL_BUFFERS_H
#define MODEL_BUFFERS_H

#include "el2/outcome.h"

#include <stdint.h>

struct model;

struct model_buffer_operations {
    /* The cipher of VM v's page `in` goes to the host's page `out`. */
    enum el2_outcome (*encrypt_page)(struct model *m, uint32_t v, uint64_t in,
                                     uint64_t out);
    /* The host's page goes to VM v, deciphered. */
    enum el2_outcome (*decrypt_page)(struct model *m, uint32_t v, uint64_t pfn);
};

struct model_buffer_operations model_atomic_buffers(void);
struct model_buffer_operations model_primitive_buffers(void);

#endif
