/* A profile over the records of an input: the pieces of a long message are put together again, so that it sees the whole. */
#ifndef CLI_PROFILE_H
#define CLI_PROFILE_H

#include "base/buf.h"
#include "types/registry.h"

struct profile_run {
    const struct profile *profile;
    const struct type *type;
    struct buf text; /* of the message that is put together */
    uint32_t
        line; /* lines of the input before it; UINT32_MAX: what is looked at is not the input's own text */
    uint32_t lines; /* ... before the next one */
    uint64_t misses;
    struct buf told; /* for people, `LINE: ` and so on, one a line */
    struct buf json; /* the same, members of an array */
};

/* ${profile} NULL: nothing is looked at, and release does nothing harmful. */
void profile_init(struct profile_run *r, const struct profile *profile);
void profile_release(struct profile_run *r);

void profile_take(struct profile_run *r, const struct type *type, const ProtobufCMessage *msg);
/* After the last record. */
void profile_end(struct profile_run *r);

/* What is missing, a line each, and whether the profile is met. */
void profile_print(const struct profile_run *r, const char *file);
/* `,"profile":...,"met":...,"missing":[...]` */
void profile_json(const struct profile_run *r, struct buf *out);

#endif
