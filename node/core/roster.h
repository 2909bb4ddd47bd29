/*
 * The membership document (DESIGN section 6): a signed note whose text is YAML. Pure: text in, struct or reason out.
 * docs/evidence.md shows one.
 */
#ifndef CORE_ROSTER_H
#define CORE_ROSTER_H

#include "core/checkpoint.h"
#include "base/utc.h"
#include "base/why.h"

struct roster_key {
    uint8_t key[SIG_KEY_BYTES];
    uint8_t id
        [KEY_ID_BYTES]; /* C2SP key id of witness and steward keys; a log key's depends on the log: roster_log_key() */
    uint8_t proof[SIG_BYTES]; /* of possession; log and witness keys */
    bool revoked;             /* log and witness keys: what it signs is worth nothing any more */
};

struct roster_keys {
    unsigned n;
    struct roster_key key[LIMIT_KEY_COUNT];
};

struct roster_member {
    char name[LIMIT_NAME_BYTES + 1];
    char country[3]; /* the first two letters of the name */
    char agency[128];
    char source_class[16]; /* government, commercial, academic, international */
    char contact[128];
    char endpoint[128]; /* "tcp://host:port" that others dial; "" = dials out only */
    struct roster_keys log, witness, transport, wrap;
    bool removed;
};

struct roster_steward {
    char name[LIMIT_NAME_BYTES + 1];
    struct roster_key key; /* note key name: "<federation id>/steward/<name>" */
};

/* Where a log ends, by the word of the stewards: nothing of it above that head is accepted, and that head needs no other signature. */
struct roster_recovery {
    char origin[LIMIT_NAME_BYTES + 1];
    uint8_t log[LOG_ID_BYTES];
    uint64_t size; /* from 1 */
    uint8_t root[HASH_BYTES];
    bool goes_on; /* with a log that is signed with: */
    uint8_t key[SIG_KEY_BYTES];
};

struct roster {
    char title[128];     /* federation, in words */
    char federation[33]; /* id: 32 hex digits, prefix of the hash of the first roster's text */
    uint64_t version;    /* from 1 */
    struct utc expires;
    uint8_t previous[HASH_BYTES]; /* hash of the previous text; zero in version 1 */
    uint8_t hash[HASH_BYTES];     /* SHA-256 of this text */
    unsigned members_n;
    struct roster_member member[LIMIT_MEMBER_COUNT];
    unsigned stewards_n;
    struct roster_steward steward[LIMIT_MEMBER_COUNT];
    unsigned threshold; /* stewards whose signatures make a roster valid */
    unsigned faulty;    /* stewards that may be faulty: floor((n - 1) / 3) unless the text says `faulty:` */
    unsigned recoveries_n;
    struct roster_recovery recovery[LIMIT_RECOVERY_COUNT];
};

/* A struct roster takes about 300 KiB: not for the stack. Zeroed; aborts without memory. */
struct roster *roster_new(void);
void roster_free(struct roster *r);

/*
 * Read one note. Checks shape, values, names, that no key occurs twice, that public keys are valid points, proofs of possession, threshold arithmetic.
 * The federation id is computed in version 1 and stated (`federation_id:`) in later ones; roster_check() ties them. Signatures are not checked.
 * 0 or -1 with ${why} at its line: ROSTER_SHAPE, ROSTER_VALUE or NO_MEMORY.
 */
int roster_parse(struct span note, struct roster *out, struct why *why);
/* The same for a text without signature lines: a draft, or the text of a note. */
int roster_parse_text(struct span text, struct roster *out, struct why *why);
/* Cut ${bytes}, a note or a text without signature lines, into the two; ${lines} may be empty. Checks nothing. */
void roster_split(struct span bytes, struct span *text, struct span *lines);

/* Key name of a steward: "<federation id>/steward/<name>", in version 1 too: the id is of the text, the name is not in it. */
void roster_steward_name(const char *federation, const char *name, char out[ORIGIN_LINE_MAX]);

/*
 * Valid signatures: each steward of ${by} counted once. ${note} is the whole note. 0 when a line of any of them is bad (C2SP signed-note). Ask this with the
 * roster in force before roster_parse() reads what a peer sent: it costs one verification a line, that hundreds.
 */
unsigned roster_signatures(struct span note, const struct roster *by);

/*
 * Does ${note}, parsed as ${r}, follow from ${old} (NULL: it is version 1 and must carry its own threshold of stewards)? Version exactly +1, the federation
 * id, the hash of the previous text, every recovery and revoked key of the old one, a threshold of the old stewards and of the new. 0 or -1 with ${why} (ROSTER_CHAIN, ROSTER_THRESHOLD).
 */
int roster_check(struct span note, const struct roster *r, const struct roster *old, struct why *why);

/*
 * Append ${note} with only the lines of stewards of ${r} and ${old} (may be NULL) that verify, each once, in their order: the form in which a bundle
 * carries it. 0, or -1 when it is no note.
 */
int roster_normal(struct span note, const struct roster *r, const struct roster *old, struct buf *out);

const struct roster_member *
roster_member(const struct roster *r, const char *name); /* NULL if not listed; removed ones are returned */
const struct roster_member *roster_member_by_transport(const struct roster *r,
                                                       const uint8_t key[32]); /* removed ones too */
bool roster_is_current(const struct roster *r, const char *name);
/* Keys that ${member} may sign heads with; NULL when ${key_id} fits none. A removed member's are returned: the caller decides. */
const struct roster_key *roster_log_key(const struct roster *r, const char *node,
                                        const uint8_t log[LOG_ID_BYTES], const uint8_t key_id[KEY_ID_BYTES]);
const struct roster_key *roster_witness_key(const struct roster *r, const char *node,
                                            const uint8_t key_id[KEY_ID_BYTES]);

/* Where ${log} ends; NULL: nowhere. */
const struct roster_recovery *roster_recovery(const struct roster *r, const uint8_t log[LOG_ID_BYTES]);
/* Is ${c} the head at which the roster ends a log of ${origin}? */
bool roster_vouches(const struct roster *r, const char *origin, const struct checkpoint *c);
/* Is nothing more accepted under the key ${key_id} of ${origin} but heads that the roster names: the key is revoked, or the member removed? */
bool roster_is_shut(const struct roster *r, const char *origin, const uint8_t log[LOG_ID_BYTES],
                    const uint8_t key_id[KEY_ID_BYTES]);

/* The writing half (roster_write.c): what the CLI makes rosters with. */

/* The text of ${r}, as roster_parse_text() reads it. Ids and hash are not used. */
void roster_write(const struct roster *r, struct buf *out);
/* What a proof of possession signs, for ${kind} "log" or "witness". */
void roster_proof_text(const char *member, const char *kind, const uint8_t key[SIG_KEY_BYTES],
                       struct buf *out);
/* Public half and proof of possession of ${secret}. */
void roster_key_make(const char *member, const char *kind, const struct secret *secret,
                     struct roster_key *out);
/*
 * Append ${note} (a note, or a text without lines yet) with one more line, by ${steward}. The text must parse; a steward who is listed in it must be listed with
 * this key unless the text is of a later version (the steward may be of the roster before). 0 or -1 with ${why}.
 */
int roster_add_signature(struct span note, const char *steward, const struct secret *secret, struct buf *out,
                         struct why *why);

#endif
