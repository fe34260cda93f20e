#include "tools/report_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * The character that begins here and how many bytes it has: 0 when this is no
 * UTF-8 (RFC 3629, section 4), nor shortest form, or a surrogate.
 */
static size_t read_character(const unsigned char *bytes, uint32_t *character)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = bytes[0] < 0x80   ? 1
                    : bytes[0] < 0xc2 ? 0
                    : bytes[0] < 0xe0 ? 2
                    : bytes[0] < 0xf0 ? 3
                    : bytes[0] < 0xf5 ? 4
                                      : 0;
    if (length <= 1) {
        *character = bytes[0];
        return length;
    }
    *character = bytes[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80) {
            return 0;
        }
        *character = (*character << 6) | (bytes[i] & 0x3fu);
    }
    bool is_surrogate = *character >= 0xd800 && *character < 0xe000;
    return *character < least[length] || *character > 0x10ffff || is_surrogate
               ? 0
               : length;
}

struct character_range {
    uint32_t first;
    uint32_t last;
};

/* Whether a reader sees the character, where it stands. */
static bool is_visible(uint32_t character)
{
    static const struct character_range hidden[] = {
        {0x00, 0x1f},       {0x7f, 0x9f},     /* control */
        {0xad, 0xad},       {0x61c, 0x61c},   /* soft hyphen; direction */
        {0x200b, 0x200f},   {0x2028, 0x202e}, /* no width, ends of lines */
        {0x2060, 0x206f},   {0xfe00, 0xfe0f}, /* direction; variants */
        {0xfeff, 0xfeff},   {0xfff0, 0xfffb}, /* byte order mark; specials */
        {0xe0000, 0xe0fff}, {0xfffe, 0xffff}, /* tags; no characters */
    };
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++) {
        if (character >= hidden[i].first && character <= hidden[i].last) {
            return false;
        }
    }
    return true;
}

char *report_readable(const char *bytes)
{
    char *text = malloc(4 * strlen(bytes) + 1);
    char *end = text;
    const unsigned char *at = (const unsigned char *)bytes;
    while (text != NULL && *at != '\0') {
        uint32_t character;
        size_t length = read_character(at, &character);
        bool stands = length > 0 && is_visible(character);
        for (size_t i = 0; i < (length > 0 ? length : 1); i++) {
            end += stands ? snprintf(end, 2, "%c", *at)
                          : snprintf(end, 5, "\\x%02x", *at);
            at++;
        }
    }
    if (text != NULL) {
        *end = '\0';
    }
    return text;
}

/* Characters of a word that no shell looks at. */
static bool is_plain(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || (c != '\0' && strchr("-_./+,:@", c));
}

char *report_shell_word(const char *bytes)
{
    size_t size = 4 * strlen(bytes) + sizeof "$''";
    char *word = malloc(size);
    bool plain = bytes[0] != '\0';
    bool ascii = true;
    for (const char *at = bytes; *at != '\0'; at++) {
        plain &= is_plain((unsigned char)*at);
        ascii &= *at >= ' ' && *at < 0x7f;
    }
    if (word == NULL) {
        return NULL;
    }
    if (plain) {
        return memcpy(word, bytes, strlen(bytes) + 1);
    }
    char *end = word + snprintf(word, size, ascii ? "'" : "$'");
    for (const char *at = bytes; *at != '\0'; at++) {
        unsigned char c = (unsigned char)*at;
        if (ascii) {
            end += snprintf(end, 5, c == '\'' ? "'\\''" : "%c", c);
        } else {
            bool stands = c >= ' ' && c < 0x7f && c != '\'' && c != '\\';
            end += snprintf(end, 5, stands ? "%c" : "\\%03o", c);
        }
    }
    snprintf(end, 2, "'");
    return word;
}

void report_print_json(FILE *stream, const char *json)
{
    for (const char *at = json; *at != '\0'; at++) {
        bool is_line_end = strncmp(at, "\xe2\x80\xa8", 3) == 0 ||
                           strncmp(at, "\xe2\x80\xa9", 3) == 0;
        if (*at == '<' || *at == '>' || *at == '&') {
            fprintf(stream, "\\u%04x", (unsigned)*at);
        } else if (is_line_end) {
            fprintf(stream, "\\u20%02x", (unsigned char)at[2] - 0x80u);
            at += 2;
        } else {
            putc(*at, stream);
        }
    }
}
