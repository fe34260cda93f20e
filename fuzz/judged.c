#include "el2/judged.h"

const char *const el2_invariant_names[EL2_INVARIANT_COUNT] = {
    [EL2_INVARIANT_SPT_CONS] = "spt_cons",
    [EL2_INVARIANT_HOST_NPT_CONS] = "host_npt_cons",
    [EL2_INVARIANT_HOST_FLATMAP] = "host_flatmap",
    [EL2_INVARIANT_HOST_S2_MAP] = "host_s2_map",
    [EL2_INVARIANT_PAGE_0_INVALID] = "page_0_invalid",
    [EL2_INVARIANT_HOST_ISO] = "host_iso",
    [EL2_INVARIANT_VM_ISO] = "vm_iso",
    [EL2_INVARIANT_SMMU_VM] = "smmu_vm",
    [EL2_INVARIANT_SMMU_ISO] = "smmu_iso",
    [EL2_INVARIANT_SMMU_COUNT] = "smmu_count",
};
