/* Which other events claim what an event claims: zones that overlap in place and time (docs/event-picture.md). */
#ifndef CLI_EVENT_OVERLAP_H
#define CLI_EVENT_OVERLAP_H

#include "cli/client.h"
#include "types/type.h"

/* A claim of a record that stands. */
struct event_claim {
    const struct type *type;
    struct type_extent extent;
};

struct event_overlap {
    char event[EVENT_ID_MAX];       /* of the other */
    char who[LIMIT_NAME_BYTES + 1]; /* its origin */
    char label[EXTENT_LABEL_MAX];
    char text[96]; /* "by 16.968 km, 2032-09-14T00:00Z to 2032-10-02T00:00Z" */
};

#define EVENT_OVERLAPS_MAX 100 /* shown of one event */

struct event_overlaps {
    struct event_overlap of[EVENT_OVERLAPS_MAX];
    size_t n;
    bool is_cut;
};

/*
 * Records of ${mode} that the node holds and that overlap one of ${n} claims, in the order of their events; not those of ${own}, the event itself. EXIT_DONE, or the exit code
 * after saying what is wrong.
 */
int event_overlap_ask(struct client *c, const struct event_claim *claim, size_t n, const char *own,
                      Parallax__V1__Mode mode, struct event_overlaps *out);

#endif
