#include "fuzz/vectors/json.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Plain numbers of the format end here; above it they are hex strings. */
#define PLAIN_NUMBER_MAX UINT32_MAX

struct json_shown json_show(const char *text)
{
    struct json_shown shown = {""};
    size_t limit = sizeof(shown.text) - 4;
    size_t length = strnlen(text, limit + 1);
    for (size_t i = 0; i < length && i < limit; i++) {
        char c = text[i];
        shown.text[i] = (char)(c >= ' ' && c <= '~' ? c : '?');
    }
    if (length > limit) {
        memcpy(&shown.text[limit], "...", 4);
    }
    return shown;
}

__attribute__((format(printf, 2, 3))) static size_t
extend_path(struct json_reader *reader, const char *format, ...)
{
    size_t mark = reader->path_length;
    size_t room = sizeof(reader->path) - mark;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(reader->path + mark, room, format, arguments);
    va_end(arguments);
    if (length > 0) {
        size_t wanted = (size_t)length;
        reader->path_length += wanted < room ? wanted : room - 1;
    }
    return mark;
}

size_t json_enter(struct json_reader *reader, const cJSON *member)
{
    return extend_path(reader, "%s%s", reader->path_length == 0 ? "" : ".",
                       json_show(member->string).text);
}

size_t json_enter_element(struct json_reader *reader, size_t index)
{
    return extend_path(reader, "[%zu]", index);
}

void json_leave(struct json_reader *reader, size_t mark)
{
    reader->path_length = mark;
    reader->path[mark] = '\0';
}

bool json_fail(struct json_reader *reader, const cJSON *member,
               const char *format, ...)
{
    char message[256];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    if (member != NULL && member->string != NULL) {
        (void)json_enter(reader, member);
    }
    (void)snprintf(reader->why, reader->why_size, "%s%s%s", reader->path,
                   reader->path_length == 0 ? "" : ": ", message);
    return false;
}

bool json_is_object(struct json_reader *reader, const cJSON *item)
{
    return cJSON_IsObject(item) ||
           json_fail(reader, item, "expected an object");
}

bool json_is_array(struct json_reader *reader, const cJSON *item)
{
    return cJSON_IsArray(item) || json_fail(reader, item, "expected an array");
}

static bool take_member(struct json_reader *reader, const cJSON *member,
                        const char *const *names, size_t count,
                        const cJSON **members)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(member->string, names[i]) == 0) {
            if (members[i] != NULL) {
                return json_fail(reader, member, "is there twice");
            }
            members[i] = member;
            return true;
        }
    }
    return json_fail(reader, member, "unknown key");
}

bool json_members(struct json_reader *reader, const cJSON *object,
                  const char *const *names, size_t count, uint32_t required,
                  const cJSON **members)
{
    if (!json_is_object(reader, object)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        members[i] = NULL;
    }
    const cJSON *member;
    cJSON_ArrayForEach(member, object)
    {
        if (!take_member(reader, member, names, count, members)) {
            return false;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (members[i] == NULL && (required >> i & 1) != 0) {
            return json_fail(reader, NULL, "%s is missing", names[i]);
        }
    }
    return true;
}

/* A double that is a whole number from 0 to the maximum, which is at most
 * 2^32 - 1, so that nothing is rounded. */
static bool whole_number(double number, uint64_t maximum, uint64_t *value)
{
    if (!(number >= 0 && number <= (double)maximum)) {
        return false;
    }
    *value = (uint64_t)number;
    return (double)*value == number;
}

bool json_number(struct json_reader *reader, const cJSON *item,
                 uint64_t maximum, uint64_t *value)
{
    if (!cJSON_IsNumber(item)) {
        return json_fail(reader, item, "expected a plain number");
    }
    if (maximum > PLAIN_NUMBER_MAX) {
        maximum = PLAIN_NUMBER_MAX;
    }
    return whole_number(item->valuedouble, maximum, value) ||
           json_fail(reader, item, "expected a whole number from 0 to %" PRIu64,
                     maximum);
}

static unsigned hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return (unsigned)(c - 'a') + 10;
    }
    return 16;
}

bool json_parse_hex(const char *text, uint64_t maximum, uint64_t *value)
{
    size_t length = strnlen(text, 19);
    if (length < 3 || length > 18 || text[0] != '0' || text[1] != 'x') {
        return false;
    }
    uint64_t number = 0;
    for (size_t i = 2; i < length; i++) {
        unsigned digit = hex_digit(text[i]);
        if (digit > 15) {
            return false;
        }
        number = number << 4 | digit;
    }
    *value = number;
    return number <= maximum;
}

bool json_parse_decimal(const char *text, uint64_t maximum, uint64_t *value)
{
    size_t length = strnlen(text, 11);
    if (length < 1 || length > 10 || (length > 1 && text[0] == '0')) {
        return false;
    }
    uint64_t number = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        number = number * 10 + (uint64_t)(text[i] - '0');
    }
    *value = number;
    return number <= maximum;
}

bool json_hex(struct json_reader *reader, const cJSON *item, uint64_t maximum,
              uint64_t *value)
{
    if (!cJSON_IsString(item)) {
        return json_fail(reader, item, "expected a hex string, as \"0x1000\"");
    }
    return json_parse_hex(item->valuestring, maximum, value) ||
           json_fail(reader, item,
                     "expected \"0x...\" up to 0x%" PRIx64 ", not \"%s\"",
                     maximum, json_show(item->valuestring).text);
}

bool json_register(struct json_reader *reader, const cJSON *item,
                   uint64_t *value)
{
    return cJSON_IsNumber(item)
               ? json_number(reader, item, PLAIN_NUMBER_MAX, value)
               : json_hex(reader, item, UINT64_MAX, value);
}

bool json_numbers(struct json_reader *reader, const cJSON *item, size_t count,
                  uint64_t maximum, uint64_t *values)
{
    size_t found = 0;
    const cJSON *element;
    if (!json_is_array(reader, item)) {
        return false;
    }
    cJSON_ArrayForEach(element, item)
    {
        if (found == count) {
            found++;
            break;
        }
        size_t outer = item->string != NULL ? json_enter(reader, item)
                                            : reader->path_length;
        (void)json_enter_element(reader, found);
        if (!json_number(reader, element, maximum, &values[found])) {
            return false;
        }
        json_leave(reader, outer);
        found++;
    }
    return found == count ||
           json_fail(reader, item, "expected %zu numbers", count);
}
