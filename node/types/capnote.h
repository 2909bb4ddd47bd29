/*
 * A CAP 1.2 alert (OASIS, 2010) of a record whose type is another: what a public warning system takes. Each field of the record goes along
 * as a parameter, so that nothing is lost on the way to people.
 */
#ifndef TYPES_CAPNOTE_H
#define TYPES_CAPNOTE_H

#include "types/fieldmap.h"
#include "types/type.h"

struct capnote {
    const char *sender, *identifier; /* characters that CAP forbids in them become `_` */
    struct utc sent;
    const char *note; /* NULL or "": none, as below */
    const char *category, *event;
    const char *response_type;
    const char *urgency, *severity, *certainty;
    struct utc onset, expires; /* zero: not known */
    const char *sender_name, *headline, *description, *instruction, *contact, *web;
    const char *area; /* in words */
    const struct fieldmap *map;
    const ProtobufCMessage *msg; /* whose fields become parameters */
};

/* Append one alert, which is a file of its own: CANNOT_HOLD if ${out} holds one already. 0, or -1 with ${why}. */
int capnote_write(const struct capnote *c, const struct convert *how, struct buf *out, struct why *why);

#endif
