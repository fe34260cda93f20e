#include "el2/machine.h"

uint64_t el2_oracle_bytes(const struct el2_draw *draw)
{
    switch (draw->reason) {
    case EL2_DRAW_ENCRYPTED:
        return el2_platform_encrypt(draw->word);
    case EL2_DRAW_DECRYPTED:
        return el2_platform_decrypt(draw->word);
    case EL2_DRAW_HANDED_OVER:
    case EL2_DRAW_UNSHARED:
        break;
    }
    return draw->word;
}

uint64_t el2_oracle_formula(const struct el2_draw *draw)
{
    return draw->vmid * UINT64_C(0x9e3779b97f4a7c15) +
           draw->number * UINT64_C(0xbf58476d1ce4e5b9);
}
