/* A roster file: read, kept as bytes and as a value. */
#ifndef CLI_DOCUMENT_H
#define CLI_DOCUMENT_H

#include "cli/args.h"
#include "core/roster.h"

struct document {
    struct buf bytes; /* the note, or a text without signatures */
    struct roster *roster;
    bool is_signed; /* it has signature lines */
};

/* Read ${path}; says what is wrong with its place. EXIT_DONE or EXIT_FAILED; released with document_release
 * in both cases. */
int document_read(struct document *d, const char *path);
void document_release(struct document *d);

/* The chain DIR/roster/000001.note ... of a node, every step checked; ${last} is the newest (roster NULL:
 * there is none). */
int document_chain(const struct args *a, const char *dir, struct document *last);
/* Path of version ${version}: DIR/roster/<version, 6 digits>.note. */
#define DOCUMENT_PATH_MAX 4096
void document_path(const char *dir, uint64_t version, char out[DOCUMENT_PATH_MAX]);

/* Check that ${d} (version 1: ${old} NULL) follows, and carries signatures enough; says what is wrong. */
int document_check(const struct document *d, const char *path, const struct roster *old);

/* --fingerprint: 64 hex digits. 0 and *${given}, or -1 after args_usage. */
int document_fingerprint(const struct args *a, uint8_t out[HASH_BYTES], bool *given);
/* Is ${r} of the federation whose first roster has ${fingerprint}? Of version 1 all of it is compared, later
 * the id, its first half. */
bool document_is_of(const struct roster *r, const uint8_t fingerprint[HASH_BYTES]);
/* What it is, for people. */
void document_print(const struct document *d);
bool document_is_expired(const struct roster *r);

#endif
