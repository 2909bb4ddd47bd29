/* An input that no reader knows: what a person would say that it is. Pure. */
#ifndef TYPES_STRANGER_H
#define TYPES_STRANGER_H

#include "base/span.h"
#include "base/why.h"

/* ${head}: the first bytes of the input, all of it if it is short. Returns -1 with ${why}, always. */
int stranger_refuse(struct span head, struct why *why);

#endif
