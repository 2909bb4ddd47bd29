/* A good message, spoilt in one place after the other: the type's check refuses each. */
#ifndef CONFORMANCE_SPOIL_H
#define CONFORMANCE_SPOIL_H

#include "types/type.h"

/* ${root}, of the golden ${name}, is as it was afterwards. Fails the running test otherwise. */
void spoil_all(const char *name, const struct type *type, ProtobufCMessage *root);

#endif
