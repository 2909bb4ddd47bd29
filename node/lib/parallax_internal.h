/* What the files of the library share; nobody else includes it. */
#ifndef LIB_PARALLAX_INTERNAL_H
#define LIB_PARALLAX_INTERNAL_H

#include "lib/parallax.h"

#include <pthread.h>
#include <stdbool.h>

#include "core/row.h"
#include "plug/cursor.h"
#include "plug/feed.h"

/* A connection to the api socket of a node, made when it is needed and again after a loss. Its owner's lock is held. */
struct parallax_link {
    int dir; /* the node's directory */
    struct feed feed;
};

struct parallax {
    pthread_mutex_t lock;
    struct parallax_link link;
};

struct parallax_record {
    Parallax__V1__RecordRow *row; /* owned, or NULL: then it is ${own} */
    Parallax__V1__RecordRow own;  /* of a proof: what it points to is in ${bytes} */
    Parallax__V1__RecordId id;
    struct buf bytes;
    struct row opened;
    uint8_t incarnation[CURSOR_INCARNATION_BYTES];
    bool has_incarnation;
    struct buf json;
};

/* parallax.c */
/* What parallax_error() says; the ${result}. */
int parallax_say(int result, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int parallax_say_why(const struct why *why);
/* Called first by every exported function that can fail. */
void parallax_begin(void);

/* parallax_link.c */
/* The same node, another connection. */
int parallax_link_open(struct parallax_link *l, int dir);
void parallax_link_close(struct parallax_link *l);
/*
 * Ask, and ask again while the node starts or was lost, for at most ${ms}; an answer that is on its way is waited for somewhat longer. *${answer} is freed with
 * parallax__v1__answer__free_unpacked().
 */
int parallax_link_ask(struct parallax_link *l, Parallax__V1__Request *request,
                      Parallax__V1__Answer__WhatCase what, int64_t ms, Parallax__V1__Answer **answer);

/* parallax_record.c */
/* Takes *${row} and nulls it. */
parallax_record *parallax_record_new(Parallax__V1__RecordRow **row, ProtobufCBinaryData incarnation);
/* Copies what it is given. */
parallax_record *parallax_record_of_proof(const char *origin, const uint8_t log[LOG_ID_BYTES], uint64_t index,
                                          struct span header, struct span body, struct span plain);

#endif
