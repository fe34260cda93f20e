/*
 * The page of tools/report/ in two parts: everything before the JSON that it
 * draws, and everything after it. cmake/report_page.cmake joins them.
 */
#ifndef TOOLS_REPORT_PAGE_H
#define TOOLS_REPORT_PAGE_H

#include <stddef.h>

struct report_page {
    const unsigned char *head;
    size_t head_size;
    const unsigned char *tail;
    size_t tail_size;
};

extern const struct report_page report_page;

#endif
