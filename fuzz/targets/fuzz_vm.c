/* The specification against the EL2 code: the life of a VM. */
#include "fuzz/target.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    target_start("fuzz_vm");
    return 0;
}
