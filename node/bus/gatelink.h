/*
 * What core and gate say to each other on a UNIX stream socket: u32 little-endian length (of all that follows
 * it), u8 kind, u32 little-endian link id, payload. Every message belongs to a lane; within a lane the order
 * is kept, and an alert message overtakes bulk ones that are still queued here. Non-blocking, for a poll
 * loop; one thread owns a struct gatelink.
 *
 * A link is one connection to a peer. Its id is new with every UP and is never used again by that gate. What
 * may still arrive for a link after its DOWN is to be ignored; SEND and DROP of a link that is no more are
 * ignored by the gate.
 */
#ifndef BUS_GATELINK_H
#define BUS_GATELINK_H

#include "base/buf.h"
#include "base/limit.h"
#include "base/why.h"

#define GATELINK_HEAD_BYTES   9
#define GATELINK_PAYLOAD_MAX  LIMIT_FRAME_BYTES
#define GATELINK_KEY_BYTES    32
#define GATELINK_ENDPOINT_MAX 128 /* with NUL */

enum gatelink_kind {
    GATELINK_UP = 1, /* gate -> core: a link is usable; struct gatelink_up */
    GATELINK_FRAME,  /* gate -> core: one frame came in; payload: its bytes, 1..LIMIT_FRAME_BYTES */
    GATELINK_DOWN,   /* gate -> core: the link is no more; payload: a word that says why, for the log */
    GATELINK_SEND,   /* core -> gate: send one frame; payload: its bytes */
    GATELINK_DROP,   /* core -> gate: end the link (DOWN follows); a dialled one is dialled again until UNDIAL
                      */
    GATELINK_DIAL,   /* core -> gate: keep a connection to a peer of PEERS; struct gatelink_dial, link id 0 */
    GATELINK_UNDIAL, /* core -> gate: give that up (DOWN follows if the link was up) */
    GATELINK_PEERS, /* core -> gate: who may connect, first message and at every change; struct gatelink_peers
                     */
    GATELINK_LANE,  /* core -> gate: the lane of an accepted link, once its HELLO told it; payload: u8 lane */
    GATELINK_REFUSED, /* gate -> core: refused at the gate, for the counters; struct gatelink_refused, link id 0 */
    GATELINK_KIND_END
};

/* The numbers of Lane in proto/peer.proto. An accepted link has none until GATELINK_LANE; it counts as alert.
 */
enum gatelink_lane { GATELINK_ANY = 0, GATELINK_ALERT = 1, GATELINK_BULK = 2 };

struct gatelink_up {
    bool dialled;                    /* we dialled: we speak first */
    enum gatelink_lane lane;         /* GATELINK_ANY unless dialled */
    char peer[LIMIT_NAME_BYTES + 1]; /* ZAP User-Id where accepted, owner of the pinned key where dialled */
};

struct gatelink_dial {
    enum gatelink_lane lane;
    char peer[LIMIT_NAME_BYTES + 1];
};

struct gatelink_refused {
    enum why_code why;
    uint32_t count;                  /* how often since the last such message */
    char peer[LIMIT_NAME_BYTES + 1]; /* "" = nobody knows who it was */
};

struct gatelink_peer {
    char name[LIMIT_NAME_BYTES + 1];
    char endpoint[GATELINK_ENDPOINT_MAX]; /* "tcp://host:port"; "" cannot be dialled */
    unsigned keys_n;
    uint8_t key[LIMIT_KEY_COUNT][GATELINK_KEY_BYTES]; /* transport (CURVE) public keys */
};

/* Members that may connect, without removed ones and without ourselves. Who is missing is cut off at once. */
struct gatelink_peers {
    char name[LIMIT_NAME_BYTES + 1];    /* ourselves */
    char listen[GATELINK_ENDPOINT_MAX]; /* "tcp://127.0.0.1:7600"; "" does not listen */
    unsigned peers_n;
    struct gatelink_peer peer[LIMIT_MEMBER_COUNT];
};

/* One message came in. ${payload} is valid during the call only. Must not release the gatelink. */
typedef void gatelink_fn(void *cookie, enum gatelink_kind kind, uint32_t link, struct span payload);
/* One message of ${bytes} (payload) has left for the socket. */
typedef void gatelink_sent_fn(void *cookie, enum gatelink_kind kind, uint32_t link, size_t bytes);

struct gatelink_chunk;

struct gatelink_queue {
    struct gatelink_chunk *first, *last;
    size_t bytes; /* queued, with what each message costs in memory */
    size_t max;   /* ceiling, bytes */
};

struct gatelink {
    int fd;
    uint8_t *in; /* room for two largest messages, allocated at the first read */
    size_t in_n;
    struct gatelink_queue out[2];   /* alert, bulk */
    struct gatelink_chunk *partial; /* partly written; goes on before anything else */
    gatelink_sent_fn *sent;         /* may be NULL */
    void *sent_cookie;
};

/* Take over ${fd} (made non-blocking). Alert and bulk messages may queue up to the given bytes each. */
void gatelink_init(struct gatelink *l, int fd, size_t alert_max, size_t bulk_max);
/* Close the descriptor, forget everything. Fine on a zeroed struct and twice. */
void gatelink_release(struct gatelink *l);

/*
 * Read what is there (at most about 1 MiB a call) and hand over each whole message. Messages handed over, or
 * -1 with errno: the other side has gone (ECONNRESET) or does not keep to the framing (EPROTO).
 */
int gatelink_read(struct gatelink *l, gatelink_fn *fn, void *cookie);

/* Queue one message (GATELINK_ANY counts as alert). Payload is copied. 0, or -1 with ENOBUFS over the
 * ceiling: nothing is queued. */
int gatelink_put(struct gatelink *l, enum gatelink_lane lane, enum gatelink_kind kind, uint32_t link,
                 struct span payload);
/* Write what the socket takes, alert first. 0, or -1 with errno when the other side has gone. */
int gatelink_flush(struct gatelink *l);
bool gatelink_wants_write(const struct gatelink *l);

/* Payloads. The writers append to ${out}; the readers return 0, or -1 when the bytes are not of that form. */
void gatelink_write_up(const struct gatelink_up *up, struct buf *out);
int gatelink_read_up(struct span s, struct gatelink_up *up);
void gatelink_write_dial(const struct gatelink_dial *dial, struct buf *out);
int gatelink_read_dial(struct span s, struct gatelink_dial *dial);
void gatelink_write_refused(const struct gatelink_refused *refused, struct buf *out);
int gatelink_read_refused(struct span s, struct gatelink_refused *refused);
void gatelink_write_peers(const struct gatelink_peers *peers, struct buf *out);
int gatelink_read_peers(struct span s, struct gatelink_peers *peers);

#endif
