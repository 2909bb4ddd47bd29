/*
 * Identifiers of one object (docs/objects.md), in canonical form: "norad:25544", "cospar:1998-067A", "neo:99942" (a number), "neo:2004MN4" (a
 * provisional designation), "id:CATALOG/DESIGNATOR" (of an operator's or another catalogue), "name:ISS (ZARYA)". What a record says of
 * who its objects are is a text of groups: identifiers of one object, each with a NUL, and an empty one after the last. Pure.
 */
#ifndef TYPES_ALIAS_H
#define TYPES_ALIAS_H

#include "types/type.h"

#define ALIAS_BYTES      64  /* of an identifier with its NUL, as in struct subject */
#define ALIAS_TEXT_BYTES 512 /* of all groups of a record: two objects with four identifiers each */

/* In the order in which one of them stands for the object. */
enum alias_class {
    ALIAS_NORAD,
    ALIAS_COSPAR,
    ALIAS_NUMBER,      /* of a minor planet */
    ALIAS_PROVISIONAL, /* designation of a minor planet */
    ALIAS_OTHER,       /* of an operator, a comet, a tracklet */
    ALIAS_NAME,        /* weak: it finds objects, and makes no two of them one */
    ALIAS_NONE
};
enum alias_class alias_class(const char *id);

/* First word of a group that is a person's word about two objects (type identity). */
#define ALIAS_MERGE "merge"
#define ALIAS_SPLIT "split"

/* Append one identifier; what is no such identifier (empty, UNKNOWN, ...) is left out. */
void alias_put(struct buf *out, const char *id); /* canonical already */
void alias_put_norad(struct buf *out, struct span number);
void alias_put_cospar(struct buf *out, struct span id);
void alias_put_neo(struct buf *out, struct span designation);
void alias_put_name(struct buf *out, struct span name);
/* A designator in a catalogue by name: SATCAT and CSPOC are the catalogue numbers. */
void alias_put_catalog(struct buf *out, struct span catalog, struct span designator);
void alias_end(struct buf *out); /* of the group */

/* What ${msg} says, in ${out} (emptied first; nothing when the type says nothing). An object that has but a name becomes the object of ${subject}. */
void alias_of(const struct type *type, const ProtobufCMessage *msg, struct subject *subject, struct buf *out);

/* The next identifier of a text of groups: false at the end of a group, and at the end of ${text}. */
bool alias_take(struct span *text, const char **id);

/*
 * A minor planet or comet as MPC, JPL and ESA write it: "99942", "(99942)", "99942 Apophis (2004 MN4)", "2004 MN4", "2004MN4", packed "K04M04N", "J9942" (109942),
 * "~0000" (620000), "2040 P-L". Packed forms: MPC, "Packed Provisional and Permanent Designations"; its extended form ("_...") is not read. False when empty.
 */
bool alias_neo(struct span text, char out[ALIAS_BYTES]);

/*
 * What a person means, canonical: any of the above, 25544, Alpha-5 (A0345: a catalogue number, 100345), 1998-067A, 98067A, 2023 VD3, (99942); what is nothing
 * of these is a name. False when it is empty or too long, or is no identifier of the scheme that stands before it.
 */
bool alias_parse(const char *text, char out[ALIAS_BYTES]);

#endif
