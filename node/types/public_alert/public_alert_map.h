/* Inside node/types/public_alert: what stands in which element, and the rules of it. */
#ifndef TYPES_PUBLIC_ALERT_PUBLIC_ALERT_MAP_H
#define TYPES_PUBLIC_ALERT_PUBLIC_ALERT_MAP_H

#include "public_alert.pb-c.h"
#include "syntax/xml.h"
#include "types/fill.h"

enum slot_kind {
    SLOT_TEXT,
    SLOT_WORD,
    SLOT_TIME,
    SLOT_POLYGON,
    SLOT_CIRCLE,
    SLOT_NUMBER,
    SLOT_NAME,
    SLOT_PART
};

/* One element: in the order of the schema. */
struct slot {
    const char *name; /* "msgType" */
    enum slot_kind kind;
    bool must;
    size_t offset, count; /* of the member; count 0: not repeated */
    const char *words;    /* of SLOT_WORD: "Alert|Update|..." */
    const struct part *part;
};

struct part {
    const ProtobufCMessageDescriptor *schema;
    const struct slot *slot;
    size_t slots;
};

extern const struct part public_alert_part;
extern const struct fieldmap public_alert_map; /* where the source stands, nothing more */

/* A CAP time: YYYY-MM-DDThh:mm:ss and an offset; 0 or -1. ${zulu}: it ends in Z, which CAP forbids. */
int public_alert_time(struct span text, struct utc *out, bool *zulu);
/* What holds for one value, not empty. 0 or -1 with why, without a place. */
int public_alert_check_value(const struct slot *s, struct span value, struct why *why);
/* Everything that holds for ${msg}. 0 or -1 with why. */
int public_alert_check(const Parallax__V1__PublicAlert *msg, struct why *why);

#define PUBLIC_ALERT_DEPTH 5

/* One <alert> while it is read. */
struct public_alert_reading {
    struct fill fill;
    struct span input;
    type_emit_fn *emit;
    void *cookie;
    const struct part *part[PUBLIC_ALERT_DEPTH]; /* by depth: what is open */
    ProtobufCMessage *msg[PUBLIC_ALERT_DEPTH];
    const struct slot *last[PUBLIC_ALERT_DEPTH]; /* by depth of the parent: its child before */
    const struct slot *leaf;                     /* an element of text that is open */
    struct place leaf_at;
    unsigned skip; /* depth + 1 of an element that is passed over: the signature, what is not known */
    bool is_entry; /* it stands in a feed, whose reader tells of it when its entry ends */
    size_t start, end;
};

/* An event of it: its own element has depth 0. struct public_alert_reading is the cookie. */
int public_alert_on_event(void *cookie, const struct xml_event *e, struct why *why);
/* The element, and a line end. 0, or -1 with ${why}. */
int public_alert_write(const Parallax__V1__PublicAlert *a, struct buf *out, struct why *why);

extern const struct reader public_alert_cap_reader, public_alert_atom_reader;
extern const struct writer public_alert_cap_writer, public_alert_atom_writer;
void public_alert_json(const ProtobufCMessage *msg, struct buf *out);

#endif
