/* What the files of the core share; nobody else includes it. */
#ifndef CORE_NODE_INTERNAL_H
#define CORE_NODE_INTERNAL_H

#include "core/node.h"
#include "core/record.h"
#include "core/release.h"
#include "core/tree.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "types/registry.h"

#define SESSION_BYTES   8
#define REJECT_ROWS_MAX 512
#define STALL_MS        10000 /* a source that sends nothing for so long while more is signed is left */
#define HEAD_EVERY_MS   1000  /* heads of one log to one peer, bulk lane */
#define IDLE_SEND_MS    15000 /* an empty HEADS when nothing else was sent for so long */
#define HELLO_EVERY_MS  1000  /* greetings on one dialled link */
#define STALE_MS        90000 /* DESIGN section 1.4 */
#define CLOCK_JUMP_MS   60000 /* DESIGN section 3, "suspect" */
#define CLOCK_MAX_MS                                                                                         \
    ((int64_t)1 << 52) /* of a time that a peer tells: far beyond any real one, far from any overflow */
#define CHANGES_MAX     8
#define AUDIENCE_LEAVES 16 /* at the front of a log: descriptor and KEYS */
#define REVEALING_MAX   64
#define ALERT_GUARD_MS  5000 /* how long an alert waits for the boot guard */

enum link_state { LINK_NEW, LINK_GREETED, LINK_OPEN };

/* What we know of one log at one peer's session. */
struct peer_log {
    uint64_t head_version; /* of struct track that was sent last; 0 = none */
    int64_t head_ms;
    bool serving;  /* the peer opened it */
    uint64_t next; /* leaf to send next */
};

/* A connection and, once both sides greeted, the session on it. */
struct link {
    uint32_t id;
    int member;              /* index in the roster */
    const char *peer;        /* roster's copy of the name */
    Parallax__V1__Lane lane; /* 0 until greeted, when the peer dialled */
    bool dialled, surplus;   /* surplus: another session of this peer and lane is used */
    enum link_state state;
    uint8_t mine[SESSION_BYTES], theirs[SESSION_BYTES];
    int64_t up_ms, heard_ms, said_ms, hello_ms;
    uint64_t received, granted, window, grown_at; /* towards us, bytes */
    uint64_t sent, limit;                         /* from us, bytes */
    bool heads_sent;                              /* the first HEADS after HELLO, complete */
    struct peer_log *log;                         /* by track index */
    size_t log_n;
    size_t pump_next;
    /* rosters: what the peer said it holds, whether we asked, how many notes may still come */
    uint64_t roster_version;
    bool roster_asked;
    bool roster_differs; /* the peer holds another one of our version */
    unsigned roster_left;
    int64_t roster_ask_ms, roster_given_ms;
    /* closed logs: how far we have asked, and how we answer */
    bool closed_asked, closed_any, closed_done;
    unsigned closed_tries;
    uint8_t closed_after[LOG_ID_BYTES];
    int64_t closed_ms, closed_given_ms;
    unsigned proofs_n, forks_n; /* answered, looked at since proofs_ms */
    int64_t greeted_ms, cosigns_ms;
    unsigned greeted_n, cosigns_n; /* since then */
    int64_t proofs_ms;
    unsigned gets_n; /* answered since gets_ms */
    int64_t gets_ms;
};

enum own_state {
    OWN_NONE,       /* another origin's */
    OWN_LISTING,    /* waiting for the signer's list */
    OWN_GUARD,      /* waiting for the peers' heads */
    OWN_RECOVERING, /* a peer holds more */
    OWN_OPEN,
    OWN_ENDED /* continued by another log, or cannot be */
};

/* A publish request whose records wait for a batch or for its signature. */
struct request {
    uint64_t token;
    uint8_t key[64];
    size_t key_n;
    uint32_t part, count;
    uint64_t first; /* once in a batch */
    bool placed;
    int64_t queued_ms;
    size_t bytes;
    struct pending *records;
    struct request *next;
};

/* One record that was checked and has its header. */
struct pending {
    struct buf header, body;
    struct buf
        plain; /* of a sealed body, until it is in a batch: it may have to be sealed again for another log */
    struct subject subject;
    struct buf identity;
    bool visible;
    const struct type *type; /* NULL: DESCRIPTOR, CLOSE, REVEAL, KEYS */
    uint8_t mode, kind, sealing;
    int64_t embargo_until; /* utc_sort_key(); with sealing EMBARGO */
    bool reveals;          /* kind REVEAL, of: */
    uint8_t reveal_log[LOG_ID_BYTES];
    uint64_t reveal_index;
    int64_t created;           /* utc_sort_key() */
    struct type_event *events; /* NULL: none */
    size_t events_n;
};

/* One log. */
struct track {
    struct store_log row;
    struct tree tree; /* at row.size */
    uint64_t ready; /* leaves that the view can give now: what earlier steps asked to store is carried out */
    size_t index;   /* in node.track */
    Parallax__V1__Lane lane;
    uint64_t version;                    /* counts changes of head, heartbeat, cosignatures */
    int64_t heartbeat_ms;                /* monotonic, when it came */
    int64_t heads_ms;                    /* monotonic */
    uint8_t heads_n[LIMIT_MEMBER_COUNT]; /* by member: heads verified since then */
    unsigned acks_left; /* acknowledgements to repeat: one may be lost with a connection that is given up */
    int64_t ack_ms;
    uint32_t source; /* link it is read from, 0 = none */
    int64_t progress_ms;
    uint64_t stored[LIMIT_MEMBER_COUNT], offered[LIMIT_MEMBER_COUNT];
    int64_t stored_ms[LIMIT_MEMBER_COUNT]; /* wall clock, when that last grew */
    int64_t
        closed_ms[LIMIT_MEMBER_COUNT]; /* wall clock, when a peer said that it takes no more; 0: it did not */
    uint16_t closed_why[LIMIT_MEMBER_COUNT];
    uint64_t told; /* members who told us a head of it, a bit each: they may hear what we know of its heads */
    uint64_t quarantined;
    bool old;                /* whoever told of it says that it has ended */
    bool advanced;           /* since the last commit */
    uint64_t heartbeat_time; /* POSIX seconds of the newest verified one */
    bool caught_up, stale_said, witness_busy, row_dirty;
    int64_t witness_ms;
    struct checkpoint checked; /* last anchor whose signature was verified */
    struct checkpoint agreed;  /* last head below what we hold that our leaves lead to */
    struct {                   /* fork.c: a proof that was asked for */
        bool busy;
        uint32_t link;
        struct checkpoint older; /* that the answer may contradict */
        uint64_t old_size;
        int64_t ms;
    } ask;
    struct bisect *bisect; /* bisect.c: the question is one of several; NULL = it is not */
    /* a log that contradicts itself */
    int64_t probe_ms; /* when somebody was asked last where the stories part */
    size_t probe_turn;
    uint32_t strayed; /* link that told another story than ours, and when; 0 = none */
    int64_t strayed_ms;
    bool refill_begun;                 /* the picture is brought in line: late.c */
    size_t refill_log;                 /* index in node.track */
    uint64_t refill_at;                /* leaf of that log */
    const struct roster_recovery *end; /* where the roster ends it; NULL = nowhere */
    /* named audiences: audience.c */
    bool described; /* its descriptor was read */
    bool hinted;    /* a later log names it in its KEYS: it was asked for again */
    bool continues; /* another log: */
    uint8_t predecessor[LOG_ID_BYTES];
    bool outdated; /* wrapped for a key that its reader does not list any more */
    bool has_key;  /* wrapped for this node: */
    uint8_t wrapped[SEAL_WRAPPED_BYTES];
    uint64_t rescan; /* leaves below this were stored before the key came: opened from rescanned on */
    uint64_t rescanned;
    /* own logs */
    bool closing;                    /* CLOSE is, or will be, its last leaf */
    uint8_t successor[LOG_ID_BYTES]; /* of one that closes */
    bool changes;                    /* the successor has these readers, not its own */
    uint64_t next_readers, next_carriers, next_granted;
    enum own_state own;
    struct event_signed signer; /* what the signer signed last; size 0 = nothing */
    uint64_t anchored;          /* leaves in batches that have their signature */
    bool signing;               /* a batch is stored or being signed */
    bool sign_sent;
    int64_t heartbeat_sent_ms;
    struct request *queue, **queue_end;   /* not in a batch yet */
    struct request *placed, **placed_end; /* in a batch, not signed yet */
    size_t queue_bytes;
};

struct node {
    struct node_conf conf;
    const struct roster *roster;
    struct roster *next_roster; /* adopted: the next start has it; NULL = none */
    bool roster_contested, roster_removed;
    int me; /* member index */
    int64_t mono, wall, clock_base, start_mono;
    bool started, clock_suspect, disk_low, listed, hold_bulk;
    uint64_t random_n;
    struct track **track;
    size_t track_n;
    struct link **link;
    size_t link_n;
    uint64_t pool;                          /* bulk windows given out, bytes */
    bool heads_done[3][LIMIT_MEMBER_COUNT]; /* by lane: the peer told all its heads since our start */
    struct {
        uint64_t held[3]; /* bytes of its logs, by lane */
        bool full[3];     /* over its quota */
        int64_t
            clock_base; /* its wall clock less our monotonic one, when it greeted last, or as a signed time says; 0 = neither */
        int64_t last_frame_ms; /* wall */
        int64_t roster_ask_ms; /* monotonic; 0 = never */
        int64_t refused_ms;    /* monotonic */
        unsigned refused_n;    /* frames since then */
        uint64_t in, out;
    } peer[LIMIT_MEMBER_COUNT];
    struct node_reject_row {
        uint32_t why;
        int member; /* -1 = local */
        uint64_t count;
        char note[160];
    } reject[REJECT_ROWS_MAX];
    size_t reject_n;
    uint32_t next_no;
    uint8_t wrap_key[LIMIT_WRAP_KEY_COUNT][32]; /* what we open with, the present one first */
    size_t wraps;                               /* 0: not known yet */
    int64_t wraps_ms;                           /* when the keys were asked for; 0 = never */
    bool audience_dirty; /* a descriptor came: keys that are handed on may be of a log that is held now */
    struct change {      /* of an audience, until its new logs are signed */
        uint64_t token;
        char name[LIMIT_NAME_BYTES + 1];
    } change[CHANGES_MAX];
    size_t change_n;
    struct {
        uint32_t log;
        uint64_t index;
        int64_t ms;
    } revealing[REVEALING_MAX]; /* lately asked to be revealed */
    size_t revealing_next, fetch_turn;
    bool rebuild;        /* the picture is made from the logs: rebuild.c */
    size_t rebuild_log;  /* index in node.track */
    uint64_t rebuild_at; /* leaf of that log */
    uint64_t refilled;   /* leaf up to which the last piece of a refill was looked at */
    struct buf opened;   /* bodies of the batch that is looked at */
    struct span plain[LIMIT_BATCH_COUNT];
    struct why plain_why[LIMIT_BATCH_COUNT];
    struct sealer_item items[LIMIT_BATCH_COUNT];
    struct actions *out; /* of the running step */
    struct arena frame_arena, body_arena;
    struct store_record records[LIMIT_BATCH_COUNT]; /* scratch: a batch read or made */
    ProtobufCBinaryData headers[LIMIT_BATCH_COUNT];
    Parallax__V1__Body bodies[LIMIT_BATCH_COUNT];
    Parallax__V1__Body *bodies_p[LIMIT_BATCH_COUNT];
};

/* action.c */
struct action *action_add(struct node *n, enum action_kind kind);
void *action_memory(struct node *n, size_t bytes); /* zeroed; lives until the actions are cleared */
void action_event(struct node *n, enum log_event event, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
const struct store_log *action_row_copy(struct node *n, const struct track *t);
void action_row(struct node *n, struct track *t); /* ACTION_LOG_PUT with a copy of the row */

/* node.c */
struct track *node_track(struct node *n, const uint8_t log[LOG_ID_BYTES]);
struct track *node_track_add(struct node *n, const struct store_log *row);
struct link *node_link(struct node *n, uint32_t id);
void node_random(struct node *n, uint8_t *out, size_t bytes);
/* Count a refusal and log it. ${member} -1 = local. */
void node_count_reject(struct node *n, int member, const struct why *why);
int node_member_index(const struct node *n, const char *name); /* -1 if not listed */

int node_rebuild_tree(struct node *n, struct track *t); /* from the store, to row.size; -1: our disk failed */
/* Root of leaves [lo, hi) of a log, and a consistency proof, from the store. */
int node_range_root(struct node *n, const struct track *t, uint64_t lo, uint64_t hi, uint8_t out[HASH_BYTES]);
int node_prove_consistency(struct node *n, const struct track *t, uint64_t old_size, uint64_t new_size,
                           uint8_t (*proof)[HASH_BYTES]);

/* session.c */
void session_link_up(struct node *n, const struct event *e);
void session_link_down(struct node *n, uint32_t id, const char *why);
void session_frame(struct node *n, const struct event *e);
void session_tick(struct node *n);
void session_committed(struct node *n); /* give credit back */
bool session_may_send(const struct link *l);
/* Fill the session in, pack, send. DATA, HEADS and GONE count against credit. */
void session_send(struct node *n, struct link *l, Parallax__V1__Frame *frame);
struct link *session_of(struct node *n, int member,
                        Parallax__V1__Lane lane); /* the open one that is used; NULL */
struct peer_log *session_log(struct link *l, const struct track *t);

/* heads.c */
void heads_receive(struct node *n, struct link *l, const Parallax__V1__Heads *heads, struct why *why);
void heads_cosign(struct node *n, struct link *l, const Parallax__V1__Cosign *c, struct why *why);
void heads_push(struct node *n); /* what changed, to whom it may go, within credit */
void heads_changed(struct node *n, struct track *t);
void heads_tick(struct node *n); /* witness duty, staleness */
void heads_witnessed(struct node *n, const struct event *e);
void heads_adopt(struct node *n, struct track *t, const struct checkpoint *c); /* a newer verified head */
/* Is ${c} signed by a key of ${origin}? Remembers the last one that was. -1 with why. */
int heads_verify(struct node *n, struct track *t, const char *origin, const struct checkpoint *c,
                 struct why *why);
void heads_witness_alerts(struct node *n);
/* A log that nobody told of before, within the limits; NULL with why. */
struct track *heads_discover(struct node *n, struct link *l, const char *origin, const struct checkpoint *c,
                             bool closed, struct why *why);
Parallax__V1__Head *heads_put(struct node *n,
                              const struct track *t); /* lives until the actions are cleared */

/* bisect.c */
struct evidence;
/* Ask ${l} where its story of ${t} and ours part, if they do: fork_common() hears of it. */
void bisect_begin(struct node *n, struct track *t, struct link *l);
/* A checked answer: in->newer is the head of ${l}, in->path leads to it from in->prefix_root at the size that was asked for. */
void bisect_answer(struct node *n, struct track *t, struct link *l, const struct evidence *in);
void bisect_late(struct node *n, struct track *t); /* no answer came */
void bisect_end(struct track *t);

/* dispute.c */
bool dispute_has(const struct track *t, uint64_t index); /* is that leaf kept aside? */
/* Is more to be read of a log that contradicts itself: its common part, or alerts? */
bool dispute_wants(const struct node *n, const struct track *t);
uint64_t dispute_served(const struct track *t); /* leaves below this are served, of any log */
int dispute_evidence(struct node *n, const struct track *t, struct evidence *e);
/* May the frame be looked at? The common part comes under the older head of the evidence, and ends with it. */
bool dispute_fits(struct node *n, const struct track *t, const Parallax__V1__Data *d,
                  const struct checkpoint *anchor);
/* Prove ${size}, in the common part, under the older head, which goes to ${anchor}, with no leaf above the common part. Number of hashes, or -1. */
int dispute_prove(struct node *n, const struct track *t, uint64_t size, struct checkpoint *anchor,
                  uint8_t (*proof)[HASH_BYTES]);
/* From now on it contradicts itself, or more of it is in common. */
void dispute_begin(struct node *n, struct track *t, const struct evidence *e);

/* recover.c */
/* Where the roster ends a log of ${origin}; NULL: nowhere. */
const struct roster_recovery *recover_end(const struct node *n, const char *origin,
                                          const uint8_t log[LOG_ID_BYTES]);
void recover_start(struct node *n); /* what the roster says of the logs that are held */
void recover_own(struct node *n);   /* our logs that it ended go on in new ones */
/* A log that it ends was heard of. */
void recover_discovered(struct track *t);
/* May the head be looked at? One at which the roster ends its log takes the form in which it is kept. */
bool recover_admits(const struct node *n, const struct track *t, const char *origin, struct checkpoint *c);
/* Does ${l} hold an older roster, by which it would not know what ours ends, or shuts out? */
bool recover_hides(const struct node *n, const struct link *l, const struct track *t);
/* A batch does not lead to that head: is it our leaves that do not? True when that was asked. */
bool recover_doubt(struct node *n, struct track *t, struct link *l);
/* The answer, checked. -1: our leaves are right, and whoever sent the batch is to blame. */
int recover_answer(struct node *n, struct track *t, const struct evidence *e);

/* fork.c */
/* The newest signed head whose leaves we hold to its end; size 0: none. */
struct checkpoint fork_held_head(struct node *n, const struct track *t);
void fork_ask(struct node *n, struct link *l, struct track *t, uint64_t old_size, uint64_t new_size);
/* ${e} shows, with ${l}'s answers, what both stories have in common. */
void fork_common(struct node *n, struct track *t, struct link *l, const struct evidence *e);
/* Two signed heads of one size. ${l} told the second. */
void fork_same_size(struct node *n, struct track *t, struct link *l, const struct checkpoint *a,
                    const struct checkpoint *b);
/* A head that our signer never made, under our key: what follows from it is not known yet. */
void fork_forged(struct node *n, struct track *t, struct link *l);
/* Does the verified head ${c}, below what we hold, contradict it? Then it is kept and told. */
bool fork_older(struct node *n, struct track *t, struct link *l, const struct checkpoint *c);
/* A batch that does not lead to its well-signed anchor: true when the proof was asked for, or is here already. */
bool fork_suspect(struct node *n, struct track *t, struct link *l, const struct checkpoint *anchor);
void fork_proof(struct node *n, struct link *l, const Parallax__V1__Proof *p);
void fork_proof_answer(struct node *n, struct link *l, const Parallax__V1__ProofAnswer *a, struct why *why);
void fork_told(struct node *n, struct link *l, const Parallax__V1__Fork *in, struct why *why);
void fork_greeted(struct node *n, struct link *l);
/* ${l} told a verified head of ${t}. */
void fork_heard(struct node *n, struct link *l, struct track *t);
void fork_tick(struct node *n);

/* closed.c */
void closed_answered(struct node *n, struct link *l, const Parallax__V1__Heads *heads);
void closed_asked(struct node *n, struct link *l, const Parallax__V1__HeadsRequest *in);
void closed_tick(struct node *n);

/* adopt.c */
void adopt_greeted(struct node *n, struct link *l, const Parallax__V1__Hello *h);
void adopt_roster(struct node *n, struct link *l, const Parallax__V1__Roster *r, struct why *why);
void adopt_tick(struct node *n);

/* serve.c */
void serve_open(struct node *n, struct link *l, const Parallax__V1__Open *o);
void serve_close(struct node *n, struct link *l, const Parallax__V1__Close *c);
bool serve_pump(struct node *n, size_t frames_max); /* true: there is more to send now */

/* follow.c */
/* Where its first leaf is not held, nothing but who tells of a log says which lane it goes on: another lane is tried when the source does not serve, and at once where
 * the origin says so. */
void follow_lane(struct node *n, struct track *t, const struct link *l);
void follow_choose(struct node *n, struct track *t); /* pick or keep a source */
void follow_data(struct node *n, struct link *l, const Parallax__V1__Data *d, struct why *why);
void follow_tick(struct node *n);
void follow_lost(struct node *n, uint32_t link);
void follow_disk(struct node *n);
void follow_committed(struct node *n); /* ACK stored */

/* audience.c */
/* The lists, the key and the predecessor that a descriptor names; narrows who may hold the earlier logs of its series. */
void audience_described(struct node *n, struct track *t, const Parallax__V1__Descriptor *d);
/* Body of a KEYS leaf directly behind the descriptor of ${t}. */
void audience_keys(struct node *n, struct track *t, struct span body);
/* A descriptor that was read and is not kept: nobody learns of the log from us. */
void audience_forget(struct track *t);
void audience_load(struct node *n); /* the first leaves of all named logs, from the store */
void audience_tick(struct node *n);
/* What a log's lists are made of. */
struct audience_lists {
    uint64_t readers, carriers, granted; /* members, a bit each */
};
/* Fill ${d} with lists and wrapped keys; memory is of the step. -1: the keys cannot be had now. */
int audience_describe(struct node *n, const struct audience_lists *lists, Parallax__V1__Descriptor *d);
/* KEYS leaves of ${t} for the granted among its readers: earlier logs of its series. */
void audience_hand_on(struct node *n, struct track *t, uint64_t granted);

/* audience_change.c */
void audience_take(struct node *n, const struct audience_change *c);
bool audience_exists(const struct node *n, const char *name); /* of this node's own */
void audience_settle(
    struct node *n); /* own logs that were closed are continued; whoever asked for it is answered */

/* node_sealed.c */
/* Seal ${plain} for the log ${t}; -1 with why (STARTING: ask again). */
int node_sealed_make(struct node *n, const struct track *t, bool embargo, const uint8_t salt[16],
                     struct span plain, struct buf *out, uint8_t commitment[32], struct why *why);
/* Open the bodies of a batch as far as this node can: n->plain[i], n->plain_why[i]. -1: nobody is there to open them. */
int node_sealed_open(struct node *n, struct track *t, const struct span *headers, const struct span *bodies,
                     size_t count);
bool node_is_named(const struct track *t);

/* late.c */
/* What a batch of ${t} says of the picture, below leaf ${end}, once more: n->refilled moves behind it unless it is to be asked for again. */
void late_refill(struct node *n, struct track *t, const struct store_batch *b, uint64_t end);
void late_tick(struct node *n);
/* A body of a record that is held without: believed like any other from here on. ${header} and ${body} are copied. */
void late_body(struct node *n, struct track *t, uint64_t index, struct span header, struct span body);
/* Nobody has the body any more: its origin said so. */
void late_gone(struct node *n, struct track *t, uint64_t index, struct span header);

/* fetch.c */
void fetch_ask(struct node *n, struct track *t, uint64_t index);
void fetch_asked(struct node *n, struct link *l, const Parallax__V1__Get *g);
void fetch_answered(struct node *n, struct link *l, const Parallax__V1__Data *d, struct why *why);
void fetch_gone(struct node *n, struct link *l, const Parallax__V1__Gone *g);

/* quota.c */
void quota_count(struct node *n, const struct track *t, uint64_t bytes);
bool quota_is_full(const struct node *n, const struct track *t);
/* Would ${bytes} more of this log pass its origin's quota? Then nothing more is taken, loudly. */
bool quota_pass(struct node *n, const struct track *t, uint64_t bytes);
void quota_tick(struct node *n);

/* road.c: from the header on, the same for local and foreign records */
struct road_result {
    struct store_record record;
    struct why why; /* WHY_NONE: believed */
    bool visible;   /* has a subject */
    const struct type *type;
    struct subject subject;
    struct span identity; /* groups of types/alias.h; lives as long as the actions */
    uint8_t mode, kind;
    int64_t created;
    struct type_event *events; /* NULL: none, as of most types */
    size_t events_n;
    int64_t embargo_until; /* own, sealed under embargo; 0 = not */
    bool reveals;          /* kind REVEAL, of: */
    uint8_t reveal_log[LOG_ID_BYTES];
    uint64_t reveal_index;
};
/* ${plain}: what a sealed body holds; NULL when it was not opened. ${sealed_why}: why not, code NONE when that is as it should be. */
void road_check(struct node *n, const struct track *t, struct span header, struct span body, int body_state,
                const struct span *plain, const struct why *sealed_why, struct road_result *out);
/* What a believed record does to the picture; points into ${r}. */
void road_subject(struct node *n, struct store_subject *s, const struct track *t, const struct road_result *r,
                  uint64_t index);
/* Leaf 0: fill audience, class and lists of ${t}. -1 with why (DESCRIPTOR_BAD). */
int road_descriptor(struct node *n, struct track *t, struct span header, struct span body, struct why *why);
/* A log's tree with leaves behind what the log holds: looked at before they are taken. */
struct road_growth {
    struct tree tree;
    struct store_node *nodes; /* subtrees that became complete */
    size_t nodes_n;
};
void road_grow_begin(struct node *n, const struct track *t, size_t leaves_max, struct road_growth *g);
void road_grow(struct road_growth *g, struct span header);
/* Put a batch with its results and its leaves: advances tree and row. ${why_n} quarantines were counted by the caller. */
void road_store(struct node *n, struct track *t, const struct road_result *results, size_t count,
                const struct road_growth *growth, const struct checkpoint *anchor,
                const uint8_t (*proof)[HASH_BYTES], size_t proof_n);

/* rebuild.c */
void rebuild_begin(struct node *n);
void rebuild_tick(struct node *n);
bool rebuild_status(const struct node *n, uint64_t *done, uint64_t *total); /* as node_rebuilding() */

/* own.c */
void own_start(struct node *n);
void own_listed(struct node *n, const struct event *e);
void own_signed(struct node *n, const struct event *e);
void own_sign_refused(struct node *n, const struct event *e);
void own_committed(struct node *n);
void own_tick(struct node *n);
void own_guard_check(struct node *n); /* a peer told all its heads, or time passed */
void own_recovered(struct node *n, struct track *t);
/* Somebody signs for us, or our key signed twice: the log ends here, another one goes on. */
void own_forged(struct node *n, struct track *t);
struct track *own_log(struct node *n, const char *audience, const char *class_name);
bool own_is_continued(const struct node *n,
                      const struct track *t); /* a later log of ours that is known names it as ended */
/* A log that goes on where ${old} ended; ${old} NULL: the first of its series. NULL: its key cannot be had now. */
struct track *own_create(struct node *n, const char *audience, const char *class_name, struct track *old,
                         const struct audience_lists *lists);

/* publish.c */
void publish_take(struct node *n, const struct publish *p);
void publish_batch(struct node *n,
                   struct track *t); /* make the next batch of what waits, if none is under way */
void publish_signed(struct node *n, struct track *t); /* answer what the new head covers */
void publish_drop(struct node *n, struct track *t, const struct why *why);
void publish_move(struct node *n, struct track *from, struct track *to);
/* A record of no type; sealed where the log is of a named audience and ${seal}. -1: not now. */
int publish_own_record(struct node *n, struct track *t, int kind, int mode, struct span body, bool seal);

#endif
