/* The specification against the EL2 code: the whole trap interface. */
#include "fuzz/target.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    target_start("fuzz_hypercalls");
    return 0;
}
