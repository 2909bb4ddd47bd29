/* Inside node/types/neo_observation: the elements of ADES, and the making of a record. */
#ifndef TYPES_NEO_OBSERVATION_MAP_H
#define TYPES_NEO_OBSERVATION_MAP_H

#include "neo_observation.pb-c.h"
#include "types/fill.h"

struct neo_observation_row {
    struct field field;
    uint16_t max;        /* characters; 0: as any text */
    unsigned char kinds; /* a bit each: optical, offset, occultation, radar */
    unsigned char mark;  /* what the rules between elements know it by; 0: they do not ask for it */
};

#define NEO_OBSERVATION_ROWS_MAX 128

/* 0 optical, 1 offset, 2 occultation, 3 radar; -1: none. */
int neo_observation_kind(struct span name);
/* Row of an element; -1: unknown. */
int neo_observation_row(struct span name);
const struct neo_observation_row *neo_observation_at(size_t row); /* NULL behind the last */
/* May a context hold ${child} in ${parent} (NULL: a value of its own)? */
bool neo_observation_in_context(const char *parent, const char *child);
bool neo_observation_is_parent(struct span name);
/* Does ADES take field ${i} of ${o}? A magnitude without a band, of an old plate, it does not. */
bool neo_observation_in_ades(const Parallax__V1__NeoObservation *o, size_t i);
/* "" if it is not given. */
const char *neo_observation_get(const Parallax__V1__NeoObservation *o, const char *name);

/* 0, or -1 with ${why} at ${line}, ${column}. */
int neo_observation_check_value(size_t row, int kind, struct span value, struct why *why, uint32_t line,
                                uint32_t column);
int neo_observation_check(const Parallax__V1__NeoObservation *o, struct why *why);
/* The same of a message that neo_observation_build_end() has just made: its values and its context have been looked at. */
int neo_observation_check_read(const Parallax__V1__NeoObservation *o, struct why *why);

/* One observation while it is read; its context is that of the block. */
struct neo_observation_build {
    const char *format;
    struct fill fill; /* for tolerances and copies: its map is not used */
    int kind;
    char version[8];
    struct buf context; /* of the block: name NUL value NUL, one after the other */
    Parallax__V1__NeoObservation *msg;
    Parallax__V1__Keyword *at[NEO_OBSERVATION_ROWS_MAX]; /* by row, where ${given} has its bit */
    uint64_t given[NEO_OBSERVATION_ROWS_MAX / 64];
    struct place start;
    type_emit_fn *emit;
    void *cookie;
};

void neo_observation_build_init(struct neo_observation_build *b, const char *format,
                                const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
                                struct why *why);
void neo_observation_build_release(struct neo_observation_build *b);
/* All of these: 0, or -1 with why. */
int neo_observation_build_version(struct neo_observation_build *b, struct span version, struct place at);
void neo_observation_build_block(struct neo_observation_build *b); /* a new context */
int neo_observation_build_context(struct neo_observation_build *b, struct span parent, struct span child,
                                  struct span value, struct place at);
/* What a context lacks of what is mandatory. */
int neo_observation_build_context_end(struct neo_observation_build *b, struct place at);
int neo_observation_build_begin(struct neo_observation_build *b, int kind, struct place at);
int neo_observation_build_field(struct neo_observation_build *b, struct span name, struct span value,
                                struct place at, struct place value_at);
/* The same with the row known; -1: none. */
int neo_observation_build_row(struct neo_observation_build *b, int row, struct span name, struct span value,
                              struct place at, struct place value_at);
int neo_observation_build_end(struct neo_observation_build *b, struct span preamble, struct span original,
                              struct span trailer);

extern const struct reader neo_observation_ades_xml_reader, neo_observation_ades_psv_reader;
extern const struct writer neo_observation_ades_xml_writer, neo_observation_ades_psv_writer;

#endif
