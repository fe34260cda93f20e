/* The specification against the EL2 code: banks, DMA and devices. */
#include "fuzz/target.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    target_start("fuzz_smmu");
    return 0;
}
