/* The specification against its own operations spelled out in primitives. */
#include "fuzz/target.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    target_start("fuzz_primitives");
    return 0;
}
