/* The roster chain of a node on disk: DIR/roster/000001.note and on, each following from the one before. */
#ifndef DAEMON_CHAIN_H
#define DAEMON_CHAIN_H

#include "base/buf.h"
#include "core/roster.h"

#define CHAIN_NOTES_MAX 4096 /* versions of one federation's roster */

struct chain {
    struct buf *note; /* version i + 1 */
    size_t n;
    struct roster *roster; /* the newest; NULL when there is none */
};

/*
 * Read and verify the chain in ${folder}. 0, or -1 with ${why}; ${file} (at least 512 bytes) names the note
 * that failed. No notes at all is an error.
 */
int chain_load(struct chain *c, const char *folder, char *file, size_t file_n, struct why *why);
void chain_release(struct chain *c);

#endif
