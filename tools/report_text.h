/*
 * Text that comes from outside, such as the names of files, made fit to be
 * read, to be pasted into a shell, and to stand in a page.
 */
#ifndef TOOLS_REPORT_TEXT_H
#define TOOLS_REPORT_TEXT_H

#include <stdbool.h>
#include <stdio.h>

/*
 * The bytes as one line of UTF-8 that looks like what it is: a byte that is no
 * UTF-8, and each byte of a character that is invisible, ends a line or turns
 * the direction of text, is \xNN. The caller frees it; NULL when there is not
 * enough memory.
 */
char *report_readable(const char *bytes);

/*
 * A word of bash that means these bytes, as ASCII: itself, or quoted where it
 * has to be. The caller frees it; NULL when there is not enough memory.
 */
char *report_shell_word(const char *bytes);

/*
 * JSON as it may stand inside <script>: nothing in it ends the element, starts
 * a comment, or ends a line of JavaScript. Errors are the stream's.
 */
void report_print_json(FILE *stream, const char *json);

#endif
