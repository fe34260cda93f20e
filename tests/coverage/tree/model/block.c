/* Part of what tests/coverage-report measures: see pages.c. */
#include "tests/coverage/tree/model/pages.h"

int map_block(void)
{
    return is_block(2);
}
