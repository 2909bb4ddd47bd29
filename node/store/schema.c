#include "store/schema.h"

#include <stddef.h>

/*
 * A leaf is one integer, log.no << 40 | index; a batch is known by its first leaf. Nothing here has a row a
 * record: records lie in the blobs of their batch. Random keys stand only in tables that stay small or grow
 * with what this node itself publishes (subject, object, published).
 */
static const char STEP_1[] =
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;"
    "INSERT INTO meta VALUES ('incarnation', randomblob(16));"

    "CREATE TABLE log ("
    "    no           INTEGER PRIMARY KEY,"
    "    id           BLOB NOT NULL UNIQUE,"
    "    origin       TEXT NOT NULL,"
    "    audience     TEXT NOT NULL,"
    "    class        TEXT NOT NULL,"
    "    own          INTEGER NOT NULL,"
    "    closed       INTEGER NOT NULL,"
    "    frozen       INTEGER NOT NULL,"
    "    head         BLOB NOT NULL," /* see store_log.c; empty = none */
    "    heartbeat    BLOB NOT NULL,"
    "    cosignatures BLOB NOT NULL,"
    "    witnessed    INTEGER NOT NULL"
    ") STRICT;"

    /* What moves with every batch, apart from the wide rows of log. */
    "CREATE TABLE extent ("
    "    log          INTEGER PRIMARY KEY,"
    "    size         INTEGER NOT NULL,"
    "    bytes        INTEGER NOT NULL,"
    "    quarantined  INTEGER NOT NULL"
    ") STRICT;"

    /* Batches as received, never changed. Blobs: see pack.c. */
    "CREATE TABLE batch ("
    "    id           INTEGER PRIMARY KEY," /* first leaf */
    "    count        INTEGER NOT NULL,"
    "    bytes        INTEGER NOT NULL," /* of headers and bodies, without our own framing */
    "    received_ms  INTEGER NOT NULL,"
    "    headers      BLOB NOT NULL,"
    "    bodies       BLOB NOT NULL"
    ") STRICT;"

    /* The signed head that proves a batch; missing for own batches that are not signed yet. */
    "CREATE TABLE anchor ("
    "    id           INTEGER PRIMARY KEY," /* batch.id */
    "    delivery     INTEGER NOT NULL,"    /* of its first record */
    "    size         INTEGER NOT NULL,"
    "    root         BLOB NOT NULL,"
    "    signature    BLOB NOT NULL,"
    "    key_id       BLOB NOT NULL,"
    "    proof        BLOB NOT NULL" /* hashes, one after the other */
    ") STRICT;"

    /* Roots of complete subtrees: log << 40 | level / 8 - 1 << 38 | index. */
    "CREATE TABLE node (id INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;"

    /* Delivery numbers [first, first + count) are the leaves from leaf on. */
    "CREATE TABLE delivery ("
    "    first        INTEGER PRIMARY KEY,"
    "    leaf         INTEGER NOT NULL,"
    "    count        INTEGER NOT NULL"
    ") STRICT;"

    /* Ranges: see store_published.c. */
    "CREATE TABLE published ("
    "    key          BLOB NOT NULL,"
    "    part         INTEGER NOT NULL,"
    "    ranges       BLOB NOT NULL,"
    "    PRIMARY KEY (key, part)"
    ") STRICT, WITHOUT ROWID;"

    /*
     * The picture. newest holds what every record moves, thin and packed, many subjects in a row (store_newest.c); subject says what they are about and where
     * in newest they are. The order of its key is the canonical order.
     */
    "CREATE TABLE newest (id INTEGER PRIMARY KEY, slots BLOB NOT NULL) STRICT;"
    "CREATE TABLE subject ("
    "    type         TEXT NOT NULL,"
    "    mode         INTEGER NOT NULL,"
    "    key          TEXT NOT NULL,"
    "    origin       TEXT NOT NULL,"
    "    slot         INTEGER NOT NULL,"
    "    object_a     TEXT NOT NULL,"
    "    object_b     TEXT NOT NULL,"
    "    PRIMARY KEY (type, mode, key, origin)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE object ("
    "    object       TEXT NOT NULL,"
    "    type         TEXT NOT NULL,"
    "    mode         INTEGER NOT NULL,"
    "    key          TEXT NOT NULL,"
    "    origin       TEXT NOT NULL,"
    "    PRIMARY KEY (object, type, mode, key, origin)"
    ") STRICT, WITHOUT ROWID;"

    /* What own records that are not signed yet will do to the picture: see store_pending.c. */
    "CREATE TABLE pending (no INTEGER PRIMARY KEY, subjects BLOB NOT NULL) STRICT;"

    /* Minimum and maximum epoch of each type in each run of LIMIT_SEGMENT_COUNT delivery numbers. */
    "CREATE TABLE segment ("
    "    no           INTEGER NOT NULL,"
    "    type         TEXT NOT NULL,"
    "    epoch_min    INTEGER NOT NULL,"
    "    epoch_max    INTEGER NOT NULL,"
    "    PRIMARY KEY (no, type)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE quarantine ("
    "    no           INTEGER PRIMARY KEY,"
    "    leaf         INTEGER NOT NULL,"
    "    why          INTEGER NOT NULL,"
    "    note         TEXT NOT NULL"
    ") STRICT;";

static const char STEP_2[] =
    /* Own records that are to be revealed at a time. */
    "CREATE TABLE hold (leaf INTEGER PRIMARY KEY, until INTEGER NOT NULL) STRICT;"
    "CREATE INDEX hold_until ON hold (until);"
    /* REVEAL records, and what they open; done: 1 = it did, 2 = it opens nothing. */
    "CREATE TABLE reveal ("
    "    leaf         INTEGER PRIMARY KEY,"
    "    log          BLOB NOT NULL,"
    "    idx          INTEGER NOT NULL,"
    "    done         INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX reveal_record ON reveal (log, idx);"
    "CREATE INDEX reveal_open ON reveal (leaf) WHERE done = 0;";

static const char STEP_3[] =
    /* Records that are looked at once more, and why: enum store_again. */
    "CREATE TABLE again (leaf INTEGER PRIMARY KEY, reason INTEGER NOT NULL) STRICT;"
    "CREATE INDEX quarantine_leaf ON quarantine (leaf);";

static const char STEP_4[] =
    /* Of a log that contradicts itself: 1, or 2 while the picture is brought in line; leaves that both stories have. */
    "ALTER TABLE log ADD COLUMN disputed INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE log ADD COLUMN common INTEGER NOT NULL DEFAULT 0;"
    "UPDATE log SET disputed = 2 WHERE frozen AND EXISTS (SELECT 1 FROM meta WHERE name = 'fork:' || "
    "lower(hex(log.id)));";

static const char STEP_5[] =
    /*
     * Events (store_event.c). member has a row for each visible record of a type that has events; the others are made from it. closes 2^63 - 1: no time ends
     * it. state: 1 it says that it is over, 2 it is withdrawn, 4 it speaks about an event. record: log id and index, to order what is as old.
     */
    "CREATE TABLE member ("
    "    mode         INTEGER NOT NULL,"
    "    kind         TEXT NOT NULL,"
    "    scope        TEXT NOT NULL,"
    "    at           INTEGER NOT NULL,"
    "    leaf         INTEGER NOT NULL,"
    "    origin       TEXT NOT NULL,"
    "    voice        TEXT NOT NULL,"
    "    issued       INTEGER NOT NULL,"
    "    created      INTEGER NOT NULL,"
    "    closes       INTEGER NOT NULL,"
    "    state        INTEGER NOT NULL,"
    "    record       BLOB NOT NULL,"
    "    PRIMARY KEY (mode, kind, scope, at, record)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX member_leaf ON member (leaf);"
    "CREATE INDEX member_stale ON member (leaf) WHERE state >= 8;" /* of before a rebuild, not met again yet */
    /* Members that follow each other no further apart than the window of their kind. first_*: the one that was created first names it. */
    "CREATE TABLE event ("
    "    mode         INTEGER NOT NULL,"
    "    kind         TEXT NOT NULL,"
    "    scope        TEXT NOT NULL,"
    "    lo           INTEGER NOT NULL,"
    "    hi           INTEGER NOT NULL,"
    "    count        INTEGER NOT NULL,"
    "    closes       INTEGER NOT NULL," /* the latest of any member */
    "    first_at     INTEGER NOT NULL,"
    "    first_created INTEGER NOT NULL,"
    "    first_record BLOB NOT NULL,"
    "    PRIMARY KEY (mode, kind, scope, lo)"
    ") STRICT, WITHOUT ROWID;"
    /* The member of each origin and voice in an event that was issued last. */
    "CREATE TABLE standing ("
    "    mode         INTEGER NOT NULL,"
    "    kind         TEXT NOT NULL,"
    "    scope        TEXT NOT NULL,"
    "    at           INTEGER NOT NULL,"
    "    origin       TEXT NOT NULL,"
    "    voice        TEXT NOT NULL,"
    "    leaf         INTEGER NOT NULL,"
    "    issued       INTEGER NOT NULL,"
    "    created      INTEGER NOT NULL,"
    "    closes       INTEGER NOT NULL,"
    "    state        INTEGER NOT NULL,"
    "    record       BLOB NOT NULL,"
    "    PRIMARY KEY (mode, kind, scope, at, origin, voice)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX standing_voice ON standing (mode, kind, scope, origin, voice, at);"
    /* Which scopes name an object. */
    "CREATE TABLE scope_object ("
    "    object       TEXT NOT NULL,"
    "    mode         INTEGER NOT NULL,"
    "    kind         TEXT NOT NULL,"
    "    scope        TEXT NOT NULL,"
    "    PRIMARY KEY (object, mode, kind, scope)"
    ") STRICT, WITHOUT ROWID;"
    /* Of what is held already, the core makes it: store_picture.c. */
    "INSERT INTO meta SELECT 'rebuild', x'01' WHERE EXISTS (SELECT 1 FROM batch);";

static const char STEP_6[] =
    /* What the newest record of a subject says of who its objects are: groups of identifiers (types/alias.h). */
    "ALTER TABLE subject ADD COLUMN identity BLOB NOT NULL DEFAULT x'';"
    /*
     * The same, to be found by identifier: how many subjects of the picture say so. relation: enum store_relation; partner '' = it stands alone. Bounded by what is
     * in the picture, and one row however many records repeat it.
     */
    "CREATE TABLE alias ("
    "    mode         INTEGER NOT NULL,"
    "    id           TEXT NOT NULL,"
    "    relation     INTEGER NOT NULL,"
    "    origin       TEXT NOT NULL,"
    "    partner      TEXT NOT NULL,"
    "    count        INTEGER NOT NULL,"
    "    PRIMARY KEY (mode, id, relation, origin, partner)"
    ") STRICT, WITHOUT ROWID;"
    /* Changes of it that wait: many at once would hold up what brings them (store_alias.c). */
    "CREATE TABLE alias_due (no INTEGER PRIMARY KEY, changes BLOB NOT NULL) STRICT;"
    /* Subjects that an older release stored are read once more (daemon/core_fill.c). */
    "INSERT INTO meta SELECT 'aliases_missing', x'01' WHERE EXISTS (SELECT 1 FROM subject);";

static const char STEP_7[] =
    /* Batches that held leaves above the end that the roster names for their log, as they came, with the head that proved them; skip: leaves at their front that stayed. */
    "CREATE TABLE aside ("
    "    no           INTEGER PRIMARY KEY,"
    "    log          BLOB NOT NULL,"
    "    first        INTEGER NOT NULL,"
    "    count        INTEGER NOT NULL,"
    "    skip         INTEGER NOT NULL,"
    "    received_ms  INTEGER NOT NULL,"
    "    headers      BLOB NOT NULL,"
    "    bodies       BLOB NOT NULL,"
    "    size         INTEGER," /* the head; NULL: never signed */
    "    root         BLOB,"
    "    signature    BLOB,"
    "    key_id       BLOB,"
    "    proof        BLOB"
    ") STRICT;"
    "CREATE INDEX aside_log ON aside (log, first);";

const char *const schema_steps[] = {STEP_1, STEP_2, STEP_3, STEP_4, STEP_5, STEP_6, STEP_7, NULL};

int
schema_version(void)
{
    return (int)(sizeof schema_steps / sizeof schema_steps[0]) - 1;
}
