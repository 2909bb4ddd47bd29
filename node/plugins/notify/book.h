/*
 * The alerts that are not done with, and how far each recipient is with each. On disk before anything is acknowledged, so that escalation and
 * quiet hours go on after a restart. One thread.
 */
#ifndef PLUGINS_NOTIFY_BOOK_H
#define PLUGINS_NOTIFY_BOOK_H

#include "plugins/flight.h"
#include "plugins/notify/config.h"
#include "plugins/notify/item.h"

#define BOOK_PAGES_MAX 512 /* alerts at a time: 8 MiB */
#define BOOK_PATH      "notify.state"

enum book_state {
    BOOK_WAITING,
    BOOK_SENDING,
    BOOK_TOLD,
    BOOK_OVER /* given up, or no longer to be told */
};

struct book_step {
    enum book_state state;
    int64_t first_s; /* POSIX: when it was first tried; 0 = not yet */
    int64_t next_s;  /* not before */
    int tries;
};

struct book_page {
    bool used;
    bool fresh; /* the node has not been told that it is in good hands */
    bool received;
    bool replaced; /* by a later word on the same: nobody is told of it again */
    int64_t arrived_s;
    struct flight_slot *slot; /* of its record; NULL: it came in an earlier life */
    struct item item;
    struct book_step step[CONFIG_RECIPIENTS_MAX];
};

struct book {
    const struct config *config;
    bool dirty; /* differs from what is on disk */
    uint64_t
        last; /* up to here the node was told, of the store ${incarnation}: what comes again is passed over */
    char incarnation[LINE_INCARNATION_MAX];
    struct book_page page[BOOK_PAGES_MAX];
};

/* Read BOOK_PATH of the working folder. 0 (also when there is none), or -1 with errno: it is there and cannot be read. */
int book_load(struct book *b);
/* On disk when it returns. 0, or -1 with errno. */
int book_store(struct book *b);

/* Take ${item} of the record in ${slot}. 0, or -1: no room, and nothing that could be dropped. What it replaces is over. */
int book_add(struct book *b, const struct item *item, struct flight_slot *slot, int64_t now_s);
/* A person has seen what ${r} names. How many alerts. */
size_t book_receive(struct book *b, const struct line_record *r);

/* The alerts of one mode that recipient ${i} may be told of now, the oldest first, at most ${max}. How many. */
size_t book_due(const struct book *b, size_t i, int64_t now_s, struct book_page **out, size_t max);

/* Recipient ${i} was told of ${p}, or not: it is tried again with growing pauses, at least ${retry_s}, until its time is over. */
void book_told(struct book *b, struct book_page *p, size_t i);
void book_failed(struct book *b, struct book_page *p, size_t i, int64_t now_s, int64_t retry_s);

/* Mark the slots of records that need nothing more from the node, and forget what is done with. Is any alert left? */
bool book_settle(struct book *b, int64_t now_s);

#endif
