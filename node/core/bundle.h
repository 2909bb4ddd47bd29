/*
 * A proof bundle (DESIGN section 3): a C2SP tlog-proof whose `extra` holds header, body and the roster chain. Verified offline with
 * nothing but the roster's fingerprint (or the roster itself). Pure.
 */
#ifndef CORE_BUNDLE_H
#define CORE_BUNDLE_H

#include "core/record.h"
#include "core/roster.h"

struct bundle_parts {
    struct span header, body;                /* body.p NULL: not held */
    uint64_t index;
    const struct checkpoint *checkpoint;
    const char *federation, *origin_line, *origin;
    const struct cosignature *lines;
    size_t lines_n;
    const uint8_t (*path)[HASH_BYTES];
    size_t path_n;
    const struct span *rosters;              /* notes, version 1 first */
    size_t rosters_n;
};
void bundle_write(const struct bundle_parts *parts, struct buf *out);

#define BUNDLE_LINES_MAX LIMIT_COSIG_COUNT
struct bundle_result {
    char origin[LIMIT_NAME_BYTES + 1];
    uint8_t log[LOG_ID_BYTES];
    uint64_t index, size;
    struct span header, body;                /* into ${scratch} */
    unsigned good_n, lost_n;                 /* cosignature lines that verify, that do not */
    char good[BUNDLE_LINES_MAX][LIMIT_NAME_BYTES + 1];
    uint64_t good_time[BUNDLE_LINES_MAX];    /* POSIX seconds */
    char lost[BUNDLE_LINES_MAX][ORIGIN_LINE_MAX];   /* key names as read, printable */
};
/*
 * Verify ${text} against the roster chain inside it, whose first text must hash to ${fingerprint} (32 bytes), or against ${roster} when given.
 * Every byte counts: anything that is not exactly what bundle_write makes is refused, except that a damaged cosignature line is counted in lost_n.
 */
int bundle_verify(struct span text, const struct roster *roster, const uint8_t *fingerprint, struct buf *scratch,
                  struct bundle_result *out, struct why *why);

#endif
