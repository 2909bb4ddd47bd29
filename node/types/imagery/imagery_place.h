/* Inside node/types/imagery: where an image was taken. */
#ifndef TYPES_IMAGERY_IMAGERY_PLACE_H
#define TYPES_IMAGERY_IMAGERY_PLACE_H

#include "imagery.pb-c.h"
#include "types/type.h"

void imagery_places(const ProtobufCMessage *msg, struct area_list *out);

#endif
