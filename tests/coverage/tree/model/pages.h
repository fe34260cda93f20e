/* Part of what tests/coverage-report measures: see pages.c. */
#ifndef TESTS_COVERAGE_PAGES_H
#define TESTS_COVERAGE_PAGES_H

int map_block(void);

static inline int is_block(int level)
{
    if (level == 2 || level == 1) {
        return 1;
    }
    return 0;
}

#endif
