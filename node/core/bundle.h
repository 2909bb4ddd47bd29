/*
 * A proof bundle (DESIGN section 3): a C2SP tlog-proof whose `extra` holds header, body and the roster chain (proto/proof.proto). Verified
 * offline with nothing but the roster's fingerprint (or the roster itself). Pure.
 */
#ifndef CORE_BUNDLE_H
#define CORE_BUNDLE_H

#include "core/record.h"
#include "core/roster.h"

#define BUNDLE_MAGIC "c2sp.org/tlog-proof@v1" /* first line (C2SP tlog-proof) */

struct bundle_parts {
    struct span header, body; /* body.p NULL: not held */
    uint64_t index;
    const struct checkpoint *checkpoint;
    const char *federation, *origin_line, *origin;
    const struct cosignature *lines;
    size_t lines_n;
    const uint8_t (*path)[HASH_BYTES];
    size_t path_n;
    const struct span *rosters; /* notes, version 1 first */
    size_t rosters_n;
    struct span key; /* of a sealed record, to show what it holds; empty: it stays closed */
};
/*
 * Append the bundle. Roster notes lose the signature lines that roster_normal() does not keep: nothing in the file is left unchecked. buf_failed(${out}) tells
 * when it did not fit.
 */
void bundle_write(const struct bundle_parts *parts, struct buf *out);

#define BUNDLE_LINES_MAX LIMIT_COSIG_COUNT
struct bundle_result {
    char origin[LIMIT_NAME_BYTES + 1];
    uint8_t log[LOG_ID_BYTES];
    uint64_t index, size;
    struct span header, body; /* into ${scratch}; body.p NULL: not held */
    struct span
        plain; /* into ${scratch}: what a sealed body holds, by the key in the proof; p NULL: no key */
    bool origin_removed;     /* the roster lists the origin as removed: the caller decides what that means */
    uint64_t roster_version; /* of the roster that the keys were taken from */
    unsigned good_n, lost_n; /* cosignature lines that verify, that do not */
    char good[BUNDLE_LINES_MAX][LIMIT_NAME_BYTES + 1]; /* each member once */
    uint64_t good_time[BUNDLE_LINES_MAX];              /* POSIX seconds */
    char lost[BUNDLE_LINES_MAX][ORIGIN_LINE_MAX];      /* the first so many: key names as read, printable */
};
/*
 * Verify ${text} against the roster chain inside it, whose first text must hash to ${fingerprint} (32 bytes), or against ${roster} when given (then the
 * chain inside, if any, must be of its federation and agree with it, and ${fingerprint} may be NULL).
 * Every byte counts: anything that is not exactly what bundle_write makes is refused, except that a damaged cosignature line is counted in lost_n.
 * ${text} is at most LIMIT_PROOF_BYTES; ${scratch} takes LIMIT_HEADER_BYTES + 2 * LIMIT_BODY_BYTES at most and is cleared first. 0 or -1 with ${why}.
 */
int bundle_verify(struct span text, const struct roster *roster, const uint8_t *fingerprint,
                  struct buf *scratch, struct bundle_result *out, struct why *why);

#endif
