/*
 * A pool of the EL2 code with fewer tables than the platform gives it, without
 * a hook in that code: its pools are laid out once more, as boot would have.
 */
#ifndef IMPL_HOST_POOL_LIMIT_H
#define IMPL_HOST_POOL_LIMIT_H

#include "el2/machine.h"
#include "impl/el2.h"

/*
 * Let the pool hold `tables` tables, at most as many as it has. No table of
 * the vmid, or of any bank, has been taken since boot. The pools of the levels
 * below move up behind it, because each begins where the one above it ends,
 * and keep their sizes.
 */
void pool_limit(struct el2 *el2, const struct el2_table_pool *pool,
                uint32_t tables);

#endif
