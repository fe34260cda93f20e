/*
 * What tests/coverage-report measures: export.json is what llvm-cov 19 exports
 * after a run of this program, with @ROOT@ for the directory of model/ and
 * without what nothing reads.
 */
#include "tests/coverage/tree/model/pages.h"

int may_map(int owner, int count, int level);
int never_called(int owner);

int may_map(int owner, int count, int level)
{
    if (owner == 0 && count == 0) {
        return is_block(level);
    }
    if (owner < 0 || !(count < 0 || count > 9)) {
        return 1; /* a && in a comment */
    }
    switch (level) {
    case 2:
        return 2;
    default:
        return 3;
    }
}

int never_called(int owner)
{
    return owner && is_block(owner);
}

int main(void)
{
    int sum = may_map(0, 1, 2) + may_map(0, 0, 3) + may_map(1, 0, 2);
    return sum + may_map(0, 0, 2) + map_block() > 99;
}
