/* A profile over the records of an input: the pieces of a long message are put together again, so that it sees the whole. */
#ifndef CLI_PROFILE_H
#define CLI_PROFILE_H

#include "base/buf.h"
#include "cli/input.h"
#include "types/registry.h"

struct profile_run {
    const struct profile *profile;
    const struct input *in;    /* of the records */
    char name[INPUT_NAME_MAX]; /* of the one that is put together */
    struct buf text;           /* of the message that is put together */
    uint32_t line;             /* lines of the input before it; UINT32_MAX: it is not the input's own text */
    const uint8_t *counted;    /* lines of the input are counted up to here: ${lines} */
    uint32_t lines;
    uint64_t misses;
    struct buf told; /* for people: `FILE:LINE: KEYWORD: note`, one a line */
    struct buf json; /* the same, members of an array */
};

/* ${profile} NULL: nothing is looked at, and release does nothing harmful. */
void profile_init(struct profile_run *r, const struct profile *profile, const struct input *in);
void profile_release(struct profile_run *r);

void profile_take(struct profile_run *r, const struct type *type, const ProtobufCMessage *msg);
/* After the last record. */
void profile_end(struct profile_run *r);

/* What is missing, a line each, and whether the profile is met. */
void profile_print(const struct profile_run *r);
/* `,"profile":...,"met":...,"missing":[...]` */
void profile_json(const struct profile_run *r, struct buf *out);

#endif
