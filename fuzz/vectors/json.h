/*
 * Typed access to parsed JSON. Whatever is not as it should be makes one
 * message with the place in the document, as in
 * `steps[2].args.pfn: expected a hex string`.
 */
#ifndef FUZZ_VECTORS_JSON_H
#define FUZZ_VECTORS_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_reader {
    char *why; /* where the message goes */
    size_t why_size;
    char path[160]; /* of the container that is being read */
    size_t path_length;
};

/* Step into a member, or element number `index`, of the current container.
 * The result is what json_leave() needs to step out again. */
size_t json_enter(struct json_reader *reader, const cJSON *member);
size_t json_enter_element(struct json_reader *reader, size_t index);
void json_leave(struct json_reader *reader, size_t mark);

/* Put a message about this member, or about the current container when it is
 * NULL or has no name. False, for the caller to return. */
__attribute__((format(printf, 3, 4))) bool json_fail(struct json_reader *reader,
                                                     const cJSON *member,
                                                     const char *format, ...);

/* Text of a document as a message may hold it: short and printable. */
struct json_shown {
    char text[44];
};
struct json_shown json_show(const char *text);

/* `required` of json_members: every one. */
#define JSON_ALL UINT32_MAX

/*
 * The members of an object by name, NULL for those that are not there. False
 * when it is not an object, has a member twice or one that has no name here,
 * or lacks one whose bit in `required` is set. At most 32 names.
 */
bool json_members(struct json_reader *reader, const cJSON *object,
                  const char *const *names, size_t count, uint32_t required,
                  const cJSON **members);

bool json_is_object(struct json_reader *reader, const cJSON *item);
bool json_is_array(struct json_reader *reader, const cJSON *item);

/* A plain whole number, and a 64-bit one as "0x..."; at most `maximum`. */
bool json_number(struct json_reader *reader, const cJSON *item,
                 uint64_t maximum, uint64_t *value);
bool json_hex(struct json_reader *reader, const cJSON *item, uint64_t maximum,
              uint64_t *value);

/* Either of them. */
bool json_register(struct json_reader *reader, const cJSON *item,
                   uint64_t *value);

/* An array of exactly `count` plain numbers. */
bool json_numbers(struct json_reader *reader, const cJSON *item, size_t count,
                  uint64_t maximum, uint64_t *values);

/* Whole text as a number: hex with "0x", or decimal without leading zeros.
 * False when it is not one or above the maximum. */
bool json_parse_hex(const char *text, uint64_t maximum, uint64_t *value);
bool json_parse_decimal(const char *text, uint64_t maximum, uint64_t *value);

#endif
