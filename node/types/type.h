/*
 * What a record type is: one folder node/types/<name>/ that ends in `const struct type type_<name>`, and one
 * proto/<name>.proto. Everything here is pure: bytes in, messages out; no I/O, no clock, no globals, no log.
 */
#ifndef TYPES_TYPE_H
#define TYPES_TYPE_H

#include <protobuf-c/protobuf-c.h>
#include "astro/area.h"
#include "astro/sgp4.h"
#include "astro/zone.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/limit.h"
#include "base/utc.h"
#include "base/why.h"
#include "types/event.h"

#define SUBJECT_OBJECT_MAX 2

/* What a record is about. */
struct subject {
    char key[128]; /* same type, origin, mode and key: the newer record replaces the older */
    char object[SUBJECT_OBJECT_MAX]
               [64];  /* canonical ids: "norad:25544", "cospar:1998-067A", "neo:2023 VD3"; "" = none */
    struct utc epoch; /* of the data (orbit epoch, TCA, date of the list); zero if it has none */
};

/* Something accepted although the standard says otherwise, or lost in conversion: shown to the user with its place. */
struct warning {
    uint32_t line, column; /* 1-based; 0 = no place */
    char field[48];
    char note[160];
};

/* Kinds of messages in one input that a reader leaves to others, by the names of their root elements: an <ndm> of several kinds. */
#define FOREIGN_MAX 8
struct foreign {
    char name[FOREIGN_MAX][32];
    uint32_t line[FOREIGN_MAX], column[FOREIGN_MAX]; /* of the first of each */
    size_t n;
};

/* How a reader or writer is asked to work, and where it reports. */
struct convert {
    bool strict; /* to the letter of the standard: every tolerance is a refusal */
    bool alpha5; /* TLE: write numbers 100000..339999 in Alpha-5 */
    int mode;    /* of the record that is written (enum Mode); 0: it is no record of a node */
    struct foreign
        *foreign; /* where to note messages of another kind; NULL: they are told, and refused when strict */
    void (*warn)(void *cookie, const struct warning *w); /* may be NULL */
    void *cookie;
};

/*
 * Called by a reader once a record. ${msg} lives in the reader's arena and is valid for the call only. Returns 0 to
 * go on, -1 to stop (read() then returns -1 with ${why} as the callee set it).
 */
typedef int type_emit_fn(void *cookie, const ProtobufCMessage *msg, struct why *why);

struct reader {
    const char *format; /* the word in CLI, API and golden names: "tle", "omm-kvn" */
    const char *media;  /* "text/x-tle" */
    const char *title;  /* one line for people */
    size_t input_max;   /* bytes; refused before read() is called */
    /* First 4 KiB (or all): 0 no .. 100 sure; never reads further. NULL: only when asked for by name. */
    int (*probe)(struct span head);
    /* All of ${input}, one emit a record. 0, or -1 with ${why} at its line and column. ${a} is cleared between records. */
    int (*read)(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit,
                void *cookie, struct why *why);
};

struct writer {
    const char *format, *media, *title;
    bool lossless; /* read(write(m)) == m but for source: held by tests/conformance */
    /* What goes before the first and after the last record of a file, and between two; may be NULL. */
    void (*begin)(struct buf *out);
    void (*between)(struct buf *out);
    void (*end)(struct buf *out);
    /*
     * Is the record of the form that this writes without loss? Others are refused with CANNOT_HOLD, or made into that form as far as it
     * can say the same, with a warning for each loss. NULL: every record of the type is.
     */
    bool (*fits)(const ProtobufCMessage *msg);
    /* One record. 0, or -1 with ${why} (CANNOT_HOLD names the field). What cannot be carried is a warning each. */
    int (*write)(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why);
};

/* What a profile misses: at a line of the text (1-based; 0: nowhere), a keyword or NULL, and what was expected. */
typedef void profile_miss_fn(void *cookie, uint32_t line, const char *field, const char *note);

/* What a community wants of a message beyond its standard. */
struct profile {
    const char *name;   /* the word in the CLI: "tracss" */
    const char *title;  /* one line for people */
    const char *format; /* of the text that it looks at; a reader and a writer of the type have that word */
    /* ${text}: one whole message that its reader took. */
    void (*check)(struct span text, profile_miss_fn *miss, void *cookie);
};

/* The bytes that a record was read from: ${preamble}, ${original} and ${trailer} together make a file that reads alone. */
struct source {
    struct span format, original, preamble, trailer;
    uint32_t piece; /* of a message that is too long for one record: 1, 2, ...; 0: it is whole */
};

/* A scale that a record states, or that can be worked out from its figures: the one beside the other. */
#define SCALES_MAX 3
struct scale {
    const char *name; /* "Palermo" */
    char stated[24];  /* as the record has it; "": not stated */
    char low
        [24]; /* worked out: from ${low} to ${high}, equal where the figures fix it; "": they do not suffice */
    char high[24];
    bool is_other;    /* stated, and outside that */
    const char *note; /* what is missing, or what the bounds rest on */
};

/*
 * A figure of a record, under the name by which alert rules know it. The name ends with the unit, and the value is in that unit, whatever
 * the unit of the source: NEOCC's metres and Sentry's kilometres are both size_m. What the record does not state is not there at all.
 */
#define FIGURES_MAX 12
enum figure_course { FIGURE_STAYS, FIGURE_FALLS, FIGURE_RISES }; /* as time passes, with the same record */
struct figure {
    const char *name; /* "size_m" */
    double value;
    enum figure_course course;
    char text[96]; /* as the source has it: "46 (diameter_km 0.046)"; never changes with the time */
};

/* Mean elements of a record, for SGP4. */
struct type_sgp4 {
    struct sgp4_elements elements;
    struct utc epoch;
    const char *name; /* of the object, borrowed from the record: "" = not given */
    bool has_bstar;   /* without one it is zero: no drag */
};

/* One position that a record states; velocity where has_velocity. */
struct type_state {
    struct utc at;
    double r_km[3], v_km_s[3];
};

/* States of a record, in order of time, in one frame; what lies between two of them is to be interpolated, what lies outside is not stated. */
struct type_path {
    char frame[24], center[24]; /* as written: "EME2000", "EARTH" */
    struct utc start, stop;     /* within which they may be used */
    unsigned degree; /* of the polynomial to interpolate with, as the record says; 7 where it does not */
    const struct type_state *state;
    size_t n;
};

/* A circle on the surface of a body that a record claims for a time: what two records of a type may have in common (docs/alerts.md). */
#define EXTENT_LABEL_MAX 96
struct type_extent {
    double body_km; /* radius of the sphere */
    struct zone zone;
    bool has_place, has_radius; /* without a radius it is a point */
    bool is_over;               /* the record says so */
    struct utc issued;          /* of what has one label, the record issued last counts */
    char label
        [EXTENT_LABEL_MAX]; /* what it is called, and by whom: "FR-LUNE-2032-02 of CNES"; long ones end in a hash */
    char issuer[EXTENT_LABEL_MAX]; /* cut in the same way */
};

struct type {
    const char *name; /* wire name, topic, API path, CLI noun: [a-z][a-z0-9_]* */
    const char *title;
    uint32_t version;
    size_t body_max; /* bytes, at most LIMIT_BODY_BYTES */
    bool alert;      /* goes to class alert by default */
    const ProtobufCMessageDescriptor *schema;
    int (*check)(const ProtobufCMessage *msg, struct why *why); /* meaning: what every holder may rely on */
    /*
     * check() of a message that one of the readers has just made, without what they have already held each value to; the same answer,
     * sooner. All its strings are in the arena of the reader, but for short words of tables. NULL: check().
     */
    int (*check_read)(const ProtobufCMessage *msg, struct why *why);
    int (*subject)(const ProtobufCMessage *msg, struct subject *out); /* msg passed check(); 0 */
    /* Identifiers of each object of ${msg} that the record states to be of one object: groups (types/alias.h). NULL: the type states none. */
    void (*identity)(const ProtobufCMessage *msg, const struct subject *subject, struct buf *out);
    void (*summary)(const ProtobufCMessage *msg, struct buf *out); /* one line, untrusted text quoted */
    void (*json)(const ProtobufCMessage *msg,
                 struct buf *out); /* canonical: one line, fixed key order, numbers as their source text */
    void (*source)(const ProtobufCMessage *msg, struct source *out); /* spans into ${msg} */
    /* Scales of ${msg} as seen at ${at}, and how many; NULL: the type has none. */
    size_t (*scales)(const ProtobufCMessage *msg, struct utc at, struct scale out[SCALES_MAX]);
    /* Figures of ${msg} as seen at ${at}, and how many; NULL: the type has none. */
    size_t (*figures)(const ProtobufCMessage *msg, struct utc at, struct figure out[FIGURES_MAX]);
    const char *const *figure_names; /* all that there can be, NULL-terminated */
    /*
     * Events that ${msg}, which passed check(), is about, and how many. What it says depends on nothing but ${msg}. NULL: the type has none. A record that is
     * withdrawn (kind CANCEL, RETRACT) says the same: whoever asks knows its kind.
     */
    size_t (*events)(const ProtobufCMessage *msg, struct type_event out[EVENTS_MAX]);
    /*
     * msg passed check(). 0, or -1 with ${why} when SGP4 means nothing for this record: another theory, frame or body, or a time system that
     * cannot be led to UTC. NULL: the type has no mean elements.
     */
    int (*sgp4)(const ProtobufCMessage *msg, struct type_sgp4 *out, struct why *why);
    /* States of ${msg}, in memory of ${a}. 0, or -1 with ${why}: it has none, or not so that they can be used. NULL: the type has none. */
    int (*path)(const ProtobufCMessage *msg, struct arena *a, struct type_path *out, struct why *why);
    /*
     * Between when and when the object comes down, UTC; of one time both are that. false: the record does not say. NULL: no record of the type does. msg passed check().
     */
    bool (*window)(const ProtobufCMessage *msg, struct utc *opens, struct utc *closes);
    /* What it claims; NULL: the type claims none. msg passed check(). */
    void (*extent)(const ProtobufCMessage *msg, struct type_extent *out);
    /* Standard deviation of the position at the epoch, km: root of the sum of the three variances. 0: not stated. NULL: the type has none. */
    double (*sigma_km)(const ProtobufCMessage *msg);
    /* Where on the Earth ${msg}, which passed check(), is about, as far as it says so: added to ${out}. NULL: the type says no places. */
    void (*places)(const ProtobufCMessage *msg, struct area_list *out);
    const struct reader *const *readers; /* NULL-terminated */
    const struct writer *const *writers;
    void (*form)(struct buf *out);         /* a record for a person to fill in; NULL: the type has none */
    void (*json_schema)(struct buf *out);  /* of its JSON; NULL: the format is somebody else's */
    const struct profile *const *profiles; /* NULL-terminated; NULL: the type has none */
    const char *doc;                       /* name of its page in docs/ or its folder */
};

#endif
