#include "el2/machine.h"

uint64_t el2_oracle_unchanged(uint32_t vmid, uint64_t draw, uint64_t current)
{
    (void)vmid;
    (void)draw;
    return current;
}

uint64_t el2_oracle_formula(uint32_t vmid, uint64_t draw, uint64_t current)
{
    (void)current;
    return vmid * UINT64_C(0x9e3779b97f4a7c15) +
           draw * UINT64_C(0xbf58476d1ce4e5b9);
}
