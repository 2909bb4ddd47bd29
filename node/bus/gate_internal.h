/* Shared by the files of the gate. All of it belongs to the gate's loop. */
#ifndef BUS_GATE_INTERNAL_H
#define BUS_GATE_INTERNAL_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <zmq.h>

#include "bus/gate.h"
#include "bus/gatelink.h"
#include "bus/monitor.h"
#include "bus/resolver.h"
#include "bus/socket.h"
#include "bus/zap.h"

#define GATE_ROUTING_BYTES 5 /* the ids that a ROUTER makes itself: 0 and a number */
#define GATE_TICK_MS       500
#define GATE_WATCH_MS      100 /* a fast peer sends 20 MB meanwhile */
#define GATE_CHARGE_BYTES  256 /* what a queued frame costs beside its bytes */

/* The other side of a connection, zero-filled. A descriptor alone does not name one: its number may be used
 * again. */
union gate_address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

/* A frame that met a full or absent pipe. */
struct gate_waiting {
    struct gate_waiting *next;
    size_t n;
    uint8_t bytes[];
};

struct gate_dial;

struct gate_link {
    uint32_t id;                         /* 0 = free; its low byte is its index */
    struct gate_dial *dial;              /* NULL where accepted */
    uint8_t routing[GATE_ROUTING_BYTES]; /* where accepted */
    int fd;
    union gate_address address;
    char peer[LIMIT_NAME_BYTES + 1];
    uint8_t key[GATELINK_KEY_BYTES]; /* the peer's, as CURVE proved it */
    enum gatelink_lane lane;
    size_t to_core;                    /* queued towards core: bytes and charges */
    uint64_t received;                 /* bytes delivered by libzmq, with what CURVE and ZMTP add */
    uint64_t unread;                   /* bytes that TCP received beyond them, at the last look */
    struct gate_waiting *first, *last; /* towards the peer */
    size_t waiting;
};

struct gate_dial {
    bool used;
    char peer[LIMIT_NAME_BYTES + 1];
    enum gatelink_lane lane;
    void *socket; /* NULL while the peer has no endpoint */
    int poll_fd;
    bool look;                            /* may hold frames: its descriptor tells of changes only */
    char endpoint[GATELINK_ENDPOINT_MAX]; /* as the roster names it */
    char address[GATELINK_ENDPOINT_MAX];  /* where the socket connects to: never a name */
    bool resolving, nameless;             /* nameless: nobody knew the name, and that was said */
    unsigned address_index;
    int64_t asked_ms;
    uint8_t key[GATELINK_KEY_BYTES]; /* pinned */
    unsigned key_index;
    struct monitor_dial seen;
    int64_t redial_ms; /* not 0: open again then, with the next key */
    struct gate_link *link;
};

/* A descriptor of the listening socket. */
struct gate_door {
    struct gate_link *link;
    int64_t accepted_ms; /* 0 = closed */
    union gate_address address;
    uint8_t shut[GATE_ROUTING_BYTES]; /* routing id whose frames are refused */
    bool is_shut;
    bool suspect;    /* said to be disconnected; looked at again at the next tick */
    bool is_kicked;  /* shut down, and about to be closed by libzmq */
    uint64_t serial; /* of the connection */
};

struct gate {
    const struct gate_args *args;
    struct socket_keys keys;
    void *context;
    struct zap *zap;
    struct monitor *monitor;
    struct resolver *resolver;
    struct gatelink core; /* fd -1 while away */
    bool core_lost, core_calls;
    struct gatelink_peers peers;
    bool has_peers, is_ready, bind_failed;
    void *listener;
    int listener_fd;
    bool listener_look;
    char listening[GATELINK_ENDPOINT_MAX]; /* where the listener is bound; "" = not */
    struct gate_link link[LIMIT_LINK_COUNT];
    uint32_t links_made;
    struct gate_dial dial[MONITOR_DIAL_MAX];
    struct gate_door *door; /* by descriptor */
    int doors;
    uint64_t doors_opened, doors_crowded;
    unsigned long strangers; /* refused by the ZAP handler and told to core */
    struct gate_told {
        uint64_t handshake, accept, crowded;
        int64_t next_ms;
    } told; /* of what strangers cause: said in lines that count many */
    int64_t now_ms, tick_ms, watch_ms;
};

/* gate_link.c */
struct gate_link *gate_link_find(struct gate *g, uint32_t id);
/* A frame of ${bytes} of the link left the queue towards core. */
void gate_link_sent(struct gate *g, uint32_t id, size_t bytes);
/* A new link, told to core. NULL when there are too many. */
struct gate_link *gate_link_up(struct gate *g, const struct gatelink_up *up, struct gate_dial *dial);
/* The link is no more: told to core, its connection shut down, its frames forgotten. ${why}: a word. */
void gate_link_down(struct gate *g, struct gate_link *link, const char *why);
void gate_link_down_all(struct gate *g, const char *why);
/* One frame from core to the peer. */
void gate_link_send(struct gate *g, struct gate_link *link, struct span frame);
/* Send on what waited. */
void gate_link_resume(struct gate *g, struct gate_link *link);
/* One frame from the peer to core. */
void gate_link_frame(struct gate *g, struct gate_link *link, struct span frame);

/* gate_listen.c */
void gate_listen_open(struct gate *g);
void gate_listen_close(struct gate *g);
/* Receive frames until there are none, or ${budget} bytes (which it lowers) are used up. */
void gate_listen_receive(struct gate *g, long *budget);
void gate_listen_gone(struct gate *g, int fd);
void gate_listen_accepted(struct gate *g, int fd);
/* Every GATE_WATCH_MS: connections that say nothing, or that send without end. */
void gate_listen_watch(struct gate *g);
/* Every GATE_TICK_MS. */
void gate_listen_tick(struct gate *g);

/* gate_dial.c */
void gate_dial_add(struct gate *g, const struct gatelink_dial *want);
void gate_dial_remove(struct gate *g, const struct gatelink_dial *want);
void gate_dial_remove_all(struct gate *g);
/* Who is gone or has changed is dialled no more, or anew. */
void gate_dial_update(struct gate *g);
void gate_dial_news(struct gate *g, unsigned id, const struct monitor_dial *state);
void gate_dial_receive(struct gate *g, struct gate_dial *dial, long *budget);
void gate_dial_tick(struct gate *g);
void gate_dial_resolved(struct gate *g); /* take the answers of the resolver */

/* gate_fd.c */
/* The other side of ${fd}; false when it is no TCP connection (any more). */
bool gate_fd_address(int fd, union gate_address *address);
bool gate_fd_is(int fd, const union gate_address *address);
/* Shut ${fd} down if its other side is still ${address}. libzmq closes it; closing it here would hand its
 * number to others too early. */
void gate_fd_kick(int fd, const union gate_address *address);
bool gate_fd_is_established(int fd);
uint64_t gate_fd_received(int fd); /* bytes of payload that TCP has received */
/* Receive one message: its first part into ${msg} (initialised; the caller closes), others are thrown away.
 * Parts, or -1 with errno. */
int gate_fd_message(void *socket, zmq_msg_t *msg);

/* gate.c */
/* The member that owns ${key}, if it is ${name}. */
const struct gatelink_peer *gate_peer(const struct gate *g, const char *name,
                                      const uint8_t key[GATELINK_KEY_BYTES]);
/* For the counters of core, and the event log. ${peer}: "" where it is not known. */
void gate_refused(struct gate *g, enum why_code why, const char *peer, const char *note);
/* To core. If that fails the gate starts over with core. */
void gate_tell(struct gate *g, enum gatelink_lane lane, enum gatelink_kind kind, uint32_t link,
               struct span payload);

#endif
