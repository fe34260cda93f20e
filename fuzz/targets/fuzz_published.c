/* The published atomic texts against the published primitives, which are
 * known to disagree (semantics.md section 10, E1 and E2). */
#include "fuzz/target.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    target_start("fuzz_published");
    return 0;
}
